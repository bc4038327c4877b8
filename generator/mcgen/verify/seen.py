"""What is asked of each cluster without changing anything in it: the questions of a run without probes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import orjson

from mcgen import names
from mcgen.doctor import addresses, authority, kubernetes
from mcgen.doctor import cluster as live
from mcgen.doctor.ask import Question
from mcgen.doctor.verdict import skipped, unknown
from mcgen.problems import ToolError
from mcgen.verify import configuration, gateways, membership, proxies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor.ask import Client
    from mcgen.doctor.verdict import Check
    from mcgen.mesh import Cluster, Mesh
    from mcgen.tree import Data
    from mcgen.verify.world import World

# Port-forwards at once to one cluster.
_AT_ONCE = 6


def questions(world: World, cluster: Cluster, retry: Retry) -> Iterator[Question]:
    """Yield the questions to one cluster."""
    client = world.clients[cluster.name]
    yield Question(whats=(kubernetes.VERSION,), ask=partial(live.version, client, world.mesh.minor), gate=True)
    if cluster.is_primary:
        yield from _to_primary(world, cluster)
    if cluster.name in world.gateways:
        yield Question(whats=(gateways.READY,), ask=partial(_ready, world, cluster))
        if cluster.gateway.address or cluster.gateway.serves_remotes:
            yield Question(whats=(addresses.ADDRESS,), ask=partial(live.address, client, world.mesh.blueprint, cluster))
    for namespace in world.injected(cluster):
        yield Question(whats=(proxies.what_injected(namespace),), ask=partial(_injected, world, cluster, namespace))
    for namespace in _with_proxies(world, cluster):
        whats = (proxies.what_connected(namespace), proxies.what_identity(namespace))
        yield Question(whats=whats, ask=partial(_proxies, world, cluster, namespace, retry))


def _to_primary(world: World, primary: Cluster) -> Iterator[Question]:
    mesh, client = world.mesh, world.clients[primary.name]
    for cluster in world.members:
        if cluster.name == primary.name or mesh.pair(primary.name, cluster.name):
            yield Question(whats=(membership.what_reads(cluster),), ask=partial(_reads, world, primary, cluster))
        if cluster.name in world.gateways and mesh.crosses:
            yield Question(whats=(membership.what_gateway(cluster),), ask=partial(_gateway, world, primary, cluster))
    for document in configuration.documents(mesh):
        yield Question(whats=(configuration.what(document),), ask=partial(_object, mesh, client, document))
    yield Question(whats=(configuration.EXCEPTIONS,), ask=partial(_exceptions, world, client))
    yield from authority.questions(mesh, primary, world.clients)


def _reads(world: World, primary: Cluster, cluster: Cluster) -> Iterator[Check]:
    pair = world.mesh.pair(primary.name, cluster.name)
    sealed = pair is None or bool(pair.held)
    yield membership.judge_reads(primary, cluster, world.istiods(primary), sealed=sealed)


def _gateway(world: World, primary: Cluster, cluster: Cluster) -> Iterator[Check]:
    service = world.clients[cluster.name].get("service", names.EAST_WEST_GATEWAY, names.ISTIO_SYSTEM)
    yield membership.judge_gateway(cluster, addresses.of(service), world.istiods(primary))


def _object(mesh: Mesh, client: Client, document: Data) -> Iterator[Check]:
    kind = f"{document['kind'].lower()}.{names.SECURITY_GROUP}"
    found = client.get(kind, document["metadata"]["name"], document["metadata"]["namespace"])
    yield configuration.judge_object(mesh, document, found)


def _exceptions(world: World, client: Client) -> Iterator[Check]:
    kind = f"peerauthentications.{names.SECURITY_GROUP}"
    found = orjson.loads(client.text("get", kind, "--all-namespaces", "--output=json"))["items"]
    meant = frozenset(namespace for cluster in world.members for namespace in world.injected(cluster))
    yield configuration.judge_exceptions(found, meant)


def _ready(world: World, cluster: Cluster) -> Iterator[Check]:
    yield gateways.judge_ready(cluster, world.gateway_pods(cluster))


def _with_proxies(world: World, cluster: Cluster) -> list[str]:
    """Return the namespaces that have proxies, or should have some."""
    planned = [*world.injected(cluster), names.ISTIO_SYSTEM]
    try:
        found = {pod.namespace for pod in world.inventories[cluster.name].pods if pod.proxy}
    except ToolError:
        return planned
    return [*planned, *sorted(found - set(planned))]


def _injected(world: World, cluster: Cluster, namespace: str) -> Iterator[Check]:
    pods = [pod for pod in world.inventories[cluster.name].pods if pod.namespace == namespace and pod.runs]
    yield proxies.judge_injected(namespace, pods)


def _proxies(world: World, cluster: Cluster, namespace: str, retry: Retry) -> Iterator[Check]:
    whats = (proxies.what_connected(namespace), proxies.what_identity(namespace))
    found = world.inventories[cluster.name].pods
    pods = [pod for pod in found if pod.namespace == namespace and pod.runs and pod.proxy]
    if not pods:
        yield from (skipped(what, "no proxy runs there") for what in whats)
        return
    client = world.clients[cluster.name]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        seen = list(pool.map(lambda pod: proxies.ask(client, pod, retry), pods))
    try:
        istiods = world.istiods(world.mesh.by_name[cluster.primary])
        yield proxies.judge_connected(namespace, pods, cluster, istiods)
    except ToolError as error:
        yield unknown(whats[0], str(error))
    pairs = list(zip(pods, seen, strict=True))
    yield proxies.judge_identities(namespace, pairs, world.mesh, cluster, datetime.now(UTC))
