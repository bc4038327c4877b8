"""What every check can look at: the mesh as planned, the ways to its clusters, and what was found there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names, phases
from mcgen.doctor.ask import Client  # noqa: TC001 - a dataclass's field
from mcgen.mesh import Cluster, Mesh  # noqa: TC001 - a dataclass's fields
from mcgen.problems import ToolError
from mcgen.verify.inventory import Inventory  # noqa: TC001 - a dataclass's field
from mcgen.verify.membership import Istiod  # noqa: TC001 - a dataclass's field

if TYPE_CHECKING:
    from mcgen.verify.inventory import Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """clients, inventories: by the cluster's name. gateways: the clusters whose chain has got as far as the gateway.

    said: by primaries' names what their istiods say, or why that is not known.
    """

    mesh: Mesh
    clients: dict[str, Client]
    inventories: dict[str, Inventory]
    gateways: frozenset[str]
    said: dict[str, list[Istiod] | ToolError]

    @property
    def members(self) -> tuple[Cluster, ...]:
        """Return the clusters that are not about to leave."""
        return tuple(each for each in self.mesh.clusters if each.state == phases.MEMBER)

    def istiods(self, primary: Cluster) -> list[Istiod]:
        """Return what the istiods of a primary say; raise ToolError."""
        said = self.said[primary.name]
        if isinstance(said, ToolError):
            raise said
        return said

    def injected(self, cluster: Cluster) -> tuple[str, ...]:
        """Return the namespaces of a cluster whose pods get sidecars, those that are exported first."""
        found = [each for each in cluster.namespaces if each.injection]
        return tuple(each.name for each in sorted(found, key=lambda each: not each.exported))

    def gateway_pods(self, cluster: Cluster) -> tuple[Pod, ...]:
        """Return the pods of a cluster's east-west gateway; raise ToolError."""
        return tuple(
            pod
            for pod in self.inventories[cluster.name].pods
            if pod.namespace == names.ISTIO_SYSTEM and pod.has(names.EAST_WEST_SELECTOR)
        )
