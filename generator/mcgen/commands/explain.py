"""mcgen explain: what a code means, what a stage is for, or what is meant by a word."""

from __future__ import annotations

import difflib
import sys

import click

from mcgen import terminal
from mcgen.commands.complete import topics
from mcgen.problems import UsageError


@click.command()
@click.argument("topic", metavar="CODE|STAGE|WORD", required=False, shell_complete=topics)
def explain(topic: str | None) -> None:
    """Explain a code such as MC204, a stage such as control-plane, or a word such as gate; without one, list them."""
    from mcgen.catalog import entries
    from mcgen.concepts import CONCEPTS
    from mcgen.stages import BY_NAME

    codes, columns = entries(), terminal.width(sys.stdout)
    if topic is None:
        rows = [(f"{stage.wave:5}", name) for name, stage in BY_NAME.items()]
        rows += [("word", word) for word in CONCEPTS]
        rows += [(code, title) for code, (title, _) in codes.items()]
        click.echo(terminal.table(rows, columns), nl=False)
    elif topic.upper() in codes:
        title, text = codes[topic.upper()]
        click.echo(f"{topic.upper()}: {title}\n\n{_fitted(text, columns)}")
    elif topic in BY_NAME:
        stage = BY_NAME[topic]
        click.echo(f"{stage.name}, wave {stage.wave}\n")
        said = (("holds", stage.what), ("over when", stage.healthy), ("why here", stage.why), ("look", stage.look))
        for word, text in said:
            click.echo("\n".join(terminal.wrap(f"{word}: {text}", columns, "  ")))
    elif topic.lower() in CONCEPTS:
        click.echo(f"{topic.lower()}\n\n{_fitted(' '.join(CONCEPTS[topic.lower()].split()), columns or 100)}")
    else:
        near = difflib.get_close_matches(topic, [*codes, *BY_NAME, *CONCEPTS], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`mcgen explain` lists all of them"
        raise UsageError(f"there is no code, stage or word '{topic}': {hint}")


def _fitted(text: str, columns: int) -> str:
    """Return prose within the width; what stands in a code fence stays as it is."""
    parts = text.split("```")
    for i in range(0, len(parts), 2):
        parts[i] = "\n".join(each for line in parts[i].split("\n") for each in terminal.wrap(line, columns, ""))
    return "```".join(parts)
