"""What istioctl made of the IstioOperators, where the tree holds it: a file per object, and the operator beside them.

The CRDs are the same in all clusters and nearly a megabyte, so they lie in bases once; only a cluster for which the
blueprint patches the stage has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import delivery, layout, stages
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.tree import DataPath

BASE = layout.base(stages.BASE)


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield the CRDs that clusters share."""
    if mesh.rendered.shared:
        yield from _folder(BASE, mesh.rendered.objects[mesh.rendered.shared], ())


def overlay(mesh: Mesh, step: Step, operator: Data) -> Iterator[File]:
    """Yield the IstioOperator of a step, and what came out of it."""
    yield File(path=f"{step.source}/{layout.ISTIO_OPERATOR}", documents=(operator,), origin=step.origin)
    if is_shared(mesh, step, operator):
        yield kustomize.kustomization(step.path, [layout.up(step.path, BASE)], origin=step.origin)
    else:
        yield from _folder(step.path, mesh.rendered.objects[delivery.text(operator)], step.origin)


def is_shared(mesh: Mesh, step: Step, operator: Data) -> bool:
    """Return whether the objects of a step lie in bases."""
    return step.stage.name == stages.BASE and delivery.text(operator) == mesh.rendered.shared


def _folder(folder: str, objects: Iterable[Data], origin: DataPath) -> Iterator[File]:
    files: dict[str, Data] = {}
    for document in objects:
        name = _file_name(document)
        files[name if name not in files else f"{len(files)}-{name}"] = document
    yield kustomize.kustomization(folder, list(files), origin=origin)
    for name, document in files.items():
        yield File(path=f"{folder}/{name}", documents=(document,), origin=origin)


def _file_name(document: Data) -> str:
    # Names of RBAC objects may hold colons, which not every file system takes.
    return f"{document['kind'].lower()}-{document['metadata']['name'].replace(':', '-')}.yaml"
