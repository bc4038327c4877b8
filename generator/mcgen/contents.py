"""What a stage is made of before the blueprint's patches: the objects that Kustomize sees in its overlay."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen import assemble, layout, patching, stages
from mcgen.blueprint import Target
from mcgen.delivery import PLUGIN
from mcgen.manifests.kustomize import user_patches
from mcgen.selector import selects
from mcgen.tree import File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.tree import Data


@dataclass(slots=True, kw_only=True)
class Object:
    """One object of an overlay. original: as it stands in its file; current: patched, None once deleted."""

    original: Data
    current: Data | None


def contents(mesh: Mesh, step: Step, inputs: Inputs, bases: Mapping[str, File]) -> list[Object]:
    """Return the objects of a step with mcgen's own patches applied; `bases` are the tree's shared files by path.

    A step that waits at its gate is taken as it will be once the gate is open.
    """
    # A patch is for the IstioOperator, wherever that is rendered.
    step = replace(step, gate="", path=step.source, delivery=PLUGIN)
    files = dict(bases) | {file.path: file for file in assemble.overlay(mesh, step)}
    if step.stage.name in stages.SECRETS:
        # What is an input is no file of the build.
        document = mesh.secrets.backend.document(mesh, step, inputs)
        files |= {path: File(path=path, documents=(document,)) for path in _listed(step.path, files) - files.keys()}
    found = [Object(original=document, current=document) for document in _resources(step.path, files)]
    patches = files[f"{step.path}/{layout.KUSTOMIZATION}"].documents[0].get("patches", [])
    for patch in patches[: len(patches) - len(user_patches(mesh, step))]:
        _apply(patch, found)
    return found


def _resources(folder: str, files: Mapping[str, File]) -> Iterator[Data]:
    for resource in files[f"{folder}/{layout.KUSTOMIZATION}"].documents[0]["resources"]:
        path = posixpath.normpath(f"{folder}/{resource}")
        if path in files:
            yield from files[path].documents
        else:
            yield from _resources(path, files)


def _listed(folder: str, files: Mapping[str, File]) -> set[str]:
    return {f"{folder}/{name}" for name in files[f"{folder}/{layout.KUSTOMIZATION}"].documents[0]["resources"]}


def _apply(patch: Data, objects: Iterable[Object]) -> None:
    parsed = patching.parse(patch["patch"])
    if "target" in patch:
        target = Target(**patch["target"])
    else:
        target = Target(kind=parsed["kind"], name=parsed["metadata"]["name"])  # type: ignore[call-overload]
    for found in objects:
        if found.current is not None and selects(target, found.current, found.original):
            found.current = patching.apply(found.current, parsed)
