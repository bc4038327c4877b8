"""What commands print: problems in the format that was asked for, colours where somebody sees them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen import __version__, terminal
from mcgen.report import REPEATED, REPORTERS, Context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.doctor.run import Examined
    from mcgen.problems import Problem
    from mcgen.report import Rule

FORMATS = tuple(REPORTERS)


def show(problems: Sequence[Problem], form: str, lines: Mapping[str, Sequence[str]], *, every: bool = False) -> None:
    """Print problems: text for people to standard error, JSON and SARIF for programs to standard output.

    every: also each of many warnings of one kind, without being asked to.
    """
    context = Context(
        lines=lines,
        rules=_rules(problems) if form == "sarif" else {},
        colour=form == "text" and terminal.colours(sys.stderr),
        width=terminal.width(sys.stderr),
        repeated=None if every or terminal.is_verbose() else REPEATED,
        version=__version__,
        directory=str(Path.cwd()),
    )
    click.echo(REPORTERS[form](problems, context), nl=False, err=form == "text", color=context.colour)


def show_checks(examined: Sequence[Examined]) -> None:
    """Print what came of the checks of live clusters, as the terminal can show it."""
    from mcgen.doctor.show import text

    colour = terminal.colours(sys.stdout)
    quiet, whole = terminal.is_quiet(), terminal.is_verbose()
    terminal.out(text(examined, width=terminal.width(sys.stdout), colour=colour, fine=not quiet, whole=whole))


def _rules(problems: Sequence[Problem]) -> dict[str, Rule]:
    from mcgen.catalog import rules

    return rules({problem.code for problem in problems})
