"""What one mapping says beyond another: as values to merge, and as a patch that makes the one of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.merge import merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.tree import Data

_NOTHING = object()


def beyond(actual: Data, own: Data) -> Data:
    """Return what must be merged over `own` so that all of `actual` is there."""
    found: Data = {}
    for key, value in actual.items():
        below = own.get(key, _NOTHING)
        if isinstance(value, dict) and isinstance(below, dict):
            more = beyond(value, below)
            if more:
                found[key] = more
        elif not same(value, below):
            found[key] = value
    return found


def patch(actual: Data, own: Data) -> Data:
    """Return the merge patch that makes `actual` of `own`: keys that are gone are null."""
    found: Data = {}
    for key, value in actual.items():
        below = own.get(key, _NOTHING)
        if isinstance(value, dict) and isinstance(below, dict):
            if more := patch(value, below):
                found[key] = more
        elif not same(value, below):
            found[key] = value
    return found | dict.fromkeys(key for key in own if key not in actual)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in YAML: true is not 1, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def shared(actual: Sequence[Data], own: Sequence[Data]) -> Data:
    """Return what every one of `actual` says beyond what is `own` to it, and all say alike."""
    found: Data = {}
    # What is more beyond its own has the keys in the order in which they were written.
    for more in sorted(map(beyond, actual, own), key=lambda each: -len(str(each))):
        found = merge(more, found)
    return _agreed(found, actual)


def _agreed(found: Data, actual: Sequence[Data]) -> Data:
    agreed: Data = {}
    for key, value in found.items():
        theirs = [each.get(key, _NOTHING) for each in actual]
        if isinstance(value, dict) and value and all(isinstance(each, dict) for each in theirs):
            inner = _agreed(value, theirs)
            if inner:
                agreed[key] = inner
        elif all(same(value, each) for each in theirs):
            agreed[key] = value
    return agreed
