"""Networks: which clusters reach each other's pods directly, and which come through an east-west gateway.

Istio sends calls to a gateway only where caller and Service are on different networks; a remote reaches its primary's
istiod through that cluster's gateway wherever it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeVar

from mcgen import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.blueprint import Blueprint, Cluster

_Cluster = TypeVar("_Cluster")


def network_of(cluster: Cluster) -> str:
    """Return the network of a cluster, its own one by default."""
    return cluster.network or names.network(cluster.name)


def crossed(networks: Iterable[str]) -> bool:
    """Return whether clusters reach each other's Services through gateways, and not all of them directly.

    networks: of each cluster. One that is alone counts as well: it has a gateway for those that will come.
    """
    found = list(networks)
    return len(found) == 1 or len(set(found)) > 1


def by_network(clusters: Iterable[_Cluster], network: Callable[[_Cluster], str]) -> dict[str, tuple[_Cluster, ...]]:
    """Return the clusters of each network; network: says that of a cluster."""
    found: dict[str, list[_Cluster]] = defaultdict(list)
    for cluster in clusters:
        found[network(cluster)].append(cluster)
    return {name: tuple(on) for name, on in found.items()}


def primary_of(cluster: Cluster, blueprint: Blueprint) -> str:
    """Return the name of the cluster whose istiod serves this one; empty when it is not clear which."""
    if cluster.role == "primary":
        return cluster.name
    if cluster.primary:
        return cluster.primary
    return blueprint.primaries[0] if len(blueprint.primaries) == 1 else ""


class Callers:
    """Who comes through whose gateway: clusters on other networks, and the remotes of its own cluster."""

    def __init__(self, blueprint: Blueprint) -> None:
        """Take a blueprint, and count once what is asked for each cluster."""
        self._blueprint = blueprint
        self._on = by_network(blueprint.clusters, network_of)
        self._number = Counter(_egress(blueprint.clusters))
        self._silent = _silent(blueprint.clusters)
        self.crossed = crossed(map(network_of, blueprint.clusters))

    def near(self, cluster: Cluster) -> list[Cluster]:
        """Return the remotes of a cluster that are on its network: of those beside it, they come to its gateway."""
        beside = self._on[network_of(cluster)] if cluster.role == "primary" else ()
        return [
            other for other in beside if other.role == "remote" and primary_of(other, self._blueprint) == cluster.name
        ]

    def of(self, cluster: Cluster) -> list[Cluster]:
        """Return the clusters that come through the gateway of one."""
        own, near = network_of(cluster), self.near(cluster)
        return [*(other for other in self._blueprint.clusters if network_of(other) != own), *near]

    def number(self, cluster: Cluster) -> int:
        """Return how many clusters come through the gateway of one."""
        return len(self._blueprint.clusters) - len(self._on[network_of(cluster)]) + len(self.near(cluster))

    def source_ranges(self, cluster: Cluster) -> tuple[str, ...]:
        """Return who may connect to a gateway: what it says, or from where all call who come, if all of them say.

        On one network pods call with their own addresses, beside those of nodes and API server.
        """
        if cluster.gateway.source_ranges:
            return tuple(cluster.gateway.source_ranges)
        beside, near = self._on[network_of(cluster)], self.near(cluster)
        if self._silent > _silent(beside) - _silent(near):
            return ()
        count = Counter(self._number)
        count.subtract(_egress(beside))
        count.update(_egress(near))
        count.update(cidr for other in near for cidr in other.cidrs)
        return tuple(sorted(cidr for cidr, number in count.items() if number > 0))


def _egress(clusters: Iterable[Cluster]) -> Iterator[str]:
    return (cidr for cluster in clusters for cidr in set(cluster.egress))


def _silent(clusters: Iterable[Cluster]) -> int:
    """Return how many clusters do not say from where they call."""
    return sum(not cluster.egress for cluster in clusters)
