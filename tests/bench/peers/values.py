"""What the peers read: the values of a mesh and of its clusters, with every default filled in, as JSON.

    python -m tests.bench.peers.values BLUEPRINT INPUTS FILE

The peers get for nothing what mcgen finds out itself, which speaks for them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import load

if TYPE_CHECKING:
    from mcgen.mesh import Cluster, Mesh

DATA_PORTS = {"status-port": 15021, "tls": 15443}
ISTIOD_PORTS = {"tls-istiod": 15012, "tls-webhook": 15017}


def values(mesh: Mesh) -> dict[str, Any]:
    """Return the values of a mesh, and below `clusters` those of each cluster."""
    (primary,) = mesh.primaries
    return {
        "mesh": mesh.name,
        "meshId": mesh.id,
        "trustDomain": mesh.trust_domain,
        "repo": mesh.gitops.repo,
        "revision": mesh.gitops.revision,
        "argocd": mesh.gitops.argocd.namespace,
        "path": mesh.path,
        "hub": mesh.istio.hub,
        "tag": mesh.istio.version,
        "plugin": f"mcgen-istio-{mesh.minor}",
        "demo": mesh.demo,
        "meshConfig": msgspec.to_builtins(mesh.istio.mesh_config),
        "global": msgspec.to_builtins(mesh.istio.values)["global"],
        "primary": {"name": primary.name, "id": primary.id, "address": primary.gateway.address},
        "clusters": [_cluster(cluster) for cluster in mesh.clusters],
    }


def _cluster(cluster: Cluster) -> dict[str, Any]:
    gateway = cluster.gateway
    ports = DATA_PORTS | (ISTIOD_PORTS if cluster.is_primary else {})
    return {
        "name": cluster.name,
        "id": cluster.id,
        "network": cluster.network,
        "remote": not cluster.is_primary,
        "annotations": gateway.annotations,
        "webhookAnnotations": cluster.webhook_annotations,
        "ranges": list(gateway.source_ranges),
        "ports": [{"name": name, "port": port, "targetPort": port} for name, port in ports.items()],
        "replicas": {"min": gateway.min_replicas, "max": gateway.max_replicas},
        "resources": gateway.resources,
        "namespaces": [
            {"name": each.name, "labels": each.labels, "annotations": each.annotations}
            for each in cluster.namespaces
            if not each.everywhere
        ],
    }


def main(blueprint: str, inputs: str, file: str) -> None:
    """Write the values of a blueprint."""
    mesh = load.load(load.read(blueprint), Path(inputs)).mesh
    Path(file).write_text(json.dumps(values(mesh)))


if __name__ == "__main__":
    main(*sys.argv[1:])
