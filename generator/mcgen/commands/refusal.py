"""What add, remove and upgrade say when the blueprint would make no sense any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mcgen.problems import ProblemsFound

if TYPE_CHECKING:
    from pathlib import Path


def refused(found: ProblemsFound, old: str, path: str, out: Path) -> int:
    """Say why a blueprint stays as it is; return the exit code.

    found: what is wrong with the file as it would be. Where something is wrong with the file as it is, that is said.
    """
    from mcgen.lifecycle import files
    from mcgen.output import show

    where = "; the places above are those of the file as it would be"
    try:
        files.checked(old, path, out)
    except ProblemsFound as before:
        found, where = before, ""
    show(found.problems, "text", found.lines)
    click.echo(f"{path}: not changed{where}", err=True)
    return found.exit_code
