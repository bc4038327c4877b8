"""The mesh as a picture, in Mermaid's words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.graph.picture import Cluster, Picture

# More boxes than this are no picture any more; clusters are counted by primary and platform then.
MANY = 40


def show(picture: Picture) -> str:
    """Return a flowchart: clusters in their networks, and who reads and who serves whom."""
    lines = _each(picture) if len(picture.clusters) <= MANY else _counted(picture)
    return "\n".join(["flowchart LR", *(f"  {line}" for line in lines)]) + "\n"


def _each(picture: Picture) -> Iterator[str]:
    # A name could be a word of Mermaid's own, such as `end`.
    ids = {cluster.name: f"c{i}" for i, cluster in enumerate(picture.clusters)}
    for i, network in enumerate(picture.networks):
        yield f'subgraph net{i}["{network}"]'
        for cluster in picture.clusters:
            if cluster.network == network:
                yield f"  {ids[cluster.name]}{_box(cluster)}"
        yield "end"
    for primary, remotes in picture.served.items():
        for remote in remotes:
            yield f'{ids[remote.name]} -->|"istiod 15012, 15017"| {ids[primary]}'
            state = "remote secret" if remote.sealed else "remote secret: waits"
            yield f'{ids[primary]} -.->|"{state}"| {ids[remote.name]}'
    for peer in picture.peers:
        state = "peer" if peer.sealed else "peer: waits"
        yield f'{ids[peer.consumer]} -.->|"{state}"| {ids[peer.cluster]}'
    if len(picture.networks) > 1:
        yield 'mtls(("mTLS 15443"))'
        for cluster in picture.clusters:
            yield f"{ids[cluster.name]} <--> mtls"


def _counted(picture: Picture) -> Iterator[str]:
    primaries = [cluster for cluster in picture.clusters if cluster.is_primary]
    ids = {primary.name: f"c{i}" for i, primary in enumerate(primaries)}
    clouds = {cloud: i for i, cloud in enumerate(picture.clouds)}
    for primary in primaries:
        yield f"{ids[primary.name]}{_box(primary)}"
    served = Counter((cluster.primary, cluster.cloud) for cluster in picture.clusters if not cluster.is_primary)
    for (name, cloud), number in sorted(served.items()):
        group = f"{ids[name]}_{clouds[cloud]}"
        yield f'{group}["{number} remotes<br/>{cloud}"]'
        yield f'{group} -->|"istiod 15012, 15017"| {ids[name]}'


def _box(cluster: Cluster) -> str:
    address = f"<br/>{cluster.gateway.address}" if cluster.gateway and cluster.gateway.address else ""
    role = "primary" if cluster.is_primary else "remote"
    return f'["{cluster.name}<br/>{role}, {cluster.cloud}{address}"]'
