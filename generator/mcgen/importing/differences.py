"""What one mapping says beyond another: as values to merge, and as a patch that makes the one of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.changes.leaves import same
from mcgen.merge import merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.tree import Data

_NOTHING = object()


def beyond(actual: Data, own: Data, *, gone: bool = False) -> Data:
    """Return what must be merged over `own` so that all of `actual` is there; gone: keys that are gone are null."""
    found: Data = {}
    for key, value in actual.items():
        below = own.get(key, _NOTHING)
        if isinstance(value, dict) and isinstance(below, dict):
            more = beyond(value, below, gone=gone)
            if more:
                found[key] = more
        elif not same(value, below):
            found[key] = value
    return found | (dict.fromkeys(key for key in own if key not in actual) if gone else {})


def patch(actual: Data, own: Data) -> Data:
    """Return the merge patch that makes `actual` of `own`: keys that are gone are null."""
    return beyond(actual, own, gone=True)


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
