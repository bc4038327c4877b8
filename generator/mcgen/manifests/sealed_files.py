"""Stages remote-secret and trust: the SealedSecret that the bootstrap made, kept as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.manifests import kustomize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.tree import File


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the kustomization around the sealed file; the file itself is an input and is not written here."""
    yield kustomize.overlay(
        mesh,
        step,
        [layout.SEALED_SECRET],
        # Without the SealedSecret its Secret is deleted: a remote leaves the mesh, or a primary has a root of its own.
        commonAnnotations={names.SYNC_OPTIONS: names.CONFIRM_DELETION},
    )
