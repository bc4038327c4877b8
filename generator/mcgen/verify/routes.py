"""Where a Service's requests end up, seen from a cluster: pods of the own network, and gateways of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.problems import ToolError
from mcgen.verify import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Policy
    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Endpoint, Pod, Port, Service
    from mcgen.verify.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Pods behind a port of a Service in one cluster, all under the same policies.

    inside: the pods' own port. labels: of one of them. addresses: of all of them. alone: whether nothing else is behind
    that Service in the cluster's network.
    """

    cluster: Cluster
    service: Service
    port: Port
    inside: int
    labels: dict[str, str]
    addresses: frozenset[str]
    alone: bool


def of_policy(world: World, policy: Policy) -> Iterator[Target]:
    """Yield one target in each cluster that has pods for a policy; raise ToolError when that is not known."""
    for cluster in world.members:
        found = (target for target in _targets(world, cluster, policy.namespace))
        target = next((each for each in found if decide.applies(policy, policy.namespace, each.labels)), None)
        if target is not None:
            yield target


def of_service(service: Service, port: Port) -> frozenset[str]:
    """Return the endpoints of a Service's port in its own cluster, as Envoys of that network know them."""
    return frozenset(address(each, port) for each in service.endpoints if port.name in each.ports)


def hosts(world: World, caller: Cluster, target: Target) -> frozenset[str]:
    """Return the endpoints through which a caller reaches a target and nothing else; none when there are none."""
    if caller.network == target.cluster.network:
        return target.addresses
    return gateways(world, caller, target.cluster) if target.alone else frozenset()


def gateways(world: World, caller: Cluster, other: Cluster) -> frozenset[str]:
    """Return the gateways through which a caller's proxies reach another network, as its istiod has told them."""
    try:
        istiods = world.istiods(world.mesh.by_name[caller.primary])
    except ToolError:
        return frozenset()
    return frozenset(
        f"{address}:{names.MTLS_PORT}"
        for each in istiods
        for network, address in each.gateways
        if network == other.network
    )


def _targets(world: World, cluster: Cluster, namespace: str) -> Iterator[Target]:
    inventory = world.inventories[cluster.name]
    pods = {str(pod): pod for pod in inventory.pods}
    for service in inventory.services:
        if service.namespace != namespace:
            continue
        for port in (each for each in service.ports if each.http):
            for chosen in _alike(world, service, port, pods):
                yield Target(
                    cluster=cluster,
                    service=service,
                    port=port,
                    inside=next(each.ports[port.name] for each, _ in chosen),
                    labels=chosen[0][1].labels,
                    addresses=frozenset(address(each, port) for each, _ in chosen),
                    alone=_under(world, service, chosen[0][1]) == _all_under(world, cluster, service),
                )


def _alike(world: World, service: Service, port: Port, pods: dict[str, Pod]) -> Iterator[list[tuple[Endpoint, Pod]]]:
    """Yield the endpoints with proxies, those together that are under the same policies."""
    groups: dict[frozenset[frozenset[str]], list[tuple[Endpoint, Pod]]] = {}
    for each in service.endpoints:
        pod = pods.get(f"{service.namespace}/{each.pod}")
        if pod and pod.proxy and port.name in each.ports:
            groups.setdefault(_under(world, service, pod), []).append((each, pod))
    yield from groups.values()


def _under(world: World, service: Service, pod: Pod) -> frozenset[frozenset[str]]:
    """Return the policies that a pod is under, as a set of one set, so that sets of several can be compared with it."""
    applied = (each for each in world.mesh.policies if decide.applies(each, service.namespace, pod.labels))
    return frozenset([frozenset(each.name for each in applied)])


def _all_under(world: World, cluster: Cluster, service: Service) -> frozenset[frozenset[str]]:
    """Return what the pods behind a Service in a cluster's network are under."""
    found: set[frozenset[str]] = set()
    for each in world.members:
        if each.network != cluster.network:
            continue
        inventory = world.inventories[each.name]
        pods = {str(pod): pod for pod in inventory.pods}
        for other in (one for one in inventory.services if one.host == service.host):
            behind = (pods.get(f"{other.namespace}/{endpoint.pod}") for endpoint in other.endpoints)
            found.update(*(_under(world, other, pod) for pod in behind if pod))
    return frozenset(found)


def address(endpoint: Endpoint, port: Port) -> str:
    """Return where a Service's port leads at an endpoint, as Envoy writes it."""
    return f"{bracketed(endpoint.address)}:{endpoint.ports[port.name]}"


def bracketed(address: str) -> str:
    """Return an IP address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address
