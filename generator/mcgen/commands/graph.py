"""mcgen graph: a picture of the mesh."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="Take facts and sealed secrets from here [the output folder]."
)
def graph(blueprint: str, inputs: Path | None) -> None:
    """Draw the mesh of BLUEPRINT as a Mermaid flowchart, which GitHub and GitLab show as a picture."""
    from mcgen import graph as drawing
    from mcgen import load

    given = load.read(blueprint)
    click.echo(drawing.mermaid(load.load(given, inputs or given.folder).mesh), nl=False)
