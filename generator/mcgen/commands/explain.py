"""mcgen explain: what a code means, what a stage is for, or what is meant by a word or a field."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import click

from mcgen import terminal
from mcgen.catalog import entries
from mcgen.commands.complete import topics
from mcgen.concepts import CONCEPTS
from mcgen.problems import UsageError
from mcgen.stages import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@click.command()
@click.argument("topic", metavar="CODE|STAGE|WORD|FIELD", required=False, shell_complete=topics)
def explain(topic: str | None) -> None:
    """Explain a code such as MC204, a stage such as control-plane, a word such as gate, or a field of the blueprint.

    A field is meant by its path, such as clusters.egress, or by the end of it. Without an argument, all but the fields
    are listed; those stand in docs/blueprint.md.
    """
    columns = terminal.width(sys.stdout)
    if topic is None:
        click.echo(terminal.table(list(_listed()), columns), nl=False)
        return
    said = list(_said(topic, columns))
    if not said:
        raise UsageError(f"there is no code, stage, word or field '{topic}': {_near(topic)}")
    click.echo("\n\n".join(said))


def _listed() -> Iterator[tuple[str, str]]:
    yield from ((f"{stage.wave:5}", name) for name, stage in BY_NAME.items())
    yield from (("word", word) for word in CONCEPTS)
    yield from ((code, title) for code, (title, _) in entries().items())


def _said(topic: str, columns: int) -> Iterator[str]:
    """Yield all that is called so: a field may be called like a stage or a word, and none is like a code."""
    from mcgen import fields

    if (code := topic.upper()) in (codes := entries()):
        title, text = codes[code]
        yield f"{code}: {title}\n\n{_fitted(text, columns)}"
        return
    if topic in BY_NAME:
        stage = BY_NAME[topic]
        said = (("holds", stage.what), ("over when", stage.healthy), ("why here", stage.why), ("look", stage.look))
        yield _rows(f"{stage.name}, wave {stage.wave}", said, columns)
    if topic.lower() in CONCEPTS:
        yield f"{topic.lower()}\n\n{_fitted(' '.join(CONCEPTS[topic.lower()].split()), columns or 100)}"
    known = topic in BY_NAME or topic.lower() in CONCEPTS
    for path, field in fields.named(topic, whole=known).items():
        yield _rows(f"{path}, a field of the blueprint", fields.words(field), columns)


def _near(topic: str) -> str:
    from mcgen import fields

    paths = fields.fields()
    ends = (path.rpartition(".")[2] for path in paths)
    near = difflib.get_close_matches(topic, dict.fromkeys([*entries(), *BY_NAME, *CONCEPTS, *ends, *paths]), 3)
    return f"did you mean {' or '.join(near)}?" if near else "`mcgen explain` lists all but the fields"


def _rows(title: str, said: Iterable[tuple[str, str]], columns: int) -> str:
    lines = [line for word, text in said for line in terminal.wrap(f"{word}: {text}", columns, "  ")]
    return "\n".join([title, "", *lines])


def _fitted(text: str, columns: int) -> str:
    """Return prose within the width; what stands in a code fence stays as it is."""
    parts = text.split("```")
    for i in range(0, len(parts), 2):
        parts[i] = "\n".join(each for line in parts[i].split("\n") for each in terminal.wrap(line, columns, ""))
    return "```".join(parts)
