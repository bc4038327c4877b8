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
    # A name could be a word of Mermaid's own, such as `end`.
    ids = {cluster.name: f"c{i}" for i, cluster in enumerate(mesh.clusters)}
    for i, network in enumerate(dict.fromkeys(cluster.network for cluster in mesh.clusters)):
        yield f'subgraph net{i}["{network}"]'
        for cluster in mesh.clusters:
            if cluster.network == network:
                yield f"  {ids[cluster.name]}{_box(cluster)}"
        yield "end"
    for pair in mesh.pairs.values():
        primary, remote = ids[pair.consumer.name], ids[pair.remote.name]
        yield f'{remote} -->|"istiod 15012, 15017"| {primary}'
        state = "remote secret" if pair.sealed else "remote secret: waits"
        yield f'{primary} -.->|"{state}"| {remote}'
    if len({cluster.network for cluster in mesh.clusters}) > 1:
        yield 'mtls(("mTLS 15443"))'
        for cluster in mesh.clusters:
            yield f"{ids[cluster.name]} <--> mtls"


def _counted(mesh: Mesh) -> Iterator[str]:
    ids = {primary.name: f"c{i}" for i, primary in enumerate(mesh.primaries)}
    for primary in mesh.primaries:
        yield f"{ids[primary.name]}{_box(primary)}"
    served = Counter((cluster.primary, cluster.platform) for cluster in mesh.remotes)
    for (name, platform), number in sorted(served.items()):
        group = f"{ids[name]}_{platform}"
        yield f'{group}["{number} remotes<br/>{PLATFORMS[platform].TITLE}"]'
        yield f'{group} -->|"istiod 15012, 15017"| {ids[name]}'


def _box(cluster: Cluster) -> str:
    address = f"<br/>{cluster.gateway.address}" if cluster.gateway.address else ""
    return f'["{cluster.name}<br/>{cluster.role}, {PLATFORMS[cluster.platform].TITLE}{address}"]'
