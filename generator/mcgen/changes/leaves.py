"""Where two documents differ: places and values, nothing left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Way: TypeAlias = tuple[str, ...]
"""A place in a document: keys, and the names or the indexes of what stands in lists."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One difference: before or after is MISSING where there is nothing."""

    way: Way
    before: Any
    after: Any


def differences(old: Any, new: Any, way: Way = ()) -> Iterator[Leaf]:
    """Yield every place at which two values differ. What is there on one side only comes leaf by leaf."""
    if same(old, new):
        return
    if _mapping(old) and _mapping(new) and (old or new) and not (old is MISSING and new is MISSING):
        before, after = (side if isinstance(side, dict) else {} for side in (old, new))
        if not before and not after:
            yield Leaf(way=way, before=old, after=new)
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, MISSING), after.get(key, MISSING), (*way, str(key)))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, way)
    else:
        yield Leaf(way=way, before=old, after=new)


def same(old: Any, new: Any) -> bool:
    """Return whether two values are the same YAML: 1, true and 1.0 are not."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def get(data: Any, *keys: str) -> Any:
    """Return the value at a place of mappings, None where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def mapping(data: Any, *keys: str) -> dict[str, Any]:
    """Return the mapping at a place, empty for anything else: what people write by hand may be anything."""
    found = get(data, *keys)
    return found if isinstance(found, dict) else {}


def listing(data: Any, *keys: str) -> list[Any]:
    """Return the list at a place, empty for anything else."""
    found = get(data, *keys)
    return found if isinstance(found, list) else []


def ident(element: Any) -> str:
    """Return by what an element of a list is known: its name, or its port's; empty where it has none."""
    name = get(element, "name") or get(element, "port", "name")
    return name if isinstance(name, str) else ""


def by_ident(elements: Any) -> dict[str, Any] | None:
    """Return the elements by what they are known by, None where that is not clear."""
    found = {ident(element): element for element in elements} if isinstance(elements, list) else {}
    return found if found and "" not in found and len(found) == len(elements) else None


def _mapping(value: Any) -> bool:
    return value is MISSING or (isinstance(value, dict))


def _lists(old: list[Any], new: list[Any], way: Way) -> Iterator[Leaf]:
    before, after = by_ident(old), by_ident(new)
    if before is not None and after is not None:
        for key in [*before, *(key for key in after if key not in before)]:
            if key in before and key in after:
                yield from differences(before[key], after[key], (*way, key))
            else:
                yield Leaf(way=(*way, key), before=before.get(key, MISSING), after=after.get(key, MISSING))
        if [key for key in before if key in after] != [key for key in after if key in before]:
            yield Leaf(way=(*way, "(order)"), before=list(before), after=list(after))
    elif len(old) == len(new) and all(isinstance(element, dict) for element in [*old, *new]):
        for i, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(left, right, (*way, str(i)))
    else:
        yield Leaf(way=way, before=old, after=new)


def flow_key(value: Any) -> str:
    """Return a text that is the same for the same data only."""
    return repr(value)
