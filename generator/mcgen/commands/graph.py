"""mcgen graph: a picture of the mesh."""

from __future__ import annotations

from pathlib import Path

import click

from mcgen.commands.options import file_option
from mcgen.graph import FORMS
from mcgen.problems import UsageError

_ENDINGS = {".svg": "svg", ".html": "html", ".htm": "html", ".md": "mermaid", ".mmd": "mermaid", ".mermaid": "mermaid"}


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="Take facts and sealed secrets from here [the output folder]."
)
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="The form [what the ending of the file says; else mermaid]."
)
@file_option("Write to this file")
def graph(blueprint: str, *, inputs: Path | None, form: str | None, output: Path | None) -> None:
    """Draw the mesh of BLUEPRINT: clusters, gateways, who holds whose remote secret, and how far each chain is.

    mermaid is a flowchart, which GitHub and GitLab show as a picture; html is one page to search and to look around
    in, which needs no network; svg is the map of that page. The ending of the file that -o names chooses among them:
    .svg, .html, or .md and .mmd for mermaid.
    """
    from importlib import import_module

    from mcgen import load, single, terminal
    from mcgen.graph import meshed

    form = _form(form, output)
    given = load.read(blueprint)
    picture = meshed.picture(load.load(given, inputs or given.folder).mesh)
    text: str = import_module(f"mcgen.graph.{form}").show(picture)
    if output is None:
        click.echo(text, nl=False)
    else:
        single.write(output, text.encode())
        # What is written to a pipe or a device may be read where this would be.
        if output.is_file():
            terminal.say(f"{output}: written as {form}")


def _form(form: str | None, output: Path | None) -> str:
    """Return the form that is meant; raise UsageError where a file's ending says another one, or nothing known."""
    ending = output.suffix.lower() if output else ""
    said = _ENDINGS.get(ending)
    if form and said and form != said:
        raise UsageError(f"'{output}' ends like {said}, and --format says {form}: change either")
    if not form and ending and not said:
        raise UsageError(
            f"'{output}': there is no picture in '{ending}': end it with .svg, .html or .md, or add --format"
        )
    return form or said or "mermaid"
