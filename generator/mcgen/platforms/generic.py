"""Own machines, or a platform that mcgen does not know: nothing but what the blueprint itself says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "generic"
HEALTH_CHECK = "whatever the load balancer of the machines does; point it at port 15021, path /healthz/ready"
FIREWALL = "nothing is opened by itself: open what the list above says"
INTERNAL: dict[str, str] = {}
REACH: frozenset[str] = frozenset()
ADDRESSES: frozenset[str] = frozenset()
FROM_START: frozenset[str] = frozenset()
WEBHOOKS: dict[str, str] = {}
NEEDS = "something that gives Services of type LoadBalancer an address"


def service_annotations(cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:  # noqa: ARG001 - nothing is known
    """Return no annotations: `gateway.annotations` has what the load balancer needs."""
    return {}


def problems(cluster: Cluster, *, serves_remotes: bool) -> Iterator[tuple[str, str, str]]:  # noqa: ARG001 - no matter
    """Yield what cannot be done without knowing the load balancer."""
    gateway = cluster.gateway
    advice = "say it in your load balancer's own words under `gateway.annotations`"
    if gateway.resource_group:
        message = f'resource group "{gateway.resource_group}" means nothing here: they exist on AKS only'
        yield "resourceGroup", message, "remove the line"
    if gateway.reserved:
        yield "reserved", "mcgen does not know how this platform reserves addresses", advice
    if gateway.scheme == "internal":
        yield "scheme", "mcgen does not know how this platform makes an internal load balancer", advice


def api_server_ranges(context: str) -> str:  # noqa: ARG001 - nothing is known
    """Return nothing: mcgen does not know what guards the API server."""
    return ""
