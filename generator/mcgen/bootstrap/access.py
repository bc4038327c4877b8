"""How a cluster is reached: the same three options for kubectl, istioctl and kubeseal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.mesh import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The way to one cluster.

    cluster: its name in the mesh. kubeconfig: a file, empty for the one that kubectl finds by itself.
    context: empty for the kubeconfig's current one. descriptors: open files that the programs must inherit.
    title: what a kubeconfig without a name of its own is called. barred: why there is no way, empty when there is.
    """

    cluster: str
    kubeconfig: str = ""
    context: str = ""
    descriptors: tuple[int, ...] = ()
    title: str = ""
    barred: str = ""

    @property
    def options(self) -> list[str]:
        """Return the options by which all three programs are told the way."""
        given = {"--kubeconfig": self.kubeconfig, "--context": self.context}
        return [f"{option}={value}" for option, value in given.items() if value]

    def __str__(self) -> str:
        """Return the way in words."""
        words = [f"context '{self.context}'" if self.context else "", self.title or self.kubeconfig]
        return " of ".join([word for word in words if word]) or "the current context"


def of(cluster: Cluster, kubeconfigs: Mapping[str, str | Access]) -> Access:
    """Return the way to a cluster: the one given for it, or its context in the usual kubeconfig.

    kubeconfigs: files by the name of the cluster, whose current context counts, or ways that were made already.
    Raises ToolError when the way is barred.
    """
    given = kubeconfigs.get(cluster.name)
    if isinstance(given, Access):
        if given.barred:
            raise ToolError(given.barred)
        return given
    if given:
        return Access(cluster=cluster.name, kubeconfig=given)
    return Access(cluster=cluster.name, context=cluster.context)
