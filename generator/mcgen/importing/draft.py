"""A blueprint while it is being put together: plain data, and what people must fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from mcgen.tree import Data, DataPath

_Item = TypeVar("_Item", bound="Hashable")
# The order in which people read a blueprint.
_SECTIONS = (
    "apiVersion",
    "kind",
    "metadata",
    "gitops",
    "mesh",
    "trust",
    "secrets",
    "istio",
    "clusters",
    "namespaces",
    "policies",
    "exposure",
    "demo",
    "addons",
    "bootstrap",
    "patches",
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """data: of the blueprint. questions: what a person must say, by place."""

    data: Data = field(default_factory=dict)
    questions: dict[DataPath, str] = field(default_factory=dict)

    def put(self, path: DataPath, value: Any, *, default: Any = None) -> None:
        """Write a value, and the mappings above it; nothing where it is empty, or the field's default."""
        if value in (None, "", [], {}) or value == default:
            return
        below: Any = self.data
        for step in path[:-1]:
            below = below.setdefault(step, {}) if isinstance(below, dict) else below[step]
        below[path[-1]] = value

    def ask(self, path: DataPath, question: str) -> None:
        """Note a question that is to stand as a comment at a place."""
        self.questions[path] = question

    def ordered(self) -> Data:
        """Return the data in the order in which people read it."""
        return {key: self.data[key] for key in _SECTIONS if key in self.data}


def merged_order(sequences: Iterable[Sequence[_Item]]) -> list[_Item]:
    """Return all items in an order that keeps that of each sequence; where they contradict, the earlier item first."""
    before: dict[_Item, set[_Item]] = {}
    for sequence in sequences:
        for i, item in enumerate(sequence):
            before.setdefault(item, set()).update(sequence[max(i - 1, 0) : i])
    found: list[_Item] = []
    while before:
        item = next((item for item, others in before.items() if others.isdisjoint(before)), next(iter(before)))
        del before[item]
        found.append(item)
    return found
