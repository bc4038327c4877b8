"""How a cluster is reached: the same three options for kubectl, istioctl and kubeseal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.mesh import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way to one cluster.

    cluster: its name in the mesh. kubeconfig: a file, empty for the one that kubectl finds by itself.
    context: empty for the kubeconfig's current one. descriptors: open files that the programs must inherit.
    """

    cluster: str
    kubeconfig: str = ""
    context: str = ""
    descriptors: tuple[int, ...] = ()

    @property
    def options(self) -> list[str]:
        """Return the options by which all three programs are told the way."""
        given = {"--kubeconfig": self.kubeconfig, "--context": self.context}
        return [f"{option}={value}" for option, value in given.items() if value]

    def __str__(self) -> str:
        """Return the way in words."""
        return " of ".join(
            [word for word in (f"context '{self.context}'" if self.context else "", self.kubeconfig) if word]
            or ["the current context"]
        )


def of(cluster: Cluster, kubeconfigs: Mapping[str, str]) -> Access:
    """Return the way to a cluster: a file given for it (its current context), or its context in the usual one."""
    if file := kubeconfigs.get(cluster.name):
        return Access(cluster=cluster.name, kubeconfig=file)
    return Access(cluster=cluster.name, context=cluster.context)
