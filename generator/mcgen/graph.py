"""The mesh as a picture, in Mermaid's words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mcgen.platforms import PLATFORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.mesh import Cluster, Mesh

# More boxes than this are no picture any more; clusters are counted by primary and platform then.
MANY = 40


def mermaid(mesh: Mesh) -> str:
    """Return a flowchart: clusters in their networks, and who reads and who serves whom."""
    lines = _each(mesh) if len(mesh.clusters) <= MANY else _counted(mesh)
    return "\n".join(["flowchart LR", *(f"  {line}" for line in lines)]) + "\n"


def _each(mesh: Mesh) -> Iterator[str]:
    for i, network in enumerate(dict.fromkeys(cluster.network for cluster in mesh.clusters)):
        yield f'subgraph net{i}["{network}"]'
        for cluster in mesh.clusters:
            if cluster.network == network:
                yield f"  {_id(mesh, cluster)}{_box(cluster)}"
        yield "end"
    for pair in mesh.pairs.values():
        primary, remote = _id(mesh, pair.consumer), _id(mesh, pair.remote)
        yield f'{remote} -->|"istiod 15012, 15017"| {primary}'
        state = "remote secret" if pair.sealed else "remote secret: waits"
        yield f'{primary} -.->|"{state}"| {remote}'
    if len({cluster.network for cluster in mesh.clusters}) > 1:
        yield 'mtls(("mTLS 15443"))'
        for cluster in mesh.clusters:
            yield f"{_id(mesh, cluster)} <--> mtls"


def _counted(mesh: Mesh) -> Iterator[str]:
    for primary in mesh.primaries:
        yield f"{_id(mesh, primary)}{_box(primary)}"
        served = Counter(c.platform for c in mesh.remotes if c.primary == primary.name)
        for platform, number in sorted(served.items()):
            group = f"{_id(mesh, primary)}_{platform}"
            yield f'{group}["{number} remotes<br/>{PLATFORMS[platform].TITLE}"]'
            yield f'{group} -->|"istiod 15012, 15017"| {_id(mesh, primary)}'


def _id(mesh: Mesh, cluster: Cluster) -> str:
    # A name could be a word of Mermaid's own, such as `end`.
    return f"c{mesh.clusters.index(cluster)}" if len(mesh.clusters) <= MANY else f"c_{cluster.name.replace('-', '_')}"


def _box(cluster: Cluster) -> str:
    address = f"<br/>{cluster.gateway.address}" if cluster.gateway.address else ""
    return f'["{cluster.name}<br/>{cluster.role}, {PLATFORMS[cluster.platform].TITLE}{address}"]'
