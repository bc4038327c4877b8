"""What is asked of every cluster: its version, which one it is, its network, its istiod and its gateway."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from mcgen import chain, names, stages
from mcgen.doctor import addresses, istio, kubernetes
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.compare import judge_object
from mcgen.doctor.verdict import Check, fine
from mcgen.manifests import namespaces
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.load import Loaded
    from mcgen.mesh import Cluster, Mesh

NAMESPACE = f"Namespace {names.ISTIO_SYSTEM}"
_UID = "{{.metadata.uid}}"


def questions(
    loaded: Loaded, cluster: Cluster, client: Client, seen: dict[str, str], *, gateway: bool
) -> Iterator[Question]:
    """Yield the questions to a cluster. seen: gets what identifies it, by its name; gateway: whether it has one."""
    mesh = loaded.mesh
    remote = "" if cluster.is_primary else cluster.platform
    yield Question(whats=(kubernetes.VERSION,), ask=partial(version, client, mesh.minor, remote), gate=True)
    yield Question(whats=(kubernetes.IDENTITY,), ask=partial(identity, client, cluster.name, seen))
    yield Question(whats=(NAMESPACE,), ask=partial(_namespace, client, mesh, cluster))
    if cluster.is_primary:
        yield Question(whats=(istio.ISTIOD,), ask=partial(_istiod, client, mesh))
    if gateway:
        yield Question(whats=(istio.GATEWAY,), ask=partial(_gateway, client, mesh))
    if cluster.gateway.serves_remotes or (cluster.gateway.is_needed and cluster.gateway.address):
        yield Question(whats=(addresses.ADDRESS,), ask=partial(address, client, loaded.source.argument, cluster))


def version(client: Client, minor: str, remote: str = "") -> Iterator[Check]:
    """Ask a cluster for its version. minor: Istio's, empty where Istio does not run; remote: the platform of one."""
    found = live_version(client)
    yield kubernetes.judge(found, minor, remote) if minor else fine(kubernetes.VERSION, found)


def live_version(client: Client) -> str:
    """Return the version of an API server, such as v1.35.4; raise ToolError."""
    try:
        found: Any = orjson.loads(client.text("get", "--raw=/version"))
    except orjson.JSONDecodeError as error:
        raise ToolError(f"{client.access.cluster}: /version is no JSON: is this an API server?") from error
    return str(found.get("gitVersion", "")) if isinstance(found, dict) else ""


def identity(client: Client, name: str, seen: dict[str, str]) -> Iterator[Check]:
    """Ask for what no two clusters share: the UID of the namespace kube-system. `kubernetes` compares them later."""
    seen[name] = client.text("get", "namespace", names.KUBE_SYSTEM, f"--output=go-template={_UID}").strip()
    yield fine(kubernetes.IDENTITY)


def with_gateway(mesh: Mesh) -> frozenset[str]:
    """Return the clusters whose chain has got as far as the gateway; before that there is none to look at."""
    return frozenset(
        cluster.name
        for cluster, steps in chain.chains(mesh)
        if any(step.listed and step.stage.name == stages.EAST_WEST_GATEWAY for step in steps)
    )


def _namespace(client: Client, mesh: Mesh, cluster: Cluster) -> Iterator[Check]:
    remedy = f"let Argo CD sync stage namespaces of {cluster.name}"
    wanted = namespaces.topology(mesh, cluster)
    live = client.get("namespace", names.ISTIO_SYSTEM)
    yield judge_object("MC722", NAMESPACE, wanted, live, absent=remedy, changed=f"{remedy}; the tree has its network")


def _istiod(client: Client, mesh: Mesh) -> Iterator[Check]:
    versions = [revision.version for revision in mesh.rollout.control_planes(primary=True)]
    yield istio.judge_istiod(versions, _pods(client, istio.ISTIOD_PODS))


def _gateway(client: Client, mesh: Mesh) -> Iterator[Check]:
    yield istio.judge_gateway(mesh.rollout.gateways.version, _pods(client, istio.GATEWAY_PODS))


def _pods(client: Client, selector: str) -> list[istio.Pod]:
    where = (f"--namespace={names.ISTIO_SYSTEM}", f"--selector={selector}", "--field-selector=status.phase=Running")
    return istio.parse(client.text("get", "pods", *where, f"--output=go-template={istio.IMAGES}"))


def address(client: Client, blueprint: str, cluster: Cluster) -> Iterator[Check]:
    """Ask for the address of a cluster's gateway, and compare it with the one in the tree."""
    service = client.get("service", names.EAST_WEST_GATEWAY, names.ISTIO_SYSTEM)
    live = addresses.of(service)
    wanted = cluster.gateway.address
    hosts = [host for host in live if not addresses.is_ip(host)] if wanted not in live else []
    behind = {host: addresses.resolve(host, client.timeout) for host in hosts}
    yield addresses.judge(cluster.name, wanted, live, behind, blueprint=blueprint)
