"""What the stages of Secrets have in common, whichever object their controller makes the Secret of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names, stages
from mcgen.manifests import kustomize

if TYPE_CHECKING:
    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.tree import File


def secret(step: Step) -> str:
    """Return the name of the Secret of a step, which is also that of the object."""
    return names.AUTHORITY if step.stage.name == stages.TRUST else names.remote_secret(step.cluster.id)


def kustomization(mesh: Mesh, step: Step, name: str) -> File:
    """Return the kustomization around the file with the object."""
    return kustomize.overlay(
        mesh,
        step,
        [name],
        # Without the object its Secret is deleted: a remote leaves the mesh, or a primary has a root of its own.
        commonAnnotations={names.SYNC_OPTIONS: names.CONFIRM_DELETION},
    )
