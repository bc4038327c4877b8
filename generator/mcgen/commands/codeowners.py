"""mcgen codeowners: who must review which cluster."""

from __future__ import annotations

import click

from mcgen.problems import UsageError


@click.command()
@click.argument("blueprint", type=click.Path())
def codeowners(blueprint: str) -> None:
    """Print the lines of a CODEOWNERS file that give each cluster's folder to its `owners` in BLUEPRINT.

    The file stands at the root of the repository, where other lines are too: put these into it.
    """
    from mcgen import codeowners as made
    from mcgen import load
    from mcgen.facts import Inputs
    from mcgen.mesh import resolve

    given = load.read(blueprint)
    if not any(cluster.owners for cluster in given.blueprint.clusters):
        raise UsageError(f"no cluster of '{blueprint}' has owners: give clusters[].owners, such as [\"@org/team\"]")
    lines = made.lines(given.blueprint, resolve(given.blueprint, Inputs()), blueprint)
    click.echo("\n".join(lines))
