"""mcgen schema: the JSON Schema of blueprints."""

from __future__ import annotations

import click


@click.command()
@click.option("--facts", is_flag=True, help="Print the schema of the facts file instead.")
def schema(*, facts: bool) -> None:
    """Print the JSON Schema of blueprints, for editors and other programs."""
    from mcgen import shape

    click.echo(shape.text(shape.facts_schema() if facts else shape.blueprint_schema()), nl=False)
