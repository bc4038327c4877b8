"""mcgen graph: a picture of the mesh."""

from __future__ import annotations

from pathlib import Path

import click

from mcgen.graph import FORMS


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="Take facts and sealed secrets from here [the output folder]."
)
@click.option("--format", "form", type=click.Choice(FORMS), default="mermaid", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file [standard output].")
def graph(blueprint: str, *, inputs: Path | None, form: str, output: Path | None) -> None:
    """Draw the mesh of BLUEPRINT: clusters, gateways, who holds whose remote secret, and how far each chain is.

    mermaid is a flowchart, which GitHub and GitLab show as a picture; html is one page to search and to look around
    in, which needs no network; svg is the map of that page.
    """
    from importlib import import_module

    from mcgen import load, single
    from mcgen.graph import meshed

    given = load.read(blueprint)
    picture = meshed.picture(load.load(given, inputs or given.folder).mesh)
    text: str = import_module(f"mcgen.graph.{form}").show(picture)
    if output is None:
        click.echo(text, nl=False)
    else:
        single.write(output, text.encode())
