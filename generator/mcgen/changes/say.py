"""Sentences that several subjects share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.changes.finding import Finding, Risk, Turn, quote, shown
from mcgen.changes.leaves import MISSING, Leaf

if TYPE_CHECKING:
    from typing import Any


def shift(
    kind: str, title: str, leaf: Leaf, *, risk: Risk = Risk.LOW, why: str = "", turn: Turn | None = None
) -> Finding:
    """Return the finding of a value that changes, comes or goes; it accounts for this value alone."""
    turn = turn or turn_of(leaf.before, leaf.after)
    return Finding(
        kind=kind,
        turn=turn,
        risk=risk,
        what=f"{title} {moves(leaf.before, leaf.after)}",
        why=why,
        before=text(leaf.before),
        after=text(leaf.after),
        covers=(leaf.way,),
    )


def turn_of(before: Any, after: Any) -> Turn:
    """Return whether something came, went or changed."""
    if before is MISSING or before is None:
        return Turn.ADDED
    return Turn.REMOVED if after is MISSING or after is None else Turn.CHANGED


def moves(before: Any, after: Any) -> str:
    """Return what happens to a value, for the end of a sentence."""
    if before is MISSING or before is None:
        return f"is new: {quote(after)}"
    if after is MISSING or after is None:
        return f"is gone; it was {quote(before)}"
    return f"changes from {quote(before)} to {quote(after)}"


def text(value: Any) -> str:
    """Return a value on one line, empty where there is none."""
    return "" if value is MISSING else shown(value)
