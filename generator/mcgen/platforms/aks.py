"""Azure Kubernetes Service: Azure Load Balancer.

Source: cloud-provider-azure's page on load balancers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "Azure Kubernetes Service"
HEALTH_CHECK = "HTTP on port 15021, path /healthz/ready, for every traffic port"

_PREFIX = "service.beta.kubernetes.io"


def service_annotations(cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:
    """Return the Service's annotations: internal or public, the reserved address, the probes of each port."""
    gateway = cluster.gateway
    internal = gateway.scheme == "internal"
    found = {f"{_PREFIX}/azure-load-balancer-internal": "true"} if internal else {}
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


def problems(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    """Yield what AKS cannot give."""
    gateway = cluster.gateway
    if len(gateway.reserved) > 1:
        yield "reserved", "an Azure load balancer takes one reserved address", "keep one name"
    if gateway.resource_group and not gateway.reserved:
        yield (
            "resourceGroup",
            "a resource group without a reserved address says nothing",
            "name the public IP in `reserved`, or remove the line",
        )
    if gateway.resource_group and gateway.scheme == "internal":
        yield "resourceGroup", "an internal address belongs to a subnet, not to a resource group", "remove it"
