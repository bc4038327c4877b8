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

    from mcgen.problems import Problem
    from mcgen.report import Rule

FORMATS = tuple(REPORTERS)


def show(problems: Sequence[Problem], form: str, lines: Mapping[str, Sequence[str]]) -> None:
    """Print problems: text for people to standard error, JSON and SARIF for programs to standard output."""
    context = Context(
        lines=lines,
        rules=_rules(problems) if form == "sarif" else {},
        colour=form == "text" and terminal.colours(sys.stderr),
        width=terminal.width(sys.stderr),
        repeated=None if terminal.is_verbose() else REPEATED,
        version=__version__,
        directory=str(Path.cwd()),
    )
    click.echo(REPORTERS[form](problems, context), nl=False, err=form == "text", color=context.colour)


def _rules(problems: Sequence[Problem]) -> dict[str, Rule]:
    from mcgen.catalog import rules

    return rules({problem.code for problem in problems})
