"""What a picture of the mesh shows: clusters, who holds whose remote secret, chains, and who may call whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcgen.graph.callers import Policy


class State(StrEnum):
    """How far a stage is, as the tree says."""

    OPEN = "open"
    GATE = "waits"
    WITHHELD = "withheld"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a chain. waits: what a gate waits for, or will once those before it are open."""

    stage: str
    wave: int
    state: State
    waits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An east-west gateway. address: empty while unknown. sources: who may connect, none for anybody."""

    address: str
    internal: bool
    ports: tuple[int, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace that mcgen owns in a cluster."""

    name: str
    injection: bool
    exported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster.

    cloud: who runs it, empty where that is not known. primary: whose istiod serves it, itself for a primary.
    sealed: whether its remote secret is in its place; False for a primary, which has none. leaves: the phase in which
    it is, empty for a member. gateway: None once it is gone.
    """

    name: str
    id: str
    cloud: str
    network: str
    primary: str
    sealed: bool
    leaves: str
    gateway: Gateway | None
    steps: tuple[Step, ...]
    namespaces: tuple[Namespace, ...]

    @property
    def is_primary(self) -> bool:
        """Return whether istiod runs here."""
        return self.primary == self.name

    def at(self, stage: str) -> Step | None:
        """Return a stage of the chain, None where it has none of that name."""
        return next((step for step in self.steps if step.stage == stage), None)

    @property
    def state(self) -> State:
        """Return how the whole chain is: open, waiting at a gate, or leaving."""
        if self.leaves:
            return State.LEAVING
        return State.GATE if any(step.state is State.GATE for step in self.steps) else State.OPEN

    @property
    def says(self) -> str:
        """Return how the chain is, in a few words."""
        if self.leaves:
            return f"leaving: {self.leaves}" if self.leaves != State.LEAVING else "leaving"
        gate = next((step.stage for step in self.steps if step.state is State.GATE), "")
        return f"waits at {gate}" if gate else "open to the end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A primary reads a cluster that it does not serve, or will once the remote secret is sealed."""

    consumer: str
    cluster: str
    sealed: bool


@dataclass(frozen=True, kw_only=True)
class Picture:
    """The whole mesh; clusters in the order of the blueprint, or of the tree's lists.

    done: what has become of a remote secret that is in its place.
    """

    name: str
    description: str
    istio: str
    hardened: bool
    clusters: tuple[Cluster, ...]
    exported: tuple[str, ...]
    policies: tuple[Policy, ...]
    peers: tuple[Peer, ...] = ()
    done: str = "sealed"

    def readers(self, cluster: str) -> tuple[Peer, ...]:
        """Return the peers that read a cluster."""
        return tuple(peer for peer in self.peers if peer.cluster == cluster)

    @cached_property
    def served(self) -> dict[str, tuple[Cluster, ...]]:
        """Return the remotes of each primary: those whose remote secrets it holds, or waits for."""
        found: dict[str, list[Cluster]] = {cluster.name: [] for cluster in self.clusters if cluster.is_primary}
        for cluster in self.clusters:
            if not cluster.is_primary:
                found.setdefault(cluster.primary, []).append(cluster)
        return {name: tuple(remotes) for name, remotes in found.items()}

    @property
    def networks(self) -> tuple[str, ...]:
        """Return the networks, in the order of their first clusters."""
        return tuple(dict.fromkeys(cluster.network for cluster in self.clusters))

    @property
    def clouds(self) -> tuple[str, ...]:
        """Return the clouds, in the order of their first clusters."""
        return tuple(dict.fromkeys(cluster.cloud for cluster in self.clusters if cluster.cloud))

    def having(self, state: State) -> tuple[Cluster, ...]:
        """Return the clusters whose chain is in a state."""
        return tuple(cluster for cluster in self.clusters if cluster.state is state)
