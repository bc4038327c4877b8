"""What a check may say: fine, a finding, that it could not be made, or that nobody asked for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcgen.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcgen.problems import Pos
    from mcgen.tree import DataPath

UNKNOWN_CODE = "MC700"
EXIT_FINDING, EXIT_UNKNOWN = 1, 3


class Verdict(StrEnum):
    """What became of a check."""

    FINE = "fine"
    FINDING = "finding"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of one object.

    what: the object and what of it, the same whatever comes out. words: what was seen, is wrong, why nobody knows, or
    why it was skipped.
    where: "Argo CD", a cluster's name, or empty for this machine; path: that cluster's place in the blueprint.
    asked: whether anybody was; not when something before it had no answer already.
    """

    what: str
    verdict: Verdict
    words: str = ""
    advice: str = ""
    code: str = ""
    severity: Severity = Severity.ERROR
    where: str = ""
    path: DataPath = ()
    asked: bool = True

    @property
    def is_error(self) -> bool:
        """Return whether this is a finding that is more than a warning."""
        return self.verdict is Verdict.FINDING and self.severity is Severity.ERROR


def fine(what: str, words: str = "") -> Check:
    """Return a check that found nothing wrong."""
    return Check(what=what, verdict=Verdict.FINE, words=words)


def finding(code: str, what: str, words: str, advice: str) -> Check:
    """Return a check that found something wrong."""
    return Check(what=what, verdict=Verdict.FINDING, words=words, advice=advice, code=code)


def warning(code: str, what: str, words: str, advice: str) -> Check:
    """Return a check that found something that may be wanted."""
    return Check(what=what, verdict=Verdict.FINDING, words=words, advice=advice, code=code, severity=Severity.WARNING)


def unknown(what: str, why: str, advice: str = "") -> Check:
    """Return a check that could not be made."""
    return Check(
        what=what,
        verdict=Verdict.UNKNOWN,
        words=why,
        advice=advice,
        code=UNKNOWN_CODE,
        severity=Severity.WARNING,
    )


def skipped(what: str, why: str) -> Check:
    """Return a check that was not made because nobody asked for it, or because there is nothing to look at."""
    return Check(what=what, verdict=Verdict.SKIPPED, words=why)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 1 when anything is wrong, else 3 when anything is unknown, else 0; what was skipped counts for nothing."""
    verdicts = list(checks)
    if any(check.is_error for check in verdicts):
        return EXIT_FINDING
    return EXIT_UNKNOWN if any(check.verdict is Verdict.UNKNOWN for check in verdicts) else 0


def counts(checks: Iterable[Check]) -> dict[str, int]:
    """Return how many checks came out how: fine, errors, warnings, unknown, skipped."""
    found: Counter[str] = Counter()
    for check in checks:
        if check.verdict is Verdict.FINDING:
            found["errors" if check.is_error else "warnings"] += 1
        else:
            found[check.verdict.value] += 1
    return {key: found[key] for key in ("fine", "errors", "warnings", "unknown", "skipped")}


def problems(checks: Iterable[Check], place: Callable[[DataPath], Pos]) -> list[Problem]:
    """Return all that is wrong or unknown as problems; the latter is a warning, so that no report hides it."""
    return [
        Problem(
            code=check.code,
            message=f"{check.where or 'this machine'}: {check.what}: {check.words}",
            pos=place(check.path),
            advice=check.advice,
            severity=check.severity,
        )
        for check in checks
        if check.verdict in (Verdict.FINDING, Verdict.UNKNOWN)
    ]
