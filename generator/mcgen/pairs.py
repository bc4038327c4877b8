"""Whose istiod reads which cluster: each primary its remotes, and every other cluster of the mesh, its peers.

An istiod that serves a remote writes there (the CA of the injector, root certificates); one that is only a peer
learns from it which endpoints there are, and nothing waits for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import phases
from mcgen.facts import FIRST_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.backends import Backend, Held
    from mcgen.facts import Inputs
    from mcgen.mesh import Cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A consumer's istiod reads another cluster, by means of a remote secret.

    tokens: the suffixes of the token Secrets, the one to use last. held: what the inputs say of its remote secret,
    None before the bootstrap has made it.
    """

    consumer: Cluster
    remote: Cluster
    tokens: tuple[str, ...]
    held: Held | None = None

    @property
    def leaves(self) -> bool:
        """Return whether one of the two leaves the mesh."""
        return bool(self.remote.state or self.consumer.state)

    @property
    def is_read(self) -> bool:
        """Return whether the consumer reads the remote: its secret is in its place, and neither has left too far."""
        return self.held is not None and phases.is_read(self.remote.state, self.consumer.state)

    @property
    def serves(self) -> bool:
        """Return whether the consumer's istiod serves the cluster; otherwise it is its peer."""
        return self.remote.primary == self.consumer.name


def served(clusters: Sequence[Cluster], inputs: Inputs, backend: Backend) -> dict[str, Pair]:
    """Return each remote with the primary that serves it, by the remote's name."""
    by_name = {cluster.name: cluster for cluster in clusters}
    return {c.name: _pair(by_name[c.primary], c, inputs, backend) for c in clusters if not c.is_primary}


def peers(clusters: Sequence[Cluster], inputs: Inputs, backend: Backend) -> dict[str, tuple[Pair, ...]]:
    """Return for each cluster the primaries that read it and do not serve it; empty where there is one primary."""
    primaries = [cluster for cluster in clusters if cluster.is_primary]
    found = {
        c.name: tuple(_pair(p, c, inputs, backend) for p in primaries if p.name not in (c.name, c.primary))
        for c in clusters
    }
    return {name: readers for name, readers in found.items() if readers}


def _pair(consumer: Cluster, remote: Cluster, inputs: Inputs, backend: Backend) -> Pair:
    tokens = inputs.facts.tokens.get(consumer.name, {}).get(remote.name, [FIRST_SUFFIX])
    held = backend.remote(inputs, consumer.name, remote.name)
    return Pair(consumer=consumer, remote=remote, tokens=tuple(tokens), held=held)
