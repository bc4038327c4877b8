"""The versions of the format of blueprints and facts: which there are, what each renamed, and the way from older ones.

What a version renamed is said once and done in two ways: to data as it is read, where every value keeps its place in
the file, and to a text, where every other byte stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen.blueprint import API_VERSION
from mcgen.problems import Problem, Severity, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.source import Source
    from mcgen.tree import DataPath

FIELD = "apiVersion"
_GROUP = "mcgen/"
EACH = "*"


class Rename(NamedTuple):
    """A field that has another name since. path: the keys that lead to it, EACH for every item of a list."""

    path: tuple[str, ...]
    name: str


class Version(NamedTuple):
    """A version of the format. renamed: what it calls otherwise than the one before it, by `kind`, in order."""

    name: str
    renamed: Mapping[str, tuple[Rename, ...]] = {}


VERSIONS: tuple[Version, ...] = (Version(API_VERSION),)
"""All that were ever released, the oldest first. A row is added, and none is taken out."""


def unknown(source: Source) -> Problem | None:
    """Return what is wrong with the version of a file, as far as it is one of mcgen's."""
    name = version_of(source.data)
    if not name.startswith(_GROUP) or name in _names():
        return None
    pos, length = source.span((FIELD,))
    return Problem(
        code="MC108",
        message=f'this mcgen knows {", ".join(_names())}, and not "{name[:60]}"',
        pos=pos,
        length=length,
        advice="use the mcgen that the file was written for, or a newer one",
    )


def read(source: Source) -> tuple[Source, list[Problem]]:
    """Return a file as if it were of the newest version, every value at its place, and the warning that it is not."""
    name = version_of(source.data)
    if not is_old(name):
        return source, []
    data: Any = source.data | {FIELD: VERSIONS[-1].name}
    root: Any = source.root
    for change in _changes(data, name, VERSIONS[-1].name):
        for path in _places(data, change):
            data = _renamed(data, path, change.name)
            root = (*root[:4], _renamed(root[4], path, change.name, nodes=True))
    pos, length = source.span((FIELD,))
    old = Problem(
        code="MC109",
        message=f"{name} is an older version of the format; it is read as {VERSIONS[-1].name}",
        pos=pos,
        length=length,
        advice=f"`mcgen migrate {source.file}` writes it as {VERSIONS[-1].name}, and changes nothing else",
        severity=Severity.WARNING,
    )
    return replace(source, data=data, root=root), [old]


def migrated(text: str, source: Source, to: str = "") -> str:
    """Return the text of a file in a later version (default: the newest).

    Raises UsageError for a version that is unknown or earlier, EditError where the file cannot be edited safely.
    """
    from mcgen import edit_fields

    name, to = version_of(source.data), to or VERSIONS[-1].name
    if to not in _names():
        raise UsageError(f"{to} is no version of the format: write one of {', '.join(_names())}")
    if _names().index(to) < _names().index(name):
        raise UsageError(f"the file is of {name}, and {to} is older: there is no way back")
    data: Any = source.data
    for change in _changes(data, name, to):
        for path in _places(data, change):
            text, data = edit_fields.rename(text, path, change.name), _renamed(data, path, change.name)
    return text if name == to else edit_fields.put(text, (FIELD,), to)


def version_of(data: Any) -> str:
    """Return the version that a file says it is of, empty when it says none."""
    name = data.get(FIELD) if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def is_old(name: str) -> bool:
    """Return whether there is a newer version than this one."""
    return name in _names()[:-1]


def _names() -> list[str]:
    return [version.name for version in VERSIONS]


def _changes(data: Any, name: str, to: str) -> Iterator[Rename]:
    names = _names()
    for version in VERSIONS[names.index(name) + 1 : names.index(to) + 1]:
        yield from version.renamed.get(str(data.get("kind")), ())


def _places(data: Any, change: Rename) -> list[DataPath]:
    """Return where a file has a field, unless it has one of the new name too: that is for the schema to refuse."""
    found: list[tuple[DataPath, Any]] = [((), data)]
    for key in change.path[:-1]:
        found = [(path + step, below) for path, value in found for step, below in _below(value, key)]
    last = change.path[-1]
    holders = [(path, value) for path, value in found if isinstance(value, dict)]
    return [(*path, last) for path, value in holders if last in value and change.name not in value]


def _below(value: Any, key: str) -> list[tuple[DataPath, Any]]:
    if key == EACH:
        return [((i,), item) for i, item in enumerate(value)] if isinstance(value, list) else []
    return [((key,), value[key])] if isinstance(value, dict) and key in value else []


def _renamed(inside: Any, path: DataPath, name: str, *, nodes: bool = False) -> Any:
    """Return a mapping or a list in which the key at a path has another name; nodes: of a Source's, not of its data."""
    step, *rest = path
    if not rest:
        return {name if key == step else key: value for key, value in inside.items()}
    old, further = inside[step], tuple(rest)
    below = (*old[:4], _renamed(old[4], further, name, nodes=True)) if nodes else _renamed(old, further, name)
    if isinstance(inside, list):
        return [below if i == step else item for i, item in enumerate(inside)]
    return inside | {step: below}
