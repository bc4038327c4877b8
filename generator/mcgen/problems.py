"""What can be wrong: positions, problems, and the exceptions that end a command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Severity(StrEnum):
    """How bad a problem is: an error stops the command, a warning is only printed."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pos:
    """A place in a file: 1-based line and column, 0 where only the file is known."""

    file: str
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        """Return `file:line:col`, the form that editors and terminals link."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.col) if n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: where, what is wrong, and what to do about it (`advice`, may be empty).

    `length` is how many characters of the source line the marker covers.
    """

    code: str
    message: str
    pos: Pos
    advice: str = ""
    severity: Severity = Severity.ERROR
    length: int = 1


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without repetitions, by file, line, column and code."""
    return sorted(
        dict.fromkeys(problems),
        key=lambda problem: (problem.pos, problem.code, problem.message),
    )


def has_errors(problems: Iterable[Problem]) -> bool:
    """Return whether any of the problems is an error."""
    return any(problem.severity is Severity.ERROR for problem in problems)


class McgenError(Exception):
    """The command cannot go on. The message says what happened and what to do."""

    exit_code = 3


class ProblemsFound(McgenError):  # noqa: N818 - a result rather than a failure
    """Problems in the input or in the tree: nothing was written. lines: of the files that they are in."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem], lines: Mapping[str, Sequence[str]] | None = None) -> None:
        self.problems = sort_problems(problems)
        self.lines = lines or {}
        super().__init__(f"{len(self.problems)} problems")


class UsageError(McgenError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ToolError(McgenError):
    """A program that mcgen needs is missing or failed."""

    exit_code = 3
