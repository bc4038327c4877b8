"""Azure Kubernetes Service: Azure Load Balancer.

Source: cloud-provider-azure's page on load balancers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.address import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "Azure Kubernetes Service"
HEALTH_CHECK = "HTTP on port 15021, path /healthz/ready, for every traffic port"
NEEDS = ""
FIREWALL = (
    "AKS writes the ranges of a Service into the network security group of the nodes; one of your own on their subnet "
    "has to allow the same. Who may call an API server are its authorised IP ranges"
)

_PREFIX = "service.beta.kubernetes.io"
INTERNAL = {f"{_PREFIX}/azure-load-balancer-internal": "true"}
REACH: frozenset[str] = frozenset()
ADDRESSES = frozenset(
    f"{_PREFIX}/azure-{key}" for key in ("load-balancer-ipv4", "load-balancer-resource-group", "pip-name")
)
FROM_START: frozenset[str] = frozenset()
# Otherwise AKS writes selectors of its own into each webhook, so that none can stop its own pods, and Argo CD takes
# them out, for ever (the Admissions Enforcer: AKS' questions and answers, Azure/AKS#1771). Istio's injector asks for no
# pods but those whose namespace or labels say so.
WEBHOOKS = {"admissions.enforcer/disabled": "true"}


def service_annotations(cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:
    """Return the Service's annotations: internal or public, the reserved address, the probes of each port."""
    gateway = cluster.gateway
    internal = gateway.scheme == "internal"
    found = dict(INTERNAL) if internal else {}
    if gateway.reserved:
        key = "azure-load-balancer-ipv4" if internal else "azure-pip-name"
        found[f"{_PREFIX}/{key}"] = gateway.reserved[0]
    if gateway.resource_group:
        found[f"{_PREFIX}/azure-load-balancer-resource-group"] = gateway.resource_group
    for port in ports:
        found |= {
            f"{_PREFIX}/port_{port}_health-probe_port": "15021",
            f"{_PREFIX}/port_{port}_health-probe_protocol": "Http",
            f"{_PREFIX}/port_{port}_health-probe_request-path": "/healthz/ready",
        }
    return found


def problems(cluster: Cluster, *, serves_remotes: bool) -> Iterator[tuple[str, str, str]]:  # noqa: ARG001 - no matter
    """Yield what AKS cannot give."""
    gateway = cluster.gateway
    if len(gateway.reserved) > 1:
        message = f"{len(gateway.reserved)} addresses: an Azure load balancer takes one reserved address"
        yield "reserved", message, "keep one name"
    internal = gateway.scheme == "internal"
    for entry in gateway.reserved:
        if is_address(entry) and not internal:
            yield "reserved", f'"{entry}" is an address, and AKS takes a name', "write the name of the public IP"
        elif internal and not is_address(entry):
            yield "reserved", f'"{entry}" is no address, and an internal load balancer takes one', "write it"
    if gateway.resource_group and not gateway.reserved:
        yield (
            "resourceGroup",
            f'resource group "{gateway.resource_group}" says nothing without a reserved address',
            "name the public IP in `reserved`, or remove the line",
        )
    if gateway.resource_group and internal:
        yield (
            "resourceGroup",
            f'an internal address belongs to a subnet, not to resource group "{gateway.resource_group}"',
            "remove it",
        )


def api_server_ranges(context: str) -> str:  # noqa: ARG001 - no context says it
    """Return nothing: a context says no resource group, without which a cluster has no name."""
    return ""
