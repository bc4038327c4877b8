"""The mesh's runbook: what people do with it, with its own names, addresses and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.delivery import PLUGIN
from mcgen.lifecycle import words
from mcgen.manifests.setup import plugin_name
from mcgen.minors import OLDEST_REMOTE
from mcgen.platforms import PLATFORMS, ports
from mcgen.prose import render
from mcgen.tree import File

if TYPE_CHECKING:
    from mcgen import chain
    from mcgen.mesh import Cluster, Mesh


def file(mesh: Mesh, chains: chain.Chains) -> File:
    """Return RUNBOOK.md: a further cluster is a further line of its tables, and nothing else."""
    used = {step.stage.name for _, steps in chains for step in steps}
    argocd = mesh.by_name.get(mesh.gitops.argocd.cluster or "")
    text = render(
        "RUNBOOK.md.j2",
        mesh=mesh,
        clusters=[_row(mesh, cluster) for cluster in mesh.clusters],
        stages=[mesh.secrets.backend.described(stage) for stage in stages.STAGES if stage.name in used],
        addon=mesh.sealed_secrets,
        consumers=mesh.consumers,
        shared=list(dict.fromkeys(cluster.network for cluster in mesh.clusters if mesh.neighbours(cluster))),
        openers=[cluster for cluster in mesh.clusters if cluster.opens],
        argocd=argocd,
        ranges=list(filter(None, [PLATFORMS[c.platform].api_server_ranges(c.context) for c in mesh.clusters])),
        plugin=plugin_name(mesh.minor) if mesh.istio.delivery == PLUGIN else "",
        platforms={name: PLATFORMS[name] for name in sorted({cluster.platform for cluster in mesh.clusters})},
        oldest_remote=OLDEST_REMOTE,
        names=names,
        layout=layout,
        now=words.NOW,
    )
    return File(path=layout.RUNBOOK, text=text, origin=("metadata",))


def _row(mesh: Mesh, cluster: Cluster) -> dict[str, str]:
    opened = ", ".join(str(port) for port in ports(serves_remotes=cluster.gateway.serves_remotes))
    gateway = f"{cluster.gateway.address or 'address not known yet'}: {opened}"
    return {
        "name": cluster.name,
        "context": cluster.context,
        "chain": names.chain(mesh.name, cluster.name),
        "calls_from": _calls_from(mesh, cluster),
        "gateway": gateway if cluster.gateway.is_needed else names.NO_GATEWAY,
        "lets_in": _lets_in(mesh, cluster),
        "api_server": cluster.server or "as in the kubeconfig",
    }


def _calls_from(mesh: Mesh, cluster: Cluster) -> str:
    """Return from where a cluster calls; its pods with their own addresses where its primary is on its network."""
    pods = f"; its pods: {', '.join(cluster.cidrs)}" if cluster.cidrs and mesh.is_near(cluster) else ""
    return (", ".join(cluster.egress) or "not known: `egress`") + pods


def _lets_in(mesh: Mesh, cluster: Cluster) -> str:
    """Return who may connect to a gateway, in words that a further cluster does not change."""
    if not cluster.gateway.is_needed:
        return "nobody"
    if cluster.gateway.from_others:
        return "those of the other clusters that come through it" if mesh.neighbours(cluster) else "the other clusters"
    return ", ".join(cluster.gateway.source_ranges) or "anybody"
