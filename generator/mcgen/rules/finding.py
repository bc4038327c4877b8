"""What a rule yields: a code, a place in the blueprint's data, what is wrong and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcgen.tree import DataPath

_MOST_CHOICES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding; `key` puts the marker on the key rather than on its value."""

    code: str
    path: DataPath
    message: str
    advice: str = ""
    severity: Severity = Severity.ERROR
    key: bool = False

    @property
    def fatal(self) -> bool:
        """Return whether this stops the build."""
        return self.severity is Severity.ERROR


def error(code: str, path: DataPath, message: str, advice: str = "", *, key: bool = False) -> Finding:
    """Return a finding that stops the build."""
    return Finding(code=code, path=path, message=message, advice=advice, key=key)


def warning(code: str, path: DataPath, message: str, advice: str = "", *, key: bool = False) -> Finding:
    """Return a finding that is only printed."""
    return Finding(code=code, path=path, message=message, advice=advice, severity=Severity.WARNING, key=key)


def one_of(values: Iterable[str]) -> str:
    """Return the allowed values as words; the first of them where they would fill the screen."""
    known = sorted(values)
    shown = ", ".join(known[:_MOST_CHOICES]) or "none"
    return f"{shown} and {len(known) - _MOST_CHOICES} more" if len(known) > _MOST_CHOICES else shown
