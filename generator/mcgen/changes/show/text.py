"""Findings for a terminal: the count first, the risky first, within the width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mcgen.changes.finding import Risk
from mcgen.changes.show.view import clusters, few, headline, plain, title
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.changes.finding import Finding
    from mcgen.changes.show.view import View

_RESET, _BOLD, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
_COLOURS = {Risk.HIGH: "\x1b[31m", Risk.MEDIUM: "\x1b[33m", Risk.LOW: "\x1b[36m"}
_NARROWEST = 40


def show(findings: Sequence[Finding], view: View) -> str:
    """Return the headline and a block per finding; those of low risk take a line or two."""
    lines = [_paint(line, _BOLD, view) for line in _wrapped(headline(findings), view, "")]
    for finding in findings:
        if finding.risk is not Risk.LOW:
            lines += ["", *_block(finding, view)]
    low = [finding for finding in findings if finding.risk is Risk.LOW]
    if low:
        lines += ["", *(line for finding in low for line in _short(finding, view))]
    return "\n".join(lines) + "\n"


def _short(finding: Finding, view: View) -> Iterator[str]:
    where = printable(clusters(finding))
    head = f"{finding.risk:6} {title(finding)}  {where}: {printable(plain(finding.what))}"
    lines = _wrapped(head, view, " " * 7)
    yield _paint(lines[0], _COLOURS[finding.risk], view)
    yield from lines[1:]


def _block(finding: Finding, view: View) -> Iterator[str]:
    first = f"{finding.risk:6} {title(finding)}"
    where = printable(clusters(finding))
    head = textwrap.shorten(f"{first}  {where}", max(view.width, _NARROWEST), placeholder="...")
    yield _paint(head, _COLOURS[finding.risk] + _BOLD, view)
    yield from _wrapped(" " * 7 + printable(plain(finding.what)), view, " " * 7)
    if finding.why:
        yield from _wrapped(f"       why: {printable(finding.why)}", view, " " * 12)
    if finding.pos:
        for line in _wrapped(f"       line: {printable(str(finding.pos))}", view, " " * 13):
            yield _paint(line, _DIM, view)
    names, more = few(finding.files)
    rest = f" and {more} more" if more else ""
    for line in _wrapped(f"       in: {printable(', '.join(names))}{rest}", view, " " * 11):
        yield _paint(line, _DIM, view)


def _wrapped(line: str, view: View, indent: str) -> list[str]:
    width = max(view.width, _NARROWEST)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True) or [""]


def _paint(line: str, style: str, view: View) -> str:
    return f"{style}{line}{_RESET}" if view.colour else line
