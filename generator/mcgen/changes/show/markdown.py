"""Findings as a comment of a pull request: the summary first, the details folded, never longer than the forge takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen.changes.finding import Risk
from mcgen.changes.show.view import clusters, few, headline, parts, title
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.changes.finding import Finding
    from mcgen.changes.show.view import View

_TICKS = re.compile(r"`+")
# What closes a folded part and says that something was left out.
_ROOM = 400
_FOLD, _UNFOLD = "\n<details><summary>{}</summary>\n\n", "\n</details>\n"


def show(findings: Sequence[Finding], view: View) -> str:
    """Return Markdown: a line per finding, those of low risk and the details folded away.

    Values of the blueprint stand in code spans, so that nothing in them is Markdown, HTML or a mention.
    """
    page = _Page(view.limit - _ROOM)
    page.add(f"### mcgen diff: {headline(findings)}\n\n")
    low = [finding for finding in findings if finding.risk is Risk.LOW]
    risky = [finding for finding in findings if finding.risk is not Risk.LOW]
    shown = sum(page.add(_line(finding)) for finding in risky)
    if low:
        page.fold(f"{len(low)} of low risk")
        shown += sum(page.add(_line(finding)) for finding in low)
        page.unfold()
    if risky:
        page.fold("What, why and where")
        explained = sum(page.add(_details(finding)) for finding in risky)
        page.unfold()
        if explained < len(risky):
            page.end(f"**Cut off:** the details of {len(risky) - explained} changes are left out here.")
    if shown < len(findings):
        page.end(f"**Cut off:** {len(findings) - shown} of {len(findings)} changes are not listed here.")
    return page.text()


class _Page:
    """Text that never grows beyond a limit; once something did not fit, nothing else is added."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[str] = []
        self._size = 0
        self._full = False

    def add(self, piece: str) -> bool:
        """Add a piece if it fits, and return whether it did."""
        self._full = self._full or self._size + len(piece) > self._limit
        if not self._full:
            self._put(piece)
        return not self._full

    def fold(self, title: str) -> None:
        self._put(_FOLD.format(title))

    def unfold(self) -> None:
        self._put(_UNFOLD)

    def end(self, words: str) -> None:
        self._put(f"\n{words} Run `mcgen diff` for all.\n")

    def text(self) -> str:
        return "".join(self._pieces)

    def _put(self, piece: str) -> None:
        self._pieces.append(piece)
        self._size += len(piece)


def code(value: str) -> str:
    """Return a value as a code span that it cannot leave."""
    value = printable(value)
    if not value.strip():
        return "(empty)"
    ticks = "`" * (max((len(run) for run in _TICKS.findall(value)), default=0) + 1)
    space = " " if value[0] in "` " or value[-1] in "` " else ""
    return f"{ticks}{space}{value}{space}{ticks}"


def _sentence(sentence: str) -> str:
    return "".join(code(part) if value else part for part, value in parts(sentence))


def _line(finding: Finding) -> str:
    where = code(clusters(finding))
    return f"- **{finding.risk}** {title(finding)}, {where}: {_sentence(finding.what)}\n"


def _details(finding: Finding) -> str:
    names, more = few(finding.files)
    files = ", ".join(code(name) for name in names) + (f" and {more} more" if more else "")
    rows = [f"- **{title(finding)}**, {code(clusters(finding))}: {_sentence(finding.what)}"]
    rows += [f"  - why {finding.risk}: {_sentence(finding.why)}"] if finding.why else []
    rows += [f"  - before: {code(finding.before)}"] if finding.before else []
    rows += [f"  - after: {code(finding.after)}"] if finding.after else []
    rows += [f"  - line: {code(str(finding.pos))}"] if finding.pos else []
    return "\n".join([*rows, f"  - files: {files}"]) + "\n"
