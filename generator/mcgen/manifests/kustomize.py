"""Kustomizations: which resources an overlay is made of, and the patches over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import layout, names
from mcgen.emit import emit
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.blueprint import Patch
    from mcgen.chain import Step
    from mcgen.mesh import Mesh


def kustomization(
    folder: str, resources: Sequence[str], *, patches: Sequence[Data] = (), origin: Any = (), **fields: Any
) -> File:
    """Return a folder's kustomization.yaml; `fields` are further fields of a Kustomization."""
    document: Data = {"apiVersion": names.KUSTOMIZE, "kind": "Kustomization", "resources": list(resources)}
    document |= fields
    if patches:
        document["patches"] = list(patches)
    return File(path=f"{folder}/{layout.KUSTOMIZATION}", documents=(document,), origin=origin)


def overlay(mesh: Mesh, step: Step, resources: Sequence[str], *, patches: Sequence[Data] = (), **fields: Any) -> File:
    """Return a step's kustomization.yaml, with the blueprint's own patches for it behind those of mcgen."""
    return kustomization(
        step.path, resources, patches=[*patches, *user_patches(mesh, step)], origin=step.origin, **fields
    )


def user_patches(mesh: Mesh, step: Step) -> list[Data]:
    """Return the blueprint's patches for a step, as they stand; none while a gate is in its place."""
    if step.gate:
        return []
    return [_user_patch(patch) for patch in mesh.patches if applies(patch, step)]


def applies(patch: Patch, step: Step) -> bool:
    """Return whether a patch of the blueprint is for this step."""
    return patch.stage == step.stage.name and (patch.clusters is None or step.cluster.name in patch.clusters)


def strategic(patch: Data) -> Data:
    """Return a strategic merge patch; the object it is for stands in it."""
    return {"patch": text(patch)}


def text(patch: Any) -> str:
    """Return a patch as Kustomize wants it: YAML in a string."""
    return patch if isinstance(patch, str) else emit([patch])


def _user_patch(patch: Patch) -> Data:
    target = {key: value for key, value in msgspec.to_builtins(patch.target).items() if value is not None}
    return {"target": target, "patch": text(patch.patch)}
