"""What is said about things that an import leaves out: each with its place, the reason, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.problems import Problem, Severity

if TYPE_CHECKING:
    from mcgen.problems import Pos

UNREADABLE, SETTING, OBJECT, DIFFERS, SECRET = "MC900", "MC901", "MC902", "MC903", "MC904"
NOT_OFFERED, QUESTION, NO_MESH, TREE, REFUSED, STRICTER = "MC905", "MC906", "MC907", "MC908", "MC909", "MC910"
_ERRORS = {UNREADABLE, NO_MESH}


def found(code: str, pos: Pos, message: str, advice: str) -> Problem:
    """Return a finding of an import: an error where nothing could be read, a warning for what is left over."""
    severity = Severity.ERROR if code in _ERRORS else Severity.WARNING
    return Problem(code=code, message=message, pos=pos, advice=advice, severity=severity)
