"""mcgen explain: what a code means, or what a stage is for."""

from __future__ import annotations

import difflib

import click

from mcgen.problems import UsageError


@click.command()
@click.argument("topic", metavar="CODE|STAGE", required=False)
def explain(topic: str | None) -> None:
    """Explain a code such as MC204, or a stage such as control-plane; without one, list them all."""
    from mcgen.catalog import entries
    from mcgen.stages import BY_NAME

    codes = entries()
    if topic is None:
        rows = [(f"{stage.wave:5}", name) for name, stage in BY_NAME.items()]
        rows += [(code, title) for code, (title, _) in codes.items()]
        click.echo("\n".join("  ".join(row) for row in rows))
    elif topic.upper() in codes:
        title, text = codes[topic.upper()]
        click.echo(f"{topic.upper()}: {title}\n\n{text}")
    elif topic in BY_NAME:
        stage = BY_NAME[topic]
        click.echo(f"{stage.name}, wave {stage.wave}\n")
        for word, text in (
            ("holds", stage.what),
            ("over when", stage.healthy),
            ("why here", stage.why),
            ("look", stage.look),
        ):
            click.echo(f"{word}: {text}")
    else:
        near = difflib.get_close_matches(topic, [*codes, *BY_NAME], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`mcgen explain` lists all codes and stages"
        raise UsageError(f"there is no code or stage '{topic}': {hint}")
