"""What Kustomize would make of a folder: which objects, under which names, from which folders.

Of patches only what matters here is followed: new names and deletions. A patch that mentions injection, health
or suspension is taken to do the worst with it. Whatever else the blueprint's patches change is up to its rules.
"""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import names, reread
from mcgen.order import finding, kinds, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from mcgen.order.finding import Findings
    from mcgen.order.kinds import Kind
    from mcgen.order.objects import Obj
    from mcgen.tree import Data

FILE = "kustomization.yaml"

_FIELDS = {
    "apiVersion", "kind", "metadata", "resources", "patches", "namePrefix", "nameSuffix", "namespace",
    "commonAnnotations", "commonLabels", "labels",
}  # fmt: skip
INJECTION, ASIDE, SUSPENSION = "injection", "aside", "suspension"
_WORDS = (
    *((word, INJECTION) for word in (names.INJECTION, names.REVISION, objects.INJECT)),
    *((word, ASIDE) for word in sorted(objects.ASIDE)),
    ("suspend", SUSPENSION),
)
# The form in which mcgen writes a new name: the parser takes fifty times as long, twice per cluster.
_RENAME = re.compile(r"- op: replace\n  path: /metadata/name\n  value: ([a-z0-9.-]+)\n")


class Change(NamedTuple):
    """A patch that renames the objects it is for, or deletes them (name is None)."""

    kind: re.Pattern[str]
    old: re.Pattern[str]
    name: str | None


class Kustomization(NamedTuple):
    """A kustomization.yaml. touched: what its patches may change for the worse; unknown: what cannot be followed."""

    path: str
    resources: tuple[str, ...]
    prefix: str
    suffix: str
    namespace: str
    changes: tuple[Change, ...]
    touched: frozenset[str]
    unknown: tuple[str, ...]


class Built(NamedTuple):
    """What comes out of a folder. kinds: of all objects; folders: all that were read, its own first."""

    objects: tuple[Obj, ...]
    kinds: frozenset[Kind]
    folders: tuple[str, ...]
    touched: frozenset[str]


_NOTHING: frozenset[str] = frozenset()
_FIXED = {kinds.NAMESPACE, kinds.CRD}
"""Kinds whose names Kustomize leaves alone."""


def kustomization(path: str, document: Data) -> Kustomization:
    """Return what is remembered of a kustomization; raise objects.MalformedError when it is none."""
    try:
        unknown = () if document.keys() <= _FIELDS else tuple(sorted(document.keys() - _FIELDS))
        changes: list[Change] = []
        touched: set[str] = set()
        for patch in document.get("patches") or ():
            if "path" in patch:
                unknown += ("patches[].path",)
                continue
            changes += _changes(patch)
            touched.update(_touched(patch["patch"]))
        for field in ("commonAnnotations", "commonLabels", "labels"):
            if field in document:
                touched.update(_touched(str(document[field])))
        return Kustomization(
            path,
            tuple([str(resource) for resource in document.get("resources") or ()]),
            str(document.get("namePrefix", "")),
            str(document.get("nameSuffix", "")),
            str(document.get("namespace", "")),
            tuple(changes),
            frozenset(touched) or _NOTHING,
            unknown,
        )
    except (AttributeError, KeyError, TypeError, ValueError, re.error, reread.Unreadable) as error:
        raise objects.MalformedError(f"it is no kustomization that can be followed ({error})") from error


def _touched(text: str) -> list[str]:
    return [what for word, what in _WORDS if word in text]


def _changes(patch: Data) -> Iterator[Change]:
    text, target = patch["patch"], patch.get("target") or {}
    if (patch.get("options") or {}).get("allowNameChange"):
        found = _RENAME.match(text)
        name = found[1] if found else _new_name(reread.document(text))
        yield Change(_pattern(target, "kind"), _pattern(target, "name"), name)
    elif "$patch" in text:
        parsed = reread.document(text)
        if isinstance(parsed, dict) and parsed.get("$patch") == "delete":
            own = {"kind": re.escape(parsed["kind"]), "name": re.escape(parsed["metadata"]["name"])}
            yield Change(_pattern(target or own, "kind"), _pattern(target or own, "name"), None)


def _pattern(target: Data, field: str) -> re.Pattern[str]:
    return re.compile(target[field]) if target.get(field) else re.compile(".*")


def _new_name(parsed: Any) -> str:
    if isinstance(parsed, dict):
        return str(parsed["metadata"]["name"])
    (name,) = [operation["value"] for operation in parsed if operation["path"] == "/metadata/name"]
    return str(name)


class Kustomize:
    """Builds folders of a tree. files: the objects of each file by folder and name."""

    def __init__(
        self,
        files: dict[str, dict[str, tuple[Obj, ...]]],
        kustomizations: dict[str, Kustomization],
        findings: Findings,
    ) -> None:
        self._files = files
        self._kustomizations = kustomizations
        self._findings = findings
        # None while a base is being built: for one that leads back to itself, it stays that way.
        self._bases: dict[str, Built | None] = {}
        self._folders = files.keys() | kustomizations.keys()
        self.read: set[str] = set()

    def folders(self) -> Set[str]:
        """Return the folders that hold anything."""
        return self._folders

    def build(self, folder: str) -> Built:
        """Return what comes out of a folder; one without a kustomization is what Argo CD calls a directory."""
        self.read.add(folder)
        found = self._kustomizations.get(folder)
        files = self._files.get(folder, {})
        if found is None:
            return _built(folder, tuple([obj for objs in files.values() for obj in objs]))
        for field in found.unknown:
            self._findings.add(finding.UNREADABLE, found.path, f"the proof cannot follow '{field}'")
        for name in files:
            if name not in found.resources:
                self._findings.add(finding.UNREACHED, f"{folder}/{name}", "no kustomization lists this file")
        parts = [self._resource(found, folder, files, resource) for resource in found.resources]
        return _joined(found, folder, parts)

    def _resource(self, found: Kustomization, folder: str, files: Mapping[str, tuple[Obj, ...]], name: str) -> Built:
        if name in files:
            return _built("", files[name])
        path = normpath(f"{folder}/{name}")
        if path in self._bases:
            built = self._bases[path]
        elif path in self._kustomizations:
            self._bases[path] = None
            built = self._bases[path] = self.build(path)
        else:
            built = None
        if built is None:
            message = f"it lists '{name}', which is not there (or leads back here)"
            self._findings.add(finding.NO_SUCH_PATH, found.path, message)
        return built or _built("", ())


def _built(folder: str, objs: tuple[Obj, ...]) -> Built:
    return Built(objs, frozenset([obj.kind for obj in objs]), (folder,) if folder else (), _NOTHING)


def _joined(found: Kustomization, folder: str, parts: Sequence[Built]) -> Built:
    if len(parts) == 1:
        collected, held, folders, touched = parts[0]
    else:
        collected = tuple([obj for part in parts for obj in part.objects])
        held = _NOTHING.union(*[part.kinds for part in parts])
        folders = tuple([path for part in parts for path in part.folders])
        touched = _NOTHING.union(*[part.touched for part in parts])
    if found.changes or found.prefix or found.suffix or found.namespace:
        collected = tuple(_renamed(found, collected))
    return Built(collected, held, (folder, *folders), touched | found.touched if found.touched else touched)


def _renamed(found: Kustomization, collected: Iterable[Obj]) -> Iterator[Obj]:
    for obj in collected:
        name: str | None = obj.name
        for change in found.changes:
            if change.kind.fullmatch(kinds.words(obj.kind)) and change.old.fullmatch(obj.name):
                name = change.name
        if name is None:
            continue
        if obj.kind not in _FIXED:
            name = f"{found.prefix}{name}{found.suffix}"
        namespace = obj.namespace if obj.kind in kinds.CLUSTER_SCOPED else found.namespace or obj.namespace
        same = name == obj.name and namespace == obj.namespace
        yield obj if same else obj._replace(name=name, namespace=namespace)
