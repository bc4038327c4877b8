"""Two trees as far as they differ: paths of both, and the content of what is not the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mcgen import layout, manifest
from mcgen.manifest import EMPTY, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mcgen.problems import Pos
    from mcgen.tree import DataPath

Read: TypeAlias = "Callable[[Collection[str]], Mapping[str, bytes]]"

# Whether one more policy lets in more or fewer depends on the others.
CONTEXT = f"{layout.base('policies')}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One tree. paths: of all its files. contents: of those that differ, and of the policies if any of them does.

    read: returns the contents of any files of it.
    """

    paths: frozenset[str]
    contents: Mapping[str, bytes]
    read: Read
    manifest: Manifest = EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """Two trees. origins: what in the blueprint brings a new file about; place: where in it a path of data stands."""

    old: Side
    new: Side
    origins: Mapping[str, DataPath] = field(default_factory=dict)
    place: Callable[[DataPath], Pos] | None = None


def whole(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> Trees:
    """Return two trees that are in memory as a whole, the same files left out."""
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    wanted = wanted_contents(changed, old.keys() | new.keys())
    return Trees(old=_side(old, wanted), new=_side(new, wanted))


def wanted_contents(changed: set[str], paths: set[str]) -> set[str]:
    """Return which files must be read when some differ."""
    if any(path.startswith(CONTEXT) for path in changed):
        return changed | {path for path in paths if path.startswith(CONTEXT)}
    return changed


def in_memory(files: Mapping[str, bytes]) -> Read:
    """Return what reads files of a tree that is in memory."""
    return lambda paths: {path: files[path] for path in paths}


def read_manifest(raw: bytes | None) -> Manifest:
    """Return a manifest, the empty one where it cannot be read: then every file is nobody's."""
    return EMPTY if raw is None else manifest.parse(raw, layout.MANIFEST)[0]


def _side(files: Mapping[str, bytes], wanted: set[str]) -> Side:
    return Side(
        paths=frozenset(files),
        contents={path: files[path] for path in sorted(wanted) if path in files},
        read=in_memory(files),
        manifest=read_manifest(files.get(layout.MANIFEST)),
    )
