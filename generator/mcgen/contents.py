"""What a stage is made of before patches: the documents of its bases and of its overlay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import assemble, stages
from mcgen.manifests import argocd
from mcgen.names import KUSTOMIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.tree import Data, File


def contents(mesh: Mesh, step: Step, inputs: Inputs, bases: Sequence[File]) -> list[Data]:
    """Return the objects that Kustomize sees in a step's overlay, those of its bases first."""
    folders = tuple(folder.replace("../", "") for folder in argocd.bases(mesh, step))
    own = _objects(assemble.overlay(mesh, step))
    if step.stage.name == stages.REMOTE_SECRET and not step.gate:
        own.append(inputs.sealed[step.destination.name, step.cluster.name])
    shared = _objects(file for file in bases if file.path.startswith(tuple(f"{f}/" for f in folders)))
    return shared + own


def _objects(files: Iterable[File]) -> list[Data]:
    return [doc for file in files for doc in file.documents if doc["apiVersion"] != KUSTOMIZE]
