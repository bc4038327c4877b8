"""Sealed Secrets: the Secret is in Git, sealed for the cluster that opens it. The sealed file is an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, roots, sealed, stages
from mcgen.backends import around
from mcgen.backends.held import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.stages import Stage
    from mcgen.tree import Data, File

KIND = ("bitnami.com", "SealedSecret")
DONE = "sealed"
MADE = "unsealed"
VARYING: tuple[str, ...] = ()


def remote(inputs: Inputs, consumer: str, remote: str) -> Held | None:
    """Return what a sealed remote secret says of itself, None where there is no such file."""
    document = inputs.sealed.get((consumer, remote))
    if document is None:
        return None
    token, certificate = (sealed.annotation(document, key) for key in (names.TOKEN, names.CERTIFICATE))
    return Held(token=token, certificate=certificate)


def authority(inputs: Inputs, primary: str) -> Held | None:
    """Return what the sealed CA of a primary says of itself, None where there is no such file."""
    document = inputs.authorities.get(primary)
    if document is None:
        return None
    certificate, expires = (sealed.annotation(document, key) for key in (names.CERTIFICATE, names.EXPIRES))
    signed = roots.of(document)
    return Held(certificate=certificate, root=signed.root, trusted=signed.trusted, expires=expires)


def missing(step: Step) -> str:
    """Return the sealed file that a gate waits for."""
    return f"{place(step)} (SealedSecret {around.secret(step)})"


def place(step: Step) -> str:
    """Return the path of the sealed file."""
    return f"{step.path}/{layout.SEALED_SECRET}"


def described(stage: Stage) -> Stage:
    """Return a stage as it is: the table speaks of this backend, which is the default."""
    return stage


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the kustomization around the sealed file; the file itself is an input and is not written here."""
    yield around.kustomization(mesh, step, layout.SEALED_SECRET)


def document(mesh: Mesh, step: Step, inputs: Inputs) -> Data:  # noqa: ARG001 - one form for all backends
    """Return the sealed secret as it lies in the tree."""
    known: Data | None = inputs.sealed.get((step.destination.name, step.cluster.name))
    if step.stage.name == stages.TRUST:
        known = inputs.authorities.get(step.cluster.name)
    metadata = {"name": around.secret(step), "namespace": names.ISTIO_SYSTEM}
    return known or {"apiVersion": names.SEALED_SECRET, "kind": KIND[1], "metadata": metadata, "spec": {}}
