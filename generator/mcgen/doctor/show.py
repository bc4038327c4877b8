"""How an examination speaks: a line per check for people, everything as JSON for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from mcgen.doctor.verdict import Check, Verdict, counts
from mcgen.report import printable
from mcgen.terminal import paint, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcgen.doctor.ask import Group
    from mcgen.doctor.run import Examined
    from mcgen.problems import Pos
    from mcgen.tree import DataPath

_MARKS = {Verdict.FINE: "✓", Verdict.FINDING: "✗", Verdict.UNKNOWN: "?", Verdict.SKIPPED: "-"}
_WARNING = "!"
_STYLES = {"✓": "good", "✗": "bad", "?": "doubtful", "!": "doubtful", "-": "weak"}
_WORDS = {"fine": "fine", "errors": "wrong", "warnings": "to look at", "unknown": "unknown", "skipped": "not tried"}


def text(
    examined: Sequence[Examined], *, width: int = 0, colour: bool = False, fine: bool = True, whole: bool = False
) -> str:
    """Return the checks by place, each finding's remedy below it, and a count.

    A place that gives no answer takes one line. width: of a terminal. fine: also what is. whole: every check.
    """
    blocks: list[str] = []
    for each in examined:
        checks = [_below_title(check, each.group) for check in (each.checks if whole else _told(each))]
        shown = [check for check in checks if fine or check.verdict is not Verdict.FINE]
        lines = [line for check in shown for line in _lines(check, width, colour=colour)]
        blocks += [paint(printable(_title(each.group)), "strong", colour=colour), *lines] if lines else []
    found = counts(check for each in examined for check in each.checks)
    blocks.append(", ".join(f"{number} {_WORDS[key]}" for key, number in found.items() if number or key == "fine"))
    return "\n".join(blocks) + "\n"


def json(examined: Sequence[Examined], place: Callable[[DataPath], Pos]) -> str:
    """Return `version` (1), the counts (fine, errors, warnings, unknown, skipped) and all `checks`.

    A check has cluster ("Argo CD", a cluster's name, "" for this machine), check, verdict (fine, finding, unknown,
    skipped), code, severity, message, advice, file and line; code and severity are null for what is fine or skipped.
    """
    checks = [check for each in examined for check in each.checks]
    whole = {"version": 1, **counts(checks), "checks": [_row(check, place(check.path)) for check in checks]}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _told(each: Examined) -> list[Check]:
    """Return the checks of a place, those that were not even made as a number."""
    idle = [check for check in each.checks if not check.asked]
    made = [check for check in each.checks if check.asked]
    if not idle:
        return made
    if each.group.refused:
        return [replace(idle[0], what=f"none of {len(idle)} checks was made")]
    reason = next((check for check in reversed(made) if check.verdict is Verdict.UNKNOWN), None)
    if reason is None:
        return list(each.checks)
    more = f"{reason.words}; {len(idle)} further checks were not made (--verbose names them)"
    return [replace(check, words=more) if check is reason else check for check in made]


def _title(group: Group) -> str:
    return f"{group.title} ({group.way})" if group.way else group.title


def _below_title(check: Check, group: Group) -> Check:
    """Return a check as it reads below the title of its place, which has the cluster and the way to it already."""
    return replace(check, words=check.words.removeprefix(f"{group.where} ({group.way}): "))


def _lines(check: Check, width: int, *, colour: bool) -> list[str]:
    quiet = check.verdict is Verdict.FINDING and not check.is_error
    mark = _WARNING if quiet else _MARKS[check.verdict]
    code = f" [{check.code}]" if check.verdict is Verdict.FINDING else ""
    words = f": {printable(check.words)}" if check.words else ""
    first, *lines = wrap(f"  {mark} {printable(check.what)}{words}{code}", width, " " * 6)
    lines.insert(0, first.replace(mark, paint(mark, _STYLES[mark], colour=colour), 1))
    if check.advice:
        lines += wrap(f"      help: {printable(check.advice)}", width, " " * 12)
    return lines


def _row(check: Check, pos: Pos) -> dict[str, Any]:
    good = check.verdict in (Verdict.FINE, Verdict.SKIPPED)
    return {
        "cluster": check.where,
        "check": check.what,
        "verdict": check.verdict.value,
        "code": None if good else check.code,
        "severity": None if good else check.severity.value,
        "message": check.words,
        "advice": check.advice,
        "file": pos.file,
        "line": pos.line or None,
    }
