"""Backends: how a Secret that may not stand in Git reaches the cluster that uses it. One module for each.

They have in common what the order rests on. The bootstrap does its part and leaves a note of it in the inputs; until
then a gate stands in the stage. With the note the stage holds one object, of which a controller in that cluster makes
the Secret, and which Argo CD calls Healthy once that is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mcgen.backends import external_secrets, sealed_secrets
from mcgen.backends.held import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.stages import Stage
    from mcgen.tree import Data, File

__all__ = ["BACKENDS", "EXTERNAL_SECRETS", "SEALED_SECRETS", "Backend", "Held"]


class Backend(Protocol):
    """What the module of a backend offers to the build.

    KIND: group and kind of the object that stands in the tree. DONE: what has become of a Secret that is in its
    place; MADE: what the controller then does with it. VARYING: what Argo CD must not compare of the object, as jq
    paths, because other versions of the controller's definition fill in more.
    """

    KIND: tuple[str, str]
    DONE: str
    MADE: str
    VARYING: tuple[str, ...]

    def remote(self, inputs: Inputs, consumer: str, remote: str) -> Held | None:
        """Return what the inputs say of a remote secret, None before it is in its place."""

    def authority(self, inputs: Inputs, primary: str) -> Held | None:
        """Return what the inputs say of a primary's CA, None before it is in its place."""

    def missing(self, step: Step) -> str:
        """Return what a gate waits for in the place of a remote secret or a CA."""

    def place(self, step: Step) -> str:
        """Return the input that says that the Secret of a step is in its place, by its path in the tree."""

    def described(self, stage: Stage) -> Stage:
        """Return a stage with what this backend makes of it, for people."""

    def overlay(self, mesh: Mesh, step: Step) -> Iterator[File]:
        """Yield the files of stage remote-secret or trust, but for those that are inputs."""

    def document(self, mesh: Mesh, step: Step, inputs: Inputs) -> Data:
        """Return the object of the stage; before it is there, one with its name."""


SEALED_SECRETS, EXTERNAL_SECRETS = "sealed-secrets", "external-secrets"
BACKENDS: dict[str, Backend] = {SEALED_SECRETS: sealed_secrets, EXTERNAL_SECRETS: external_secrets}
"""The backends by the name that a blueprint gives them."""
