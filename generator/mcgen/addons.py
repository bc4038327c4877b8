"""Addons: what the mesh needs beside itself, and whether mcgen or somebody else installs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import blueprint as bp
from mcgen import names

if TYPE_CHECKING:
    from mcgen.tree import DataPath

SEALED_SECRETS: DataPath = ("addons", "sealedSecrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecrets:
    """The sealed-secrets controller of each consumer.

    managed: mcgen installs it. namespace, controller: where kubeseal finds it, the same in every consumer.
    """

    managed: bool
    namespace: str
    controller: str

    @property
    def kubeseal_options(self) -> tuple[str, ...]:
        """Return what kubeseal has to be told to find the controller; nothing where it looks by itself."""
        options: tuple[str, ...] = ()
        if self.namespace != names.KUBE_SYSTEM:
            options += ("--controller-namespace", self.namespace)
        if self.controller != names.SEALED_SECRETS_CONTROLLER:
            options += ("--controller-name", self.controller)
        return options


def sealed_secrets(blueprint: bp.Blueprint) -> SealedSecrets:
    """Return the sealed-secrets controller that a blueprint speaks of, in its long form or its short one."""
    given = blueprint.addons.sealed_secrets
    section = bp.SealedSecrets(install=given) if isinstance(given, str) else given
    managed = section.install == "managed"
    return SealedSecrets(
        managed=managed,
        namespace=section.namespace or (names.SEALED_SECRETS if managed else names.KUBE_SYSTEM),
        controller=section.controller,
    )
