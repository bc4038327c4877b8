"""One change of the mesh, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mcgen.report import printable

if TYPE_CHECKING:
    from mcgen.changes.leaves import Way
    from mcgen.problems import Pos

# Values of the blueprint stand between these two in a sentence, so that whoever shows it can set them apart.
# `printable` leaves neither in a value.
OPEN, CLOSE = "\x0e", "\x0f"
EVERYBODY = "everybody"
_LONGEST = 160


class Risk(StrEnum):
    """How much can go wrong; high first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Turn(StrEnum):
    """Which way something changed."""

    ADDED = "added"
    REMOVED = "removed"
    WIDENED = "widened"
    NARROWED = "narrowed"
    OPENED = "opened"
    CLOSED = "closed"
    RAISED = "raised"
    LOWERED = "lowered"
    CHANGED = "changed"

    @property
    def back(self) -> Turn:
        """Return the turn of the same change the other way round."""
        return _BACK[self]


_PAIRS = (
    (Turn.ADDED, Turn.REMOVED),
    (Turn.WIDENED, Turn.NARROWED),
    (Turn.OPENED, Turn.CLOSED),
    (Turn.RAISED, Turn.LOWERED),
    (Turn.CHANGED, Turn.CHANGED),
)
_BACK = {**dict(_PAIRS), **{back: turn for turn, back in _PAIRS}}
RISKS = tuple(Risk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One change.

    kind: a word of `kinds.KINDS`. what: a sentence; why: the reason of the risk. before, after: the values, empty
    where there is none. covers: the places in the document that this finding accounts for; `()` is all of it.
    clusters: those that it touches, sorted, none when it is Argo CD's own cluster. pos: the blueprint's line.
    rendered: whether it is about an object that Kustomize or istioctl makes, and not about a file.
    """

    kind: str
    turn: Turn
    risk: Risk
    what: str
    why: str = ""
    before: str = ""
    after: str = ""
    clusters: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    pos: Pos | None = None
    rendered: bool = False
    covers: tuple[Way, ...] = field(default=(), compare=False)


def quote(value: Any) -> str:
    """Return a value for a sentence: on one line, not too long, and set apart."""
    return f"{OPEN}{shown(value)}{CLOSE}"


def quoted(values: list[str], most: int = 6) -> str:
    """Return a few values for a sentence, and how many more there are."""
    rest = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(quote(value) for value in values[:most]) + rest


def shown(value: Any) -> str:
    """Return a value on one line; lists and mappings as YAML would have them in a flow."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, (dict, list)):
        text = flow(value)
    else:
        text = "" if value is None else str(value)
    text = printable(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def flow(value: Any) -> str:
    """Return data in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return shown(value) or '""'
