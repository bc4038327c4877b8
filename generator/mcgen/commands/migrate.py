"""mcgen migrate: a blueprint in a newer version of its format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.problems import ProblemsFound

if TYPE_CHECKING:
    from mcgen.source import Source


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; end with 1 when there is something to write.")
@click.option("--to", default="", metavar="VERSION", help="Which version, such as mcgen/v1alpha1 [the newest].")
def migrate(blueprint: str, to: str, *, check: bool) -> int:
    """Write BLUEPRINT, or a file of facts, in the newest version of its format.

    Its comments and its layout stay. The mesh stays the same, too: a build before and after makes the same tree.
    """
    from mcgen import api_versions, source, terminal
    from mcgen.lifecycle import files

    found = source.read(blueprint)
    _judge(found)
    old = found.text
    new = api_versions.migrated(old, found, to)
    version = api_versions.version_of(found.data)
    if new == old:
        terminal.say(f"{blueprint}: is of {version}, nothing to do")
        return 0
    after = source.parse(new.encode(), blueprint)
    _judge(after)
    written = api_versions.version_of(after.data)
    if check:
        terminal.say(f"{blueprint}: is of {version}; `mcgen migrate {found.argument}` would write {written}")
        return 1
    files.replace(Path(blueprint), new, old)
    terminal.say(f"{blueprint}: was {version} and is {written} now; the tree stays as it is")
    return 0


def _judge(found: Source) -> None:
    """Raise ProblemsFound unless a file fits the schema of what it says it is, read as the newest version."""
    from mcgen import api_versions, shape

    problems = list(found.problems)
    if not problems:
        newest, _ = api_versions.read(found)
        facts = isinstance(newest.data, dict) and newest.data.get("kind") == "Facts"
        problems = shape.check(newest, shape.facts_schema() if facts else shape.blueprint_schema())
    if problems:
        raise ProblemsFound(problems, {found.file: found.lines})
