"""Kustomizations: the patches of overlays are applied to what they name; what only kustomize can do is said."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError, convert

from mcgen import patching
from mcgen.blueprint import Target
from mcgen.importing import findings
from mcgen.importing.documents import items, mapping, word, words
from mcgen.selector import selects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.importing.documents import Document
    from mcgen.problems import Problem

_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# What says nothing about the objects, or is followed here.
_FOLLOWED = {
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
}


def resolve(found: Mapping[str, list[Document]], problems: list[Problem]) -> list[Document]:
    """Return all documents but kustomizations and patches, each as the overlays that use it make it.

    What an overlay alone uses counts as a document of its folder; what several use comes once for each.
    """
    overlays = {name: docs[0] for name, docs in found.items() if name.rpartition("/")[2] in _NAMES and docs}
    if not overlays:
        return [each for documents in found.values() for each in documents]
    for document in overlays.values():
        problems += _only_kustomize(document)
    patches = {name for overlay, doc in overlays.items() for name in _patch_files(overlay, doc)}
    listed = {overlay: list(_listed(overlay, doc, found)) for overlay, doc in overlays.items()}
    inner = {name for names in listed.values() for name in names}
    builder = _Builder(overlays, listed, found, problems)
    taken = [
        replace(document, place=overlay)
        for overlay in overlays
        if overlay not in inner
        for document in builder.built(overlay)
    ]
    used = inner | overlays.keys() | patches
    return [each for name, docs in found.items() if name not in used for each in docs] + taken


def _only_kustomize(document: Document) -> Iterator[Problem]:
    for key in document.data:
        if key not in _FOLLOWED:
            yield findings.found(
                findings.SETTING,
                document.pos((key,)),
                f"`{key}` of this kustomization is not followed",
                "run `kustomize build` in this folder, and import what it prints in the place of the folder",
            )


def _listed(overlay: str, document: Document, found: Mapping[str, list[Document]]) -> Iterator[str]:
    """Yield the files that a kustomization lists: of a folder, its kustomization."""
    folder = posixpath.dirname(overlay)
    for entry in (*words(document.at("resources")), *words(document.at("bases"))):
        path = posixpath.normpath(posixpath.join(folder, entry))
        yield from (name for name in (path, *(f"{path}/{each}" for each in _NAMES)) if name in found)


class _Builder:
    """Builds kustomizations, each once."""

    def __init__(
        self,
        overlays: Mapping[str, Document],
        listed: Mapping[str, list[str]],
        found: Mapping[str, list[Document]],
        problems: list[Problem],
    ) -> None:
        self._overlays, self._listed, self._found, self._problems = overlays, listed, found, problems
        self._done: dict[str, list[Document]] = {}

    def built(self, overlay: str) -> list[Document]:
        """Return what comes of a kustomization; one that leads back to itself brings nothing."""
        if overlay in self._done:
            return self._done[overlay]
        self._done[overlay] = []
        documents: dict[int, Document] = {}
        for name in self._listed[overlay]:
            below = self.built(name) if name in self._overlays else self._found[name]
            documents |= {id(document): document for document in below}
        made = list(documents.values())
        for target, patch, where in _patches(overlay, self._overlays[overlay], self._found, self._problems):
            made = list(_patched(made, target, patch, where, self._problems))
        self._done[overlay] = made
        return made


def _patch_files(overlay: str, document: Document) -> Iterator[str]:
    folder = posixpath.dirname(overlay)
    entries = [each.get("path") for key in ("patches", "patchesJson6902") for each in items(document.at(key))]
    for entry in (*words(entries), *words(document.at("patchesStrategicMerge"))):
        if "\n" not in entry:
            yield posixpath.normpath(posixpath.join(folder, entry))


def _patches(
    overlay: str, document: Document, found: Mapping[str, list[Document]], problems: list[Problem]
) -> Iterator[tuple[Any, Any, Problem]]:
    """Yield each patch of a kustomization with its target (None: the object that it names), and what to say of it."""
    folder = posixpath.dirname(overlay)
    for key in ("patches", "patchesJson6902", "patchesStrategicMerge"):
        value = document.at(key)
        for i, entry in enumerate(value if isinstance(value, list) else []):
            given = mapping(entry) if key != "patchesStrategicMerge" else {"path": entry, "patch": entry}
            where = findings.found(
                findings.SETTING,
                document.pos((key, i), key=False),
                "this patch cannot be followed here",
                "run `kustomize build` in this folder, and import what it prints in the place of the folder",
            )
            path = posixpath.normpath(posixpath.join(folder, word(given.get("path")) or "."))
            read = [each.data for each in found.get(path, [])] if "\n" not in word(given.get("path")) else []
            inline = word(given.get("patch"))
            try:
                parsed: list[Any] = list(read) or [patching.parse(inline)]
            except ValueError:
                problems.append(where)
                continue
            yield from ((given.get("target"), one, where) for one in parsed)


def _patched(
    documents: list[Document], target: Any, patch: Any, where: Problem, problems: list[Problem]
) -> Iterator[Document]:
    hit = False
    for document in documents:
        try:
            if not _hits(document, target, patch):
                yield document
                continue
            hit = True
            changed = patching.apply(document.data, patch)
        except (AttributeError, KeyError, TypeError, ValueError, ValidationError):
            problems.append(where)
            # Whether it hits anything is not known.
            hit = True
            yield document
            continue
        if changed is not None:
            yield replace(document, data=changed)
    if not hit:
        problems.append(replace(where, message="this patch hits none of the objects that were read"))


def _hits(document: Document, target: Any, patch: Any) -> bool:
    if target is not None:
        return selects(convert(target, Target), document.data, document.data)
    return (
        isinstance(patch, dict)
        and patch.get("kind") == document.kind
        and mapping(patch.get("metadata")).get("name") == document.name
    )
