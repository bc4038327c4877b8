"""What Kustomize would make of a folder: which objects, under which names, from which folders.

Of patches only what matters here is followed: new names and deletions. A patch that mentions injection, health
or suspension is taken to do the worst with it. Whatever else the blueprint's patches change is up to its rules.
"""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from mcgen import names
from mcgen.order import finding, objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from mcgen.order.finding import Findings
    from mcgen.order.objects import Obj
    from mcgen.tree import Data

FILE = "kustomization.yaml"

_FIELDS = {
    "apiVersion", "kind", "metadata", "resources", "patches", "namePrefix", "nameSuffix", "namespace",
    "commonAnnotations", "commonLabels", "labels",
}  # fmt: skip
INJECTION, ASIDE, SUSPENSION = "injection", "aside", "suspension"
_WORDS = (
    (INJECTION, (names.INJECTION, objects.REVISION, objects.INJECT)),
    (ASIDE, objects.ASIDE),
    (SUSPENSION, ("suspend",)),
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
    """What comes out of a folder. folders: all that were read, its own first."""

    objects: tuple[Obj, ...]
    folders: tuple[str, ...]
    touched: frozenset[str]


_NOTHING: frozenset[str] = frozenset()


def kustomization(path: str, document: Data) -> Kustomization:
    """Return what is remembered of a kustomization; raise objects.Malformed when it is none."""
    try:
        unknown = tuple(sorted(document.keys() - _FIELDS))
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
        affixes = [str(document.get(field, "")) for field in ("namePrefix", "nameSuffix", "namespace")]
        resources = tuple(str(resource) for resource in document.get("resources") or ())
        return Kustomization(path, resources, *affixes, tuple(changes), frozenset(touched) or _NOTHING, unknown)
    except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise objects.Malformed(f"it is no kustomization that can be followed ({error})") from error


def _touched(text: str) -> Iterator[str]:
    for what, words in _WORDS:
        if any(word in text for word in words):
            yield what


def _changes(patch: Data) -> Iterator[Change]:
    text, target = patch["patch"], patch.get("target") or {}
    if (patch.get("options") or {}).get("allowNameChange"):
        found = _RENAME.match(text)
        name = found[1] if found else _new_name(yaml.load(text, Loader=yaml.CSafeLoader))
        yield Change(_pattern(target, "kind"), _pattern(target, "name"), name)
    elif "$patch" in text:
        parsed = yaml.load(text, Loader=yaml.CSafeLoader)
        if parsed.get("$patch") == "delete":
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
            return Built(tuple(obj for objs in files.values() for obj in objs), (folder,), _NOTHING)
        for field in found.unknown:
            self._findings.add(finding.UNREADABLE, found.path, f"the proof cannot follow '{field}'")
        for name in files.keys() - set(found.resources):
            message = "no kustomization lists this file"
            self._findings.add(finding.UNREACHED, f"{folder}/{name}", message)
        return self._collect(folder, found, files)

    def _collect(self, folder: str, found: Kustomization, files: dict[str, tuple[Obj, ...]]) -> Built:
        collected: tuple[Obj, ...] = ()
        folders: tuple[str, ...] = (folder,)
        touched = found.touched
        for resource in found.resources:
            if resource in files:
                collected += files[resource]
                continue
            path = normpath(f"{folder}/{resource}")
            base = self._base(path)
            if base is None:
                self._findings.add(
                    finding.NO_SUCH_PATH, found.path, f"it lists '{resource}', which is not there (or leads back here)"
                )
                continue
            collected += base.objects
            folders += base.folders
            touched |= base.touched
        if found.changes or found.prefix or found.suffix or found.namespace:
            collected = tuple(_renamed(found, collected))
        return Built(collected, folders, touched)

    def _base(self, folder: str) -> Built | None:
        if folder in self._bases:
            return self._bases[folder]
        if folder not in self._kustomizations:
            return None
        self._bases[folder] = None
        self._bases[folder] = self.build(folder)
        return self._bases[folder]


def _renamed(found: Kustomization, collected: Iterable[Obj]) -> Iterator[Obj]:
    for obj in collected:
        name: str | None = obj.name
        for change in found.changes:
            if change.kind.fullmatch(obj.kind[1]) and change.old.fullmatch(obj.name):
                name = change.name
        if name is None:
            continue
        fixed = obj.kind in (objects.NAMESPACE, objects.CRD)
        yield obj._replace(
            name=name if fixed else f"{found.prefix}{name}{found.suffix}",
            namespace=obj.namespace if obj.kind in objects.CLUSTER_SCOPED else found.namespace or obj.namespace,
        )
