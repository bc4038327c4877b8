"""How an examination speaks: a line per check for people, everything as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mcgen.doctor.verdict import Check, Verdict, counts
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcgen.doctor.run import Examined
    from mcgen.problems import Pos
    from mcgen.tree import DataPath

_MARKS = {Verdict.FINE: "✓", Verdict.FINDING: "✗", Verdict.UNKNOWN: "?", Verdict.SKIPPED: "-"}
_WARNING = "!"
_WORDS = {"fine": "fine", "errors": "wrong", "warnings": "to look at", "unknown": "unknown", "skipped": "not tried"}


def text(examined: Sequence[Examined]) -> str:
    """Return the checks by place, each finding's remedy below it, and a count."""
    blocks = []
    for each in examined:
        blocks += [printable(each.group.title), *(line for check in each.checks for line in _lines(check))]
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


def _lines(check: Check) -> list[str]:
    quiet = check.verdict is Verdict.FINDING and not check.is_error
    mark = _WARNING if quiet else _MARKS[check.verdict]
    code = f" [{check.code}]" if check.verdict is Verdict.FINDING else ""
    words = f": {printable(check.words)}" if check.words else ""
    lines = [f"  {mark} {printable(check.what)}{words}{code}"]
    if check.advice:
        lines.append(f"      help: {printable(check.advice)}")
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
