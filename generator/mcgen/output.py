"""What commands print: problems in the format that was asked for, colours where somebody sees them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen import __version__
from mcgen.report import REPORTERS, Context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.build import Watch
    from mcgen.problems import Problem
    from mcgen.report import Rule

FORMATS = tuple(REPORTERS)
_MANY_CLUSTERS = 300


def show(problems: Sequence[Problem], form: str, lines: Mapping[str, Sequence[str]]) -> None:
    """Print problems: text for people to standard error, JSON and SARIF for programs to standard output."""
    context = Context(
        lines=lines,
        rules=_rules(problems) if form == "sarif" else {},
        colour=form == "text" and sys.stderr.isatty() and not os.environ.get("NO_COLOR"),
        version=__version__,
        directory=str(Path.cwd()),
    )
    click.echo(REPORTERS[form](problems, context), nl=False, err=form == "text")


def progress(clusters: int, form: str) -> Watch:
    """Return what shows a build's progress on a terminal, for meshes that take longer than a moment."""
    if clusters < _MANY_CLUSTERS or form != "text" or not sys.stderr.isatty():
        return iter
    from rich.console import Console
    from rich.progress import track

    # About twenty files per cluster: the bar is an estimate, and gone at the end.
    return lambda files: track(
        files, f"{clusters} clusters", total=20 * clusters, console=Console(stderr=True), transient=True
    )


def _rules(problems: Sequence[Problem]) -> dict[str, Rule]:
    from mcgen.catalog import rules

    return rules({problem.code for problem in problems})
