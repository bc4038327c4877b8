"""A Secret that a backend has put into its place."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - a dataclass's field

from mcgen.bootstrap.outcome import State  # noqa: TC001 - a dataclass's field


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A Secret in its place. state, words: for people. note: puts down in a tree that it is there.

    notes: what a person should know.
    """

    state: State
    words: str
    note: Callable[[Path], object]
    notes: tuple[str, ...] = ()
