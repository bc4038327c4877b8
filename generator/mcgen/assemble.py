"""Mesh -> files: the whole tree as a stream, in a fixed order, nothing kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mcgen import chain, stages
from mcgen.manifests import (
    argocd,
    bootstrap,
    exposure,
    gate,
    istio_operator,
    namespaces,
    policies,
    rendered,
    revision_tag,
    sealed_secrets,
    setup,
    workloads,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Chains, Step
    from mcgen.mesh import Mesh
    from mcgen.tree import File


class Overlay(Protocol):
    """What the module of a stage offers: the files of one step's overlay."""

    def overlay(self, mesh: Mesh, step: Step) -> Iterator[File]:
        """Yield the files."""


OVERLAYS: dict[str, Overlay] = {
    stages.NAMESPACES: namespaces,
    stages.SEALED_SECRETS: sealed_secrets,
    stages.BASE: istio_operator,
    stages.CONTROL_PLANE: istio_operator,
    stages.REVISION_TAG: revision_tag,
    stages.EAST_WEST_GATEWAY: istio_operator,
    stages.INGRESS_GATEWAY: istio_operator,
    stages.EXPOSURE: exposure,
    stages.POLICIES: policies,
    stages.WORKLOADS: workloads,
}


def assemble(mesh: Mesh, chains: Chains) -> Iterator[File]:
    """Yield every file of the tree but its pages, the inputs, which are there already, and the manifest."""
    yield from argocd.install(mesh)
    yield from argocd.application_sets(mesh)
    yield from setup.files(mesh)
    yield from bootstrap.files(mesh)
    yield from bases(mesh)
    for cluster, steps in chains:
        if not steps:
            yield argocd.empty_chain(mesh, cluster)
        for step in steps:
            yield from overlay(mesh, step)
            if step.listed:
                yield argocd.application(mesh, step)
    for step in (*chain.kept(mesh), *chain.peers(mesh)):
        yield from overlay(mesh, step)


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield what clusters share."""
    yield from namespaces.bases(mesh)
    yield from sealed_secrets.bases(mesh)
    yield from gate.base()
    yield from rendered.bases(mesh)
    yield from exposure.bases(mesh)
    yield from policies.bases(mesh)
    yield from workloads.bases(mesh)


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the overlay of one step: its gate, or what the stage is made of."""
    if step.gate:
        return gate.overlay(mesh, step)
    module = mesh.secrets.backend if step.stage.name in stages.SECRETS else OVERLAYS[step.stage.name]
    return module.overlay(mesh, step)
