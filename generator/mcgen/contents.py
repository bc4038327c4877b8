"""What a stage is made of before the blueprint's patches: the objects that Kustomize sees in its overlay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mcgen import assemble, names, patching, stages
from mcgen.blueprint import Target
from mcgen.manifests import argocd
from mcgen.manifests.kustomize import user_patches
from mcgen.selector import selects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.tree import Data, File


@dataclass(slots=True, kw_only=True)
class Object:
    """One object of an overlay. original: as it stands in its file; current: patched, None once deleted."""

    original: Data
    current: Data | None


def contents(mesh: Mesh, step: Step, inputs: Inputs, bases: Sequence[File]) -> list[Object]:
    """Return the objects of a step, those of its bases first, with mcgen's own patches applied.

    A step that waits at its gate is taken as it will be once the gate is open.
    """
    step = replace(step, gate="")
    files = list(assemble.overlay(mesh, step))
    folders = tuple(f"{folder.replace('../', '')}/" for folder in argocd.bases(mesh, step))
    found = _objects(file for file in bases if file.path.startswith(folders))
    found += _objects(files)
    if step.stage.name == stages.REMOTE_SECRET:
        found.append(_object(_sealed_secret(step, inputs)))
    own = next(doc for file in files for doc in file.documents if doc["apiVersion"] == names.KUSTOMIZE)
    patches = own.get("patches", [])
    for patch in patches[: len(patches) - len(user_patches(mesh, step))]:
        _apply(patch, found)
    return found


def _objects(files: Iterable[File]) -> list[Object]:
    return [_object(doc) for file in files for doc in file.documents if doc["apiVersion"] != names.KUSTOMIZE]


def _object(document: Data) -> Object:
    return Object(original=document, current=document)


def _sealed_secret(step: Step, inputs: Inputs) -> Data:
    known = inputs.sealed.get((step.destination.name, step.cluster.name))
    if known is not None:
        sealed: Data = known
        return sealed
    metadata = {"name": names.remote_secret(step.cluster.id), "namespace": names.ISTIO_SYSTEM}
    return {"apiVersion": names.SEALED_SECRET, "kind": "SealedSecret", "metadata": metadata, "spec": {}}


def _apply(patch: Data, objects: Iterable[Object]) -> None:
    parsed = patching.parse(patch["patch"])
    target = _target(patch.get("target") or _identity(parsed))
    for found in objects:
        if found.current is not None and selects(target, found.current, found.original):
            found.current = patching.apply(found.current, parsed)


def _identity(patch: Any) -> Data:
    return {"kind": patch["kind"], "name": patch["metadata"]["name"]}


def _target(fields: Data) -> Target:
    return Target(**fields)
