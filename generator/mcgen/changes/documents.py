"""Files that differ, taken apart into documents: each with what it was and what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen import layout, reread
from mcgen.changes.leaves import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.tree import Data

Key: TypeAlias = tuple[str, ...]
"""API group, kind, namespace and name; for what is no object, its place in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One document. files: one, or two when it moved. clusters: those that it reaches."""

    files: tuple[str, ...]
    key: Key
    old: Data | None
    new: Data | None
    clusters: tuple[str, ...]

    @property
    def file(self) -> str:
        """Return the file that it is in now."""
        return self.files[-1]

    @property
    def kind(self) -> str:
        """Return the object's kind, empty for what is no object."""
        return self.key[1] if len(self.key) > 1 else ""

    @property
    def name(self) -> str:
        """Return the object's name."""
        return self.key[3]

    @property
    def some(self) -> Data:
        """Return the newest there is."""
        return self.new if self.new is not None else self.old or {}

    @property
    def title(self) -> str:
        """Return what the object is called in a sentence."""
        if not self.kind:
            return self.file
        return f"{self.kind} {'/'.join(part for part in self.key[2:] if part)}"


def deltas(context: Context) -> Iterator[Delta | str]:
    """Yield every document that differs, and the path of every file that is no YAML, or differs but in no document."""
    single: list[Delta] = []
    for path in context.changed:
        before, after = (documents_of(path, side.contents.get(path)) for side in (context.old, context.new))
        if before is None or after is None:
            yield path
            continue
        found = list(_pairs(path, before, after, context.touched(path)))
        if not found and path in context.old.paths and path in context.new.paths:
            yield path
        for delta in found:
            if delta.old is None or delta.new is None:
                single.append(delta)
            else:
                yield delta
    yield from _moved(single)


def documents_of(path: str, raw: bytes | None, *, empty: bool = False) -> dict[Key, Data] | None:
    """Return the documents of a file by key, none where there is no file; None when they cannot be read.

    empty: whether there may be documents with nothing in them, which programs write and mcgen does not.
    """
    if raw is None:
        return {}
    if not path.endswith(".yaml"):
        return None
    try:
        documents = reread.documents(raw)
    except reread.Unreadable:
        return None
    found: dict[Key, Data] = {}
    for i, document in enumerate(documents):
        if empty and document is None:
            continue
        if not isinstance(document, dict):
            return None
        key = _key(path, document)
        found[(*key, str(i)) if key in found else key] = document
    return found


def _key(path: str, document: Data) -> Key:
    metadata = document.get("metadata")
    if not layout.is_object_file(path) or path.endswith(f"/{layout.KUSTOMIZATION}") or not isinstance(metadata, dict):
        return ("", _word(document.get("kind")), path, "")
    group = _word(document.get("apiVersion")).rpartition("/")[0]
    return (group, _word(document.get("kind")), _word(metadata.get("namespace")), _word(metadata.get("name")))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _pairs(path: str, old: dict[Key, Data], new: dict[Key, Data], clusters: tuple[str, ...]) -> Iterator[Delta]:
    for key in [*old, *(key for key in new if key not in old)]:
        if not (key in old and key in new and same(old[key], new[key])):
            yield Delta(files=(path,), key=key, old=old.get(key), new=new.get(key), clusters=clusters)


def _moved(single: list[Delta]) -> Iterator[Delta]:
    """Yield documents that are gone from one file and new in another, in the clusters where both is so, as one."""
    gone: dict[Key, list[Delta]] = {}
    for delta in single:
        if delta.new is None:
            gone.setdefault(delta.key, []).append(delta)
    for delta in single:
        if delta.new is None:
            continue
        rest = delta
        for i, other in enumerate(gone.get(delta.key, ())):
            common = tuple(name for name in rest.clusters if name in other.clusters)
            if common or (not rest.clusters and not other.clusters):
                yield replace(rest, files=(*other.files, *rest.files), old=other.old, clusters=common)
                rest, gone[delta.key][i] = _without(rest, common), _without(other, common)
        if rest.clusters or rest is delta:
            yield _plain(rest)
    for found in gone.values():
        yield from (_plain(delta) for delta in found if delta.clusters or "" not in delta.files)


def _without(delta: Delta, common: tuple[str, ...]) -> Delta:
    # Marked by another key of files, so that a document of no cluster is not taken twice.
    return replace(delta, files=(*delta.files, ""), clusters=tuple(c for c in delta.clusters if c not in common))


def _plain(delta: Delta) -> Delta:
    return replace(delta, files=tuple(filter(None, delta.files)))
