"""What a lab is made of: its name, its clusters and every address, computed from one range."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
DEFAULT_NETWORK = IPv4Network("10.200.0.0/14")
MOST_CLUSTERS = 62


class LabError(Exception):
    """Something that a person who runs the lab can do something about."""


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """One cluster. index: from 1; node: whether pods can run in it (else it is an API server with its controllers).

    namespace: the network namespace of its machine.
    """

    name: str
    index: int
    node: bool
    namespace: str
    network: IPv4Network

    @property
    def node_name(self) -> str:
        return f"{self.name}-node-1"

    @property
    def link(self) -> IPv4Network:
        """The /30 between the internet (first address) and the node (second)."""
        return IPv4Network((int(self.network[0]) + self.index * 256, 30))

    @property
    def node_address(self) -> IPv4Address:
        return self.link[2]

    @property
    def public(self) -> IPv4Network:
        """What the internet reaches: the API server's address, then those of load balancers."""
        return IPv4Network((int(self.network[0]) + (1 << 16) + self.index * 256, 24))

    @property
    def api_address(self) -> IPv4Address:
        return self.public[1]

    @property
    def server(self) -> str:
        return f"https://{self.api_address}:6443"

    @property
    def balancers(self) -> tuple[IPv4Address, ...]:
        return tuple(self.public[number] for number in range(11, 251))

    @property
    def pods(self) -> IPv4Network:
        return IPv4Network((int(self.network[0]) + (2 << 16) + self.index * 1024, 22))

    @property
    def services(self) -> IPv4Network:
        return IPv4Network((int(self.network[0]) + (3 << 16) + self.index * 1024, 22))

    @property
    def dns_address(self) -> IPv4Address:
        return self.services[10]


@dataclass(frozen=True, kw_only=True)
class LabPlan:
    """A lab. network: a /14 that nothing else on the machine uses; its second /16 is what the internet reaches."""

    name: str
    network: IPv4Network
    clusters: tuple[ClusterPlan, ...]

    @property
    def internet(self) -> str:
        return f"{self.name}-internet"

    @property
    def link(self) -> IPv4Network:
        """The /30 between this machine (first address) and the lab's internet (second)."""
        return IPv4Network((int(self.network[0]), 30))

    @property
    def public(self) -> IPv4Network:
        return list(self.network.subnets(new_prefix=16))[1]

    @property
    def git_address(self) -> IPv4Address:
        """Where the lab's Git server answers pods of every cluster, and this machine."""
        return self.public[10]

    @property
    def registry(self) -> str:
        return f"{self.link[2]}:5000"

    def cluster(self, name: str) -> ClusterPlan:
        """Return the cluster of that name; raise LabError when there is none."""
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        raise LabError(f"no cluster '{name}' in lab '{self.name}': {', '.join(c.name for c in self.clusters)}")


def plan(
    nodes: tuple[str, ...] = ("gke", "aks"),
    *,
    bare: tuple[str, ...] = (),
    name: str = "lab",
    network: IPv4Network = DEFAULT_NETWORK,
) -> LabPlan:
    """Return the lab of these clusters (bare ones have no node); raise LabError for what cannot be."""
    names = (*nodes, *bare)
    for each in (name, *names):
        if not NAME.fullmatch(each):
            raise LabError(
                f"'{each}' is not a name: lower-case letters, digits and hyphens, at most 20, a letter first"
            )
    if len(set(names)) != len(names):
        raise LabError(f"a cluster is named twice: {', '.join(names)}")
    if not 0 < len(names) <= MOST_CLUSTERS:
        raise LabError(f"a lab has 1 to {MOST_CLUSTERS} clusters, not {len(names)}")
    if network.prefixlen != 14:
        raise LabError(f"the network of a lab is a /14, not {network}")
    clusters = tuple(
        ClusterPlan(name=each, index=index, node=each in nodes, namespace=f"{name}-{each}", network=network)
        for index, each in enumerate(names, 1)
    )
    return LabPlan(name=name, network=network, clusters=clusters)
