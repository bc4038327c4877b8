"""Stage exposure: what the east-west gateways let through. Istio reads it in the config cluster only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Cluster, Mesh

BASE = layout.base(stages.EXPOSURE)
ISTIOD_GATEWAY = "istiod-gateway"


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield the exposure of the Services, for the gateways of all clusters, and of istiod."""
    by_folder: dict[str, list[File]] = {}
    if _service_hosts(mesh):
        services = File(path=f"{BASE}/expose-services.yaml", documents=(_services(mesh),))
        by_folder.setdefault(BASE, []).append(services)
    if mesh.remotes:
        folder = _istiod_base(mesh)
        istiod = File(path=f"{folder}/expose-istiod.yaml", documents=(_istiod_gateway(mesh), _istiod_routes(mesh)))
        by_folder.setdefault(folder, []).append(istiod)
    for folder, files in by_folder.items():
        yield kustomize.kustomization(folder, [file.path.rpartition("/")[2] for file in files])
        yield from files


def folders(mesh: Mesh, cluster: Cluster) -> list[str]:
    """Return the bases of a primary's exposure: of several primaries not every one has remotes to serve."""
    found = [BASE] if _service_hosts(mesh) else []
    return list(dict.fromkeys([*found, *([_istiod_base(mesh)] if cluster.gateway.serves_remotes else [])]))


def _istiod_base(mesh: Mesh) -> str:
    return BASE if len(mesh.primaries) == 1 else f"{BASE}-istiod"


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the overlay of a config cluster: istiod is exposed by this cluster's gateway pods only."""
    cluster = step.cluster
    patches = [kustomize.strategic(own_gateway(cluster.name))] if cluster.gateway.serves_remotes else []
    resources = [layout.up(step.path, folder) for folder in folders(mesh, cluster)]
    yield kustomize.overlay(mesh, step, resources, patches=patches)


def _service_hosts(mesh: Mesh) -> list[str]:
    """Return the Services that other networks may call; none where there are no other networks."""
    if not mesh.crosses:
        return []
    return [f"*.{name}.svc.cluster.local" for name in mesh.exported] if mesh.hardened else ["*.local"]


def _services(mesh: Mesh) -> Data:
    server = {
        "port": {"number": names.MTLS_PORT, "name": "tls", "protocol": "TLS"},
        "tls": {"mode": "AUTO_PASSTHROUGH"},
        "hosts": _service_hosts(mesh),
    }
    return _gateway("cross-network-gateway", [server])


def _istiods(mesh: Mesh) -> dict[str, list[str]]:
    """Return the istiods of a primary, and the names by which remotes ask for each: any name for the first, if open."""
    revisions = mesh.rollout.control_planes(primary=True)
    found = {revision.name: names.istiod_hosts(revision.name) for revision in reversed(revisions)}
    return found if mesh.hardened else found | {revisions[0].name: ["*"]}


def _istiod_hosts(mesh: Mesh) -> list[str]:
    hosts = [host for found in _istiods(mesh).values() for host in found]
    return hosts if mesh.hardened else ["*"]


def _istiod_gateway(mesh: Mesh) -> Data:
    ports = [("tls-istiod", names.ISTIOD_PORT), ("tls-istiodwebhook", names.WEBHOOK_PORT)]
    # Only VirtualServices of the Gateway's own namespace may say where calls of an istiod go.
    hosts = [f"./{host}" for host in _istiod_hosts(mesh)] if mesh.hardened else _istiod_hosts(mesh)
    servers = [
        {
            "port": {"number": port, "name": name, "protocol": "TLS"},
            "tls": {"mode": "PASSTHROUGH"},
            "hosts": hosts,
        }
        for name, port in ports
    ]
    return _gateway(ISTIOD_GATEWAY, servers)


def _istiod_routes(mesh: Mesh) -> Data:
    routes = [
        {
            "match": [{"port": port, "sniHosts": hosts}],
            "route": [{"destination": {"host": names.istiod_hosts(revision)[-1], "port": {"number": target}}}],
        }
        for revision, hosts in _istiods(mesh).items()
        for port, target in ((names.ISTIOD_PORT, names.ISTIOD_PORT), (names.WEBHOOK_PORT, 443))
    ]
    return {
        "apiVersion": names.ISTIO_NETWORKING,
        "kind": "VirtualService",
        "metadata": {"name": "istiod-vs", "namespace": names.ISTIO_SYSTEM},
        "spec": {"hosts": _istiod_hosts(mesh), "gateways": [ISTIOD_GATEWAY], "tls": routes},
    }


def _gateway(name: str, servers: list[Data]) -> Data:
    return {
        "apiVersion": names.ISTIO_NETWORKING,
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": names.ISTIO_SYSTEM},
        "spec": {"selector": dict(names.EAST_WEST_SELECTOR), "servers": servers},
    }


def own_gateway(cluster: str) -> Data:
    """Return the patch that ties the Gateway of istiod to the gateway of its own cluster."""
    return {
        "apiVersion": names.ISTIO_NETWORKING,
        "kind": "Gateway",
        "metadata": {"name": ISTIOD_GATEWAY, "namespace": names.ISTIO_SYSTEM},
        "spec": {"selector": {names.CLUSTER: cluster}},
    }
