"""Stage exposure: what the east-west gateways let through. Istio reads it in the config cluster only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh

BASE = layout.base(stages.EXPOSURE)
ISTIOD_GATEWAY = "istiod-gateway"


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield the exposure of the Services, for the gateways of all clusters, and of istiod."""
    if not mesh.exposes:
        return
    files = []
    if _service_hosts(mesh):
        files.append(File(path=f"{BASE}/expose-services.yaml", documents=(_services(mesh),)))
    if mesh.remotes:
        files.append(File(path=f"{BASE}/expose-istiod.yaml", documents=(_istiod_gateway(mesh), _istiod_routes(mesh))))
    yield kustomize.kustomization(BASE, [file.path.rpartition("/")[2] for file in files])
    yield from files


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the overlay of a config cluster: istiod is exposed by this cluster's gateway pods only."""
    patches = [kustomize.strategic(_own_gateway(step.cluster.name))] if mesh.remotes else []
    yield kustomize.overlay(mesh, step, [layout.up(step.path, BASE)], patches=patches)


def _service_hosts(mesh: Mesh) -> list[str]:
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
    servers = [
        {
            "port": {"number": port, "name": name, "protocol": "TLS"},
            "tls": {"mode": "PASSTHROUGH"},
            "hosts": _istiod_hosts(mesh),
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


def _own_gateway(cluster: str) -> Data:
    return {
        "apiVersion": names.ISTIO_NETWORKING,
        "kind": "Gateway",
        "metadata": {"name": ISTIOD_GATEWAY, "namespace": names.ISTIO_SYSTEM},
        "spec": {"selector": {names.CLUSTER: cluster}},
    }
