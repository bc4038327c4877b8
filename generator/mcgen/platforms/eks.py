"""Elastic Kubernetes Service: Network Load Balancers made by the AWS Load Balancer Controller.

Source: the controller's page on Service annotations. Its default scheme is internal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "Elastic Kubernetes Service"
HEALTH_CHECK = "HTTP on port 15021, path /healthz/ready"

_PREFIX = "service.beta.kubernetes.io/aws-load-balancer"


def service_annotations(cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:  # noqa: ARG001 - one check for all
    """Return the Service's annotations: an NLB with the pods as targets, scheme, addresses, health check."""
    gateway = cluster.gateway
    internal = gateway.scheme == "internal"
    found = {
        f"{_PREFIX}-type": "external",
        f"{_PREFIX}-nlb-target-type": "ip",
        f"{_PREFIX}-scheme": "internal" if internal else "internet-facing",
        f"{_PREFIX}-attributes": "load_balancing.cross_zone.enabled=true",
        f"{_PREFIX}-healthcheck-port": "15021",
        f"{_PREFIX}-healthcheck-protocol": "HTTP",
        f"{_PREFIX}-healthcheck-path": "/healthz/ready",
    }
    if gateway.reserved:
        key = "private-ipv4-addresses" if internal else "eip-allocations"
        found[f"{_PREFIX}-{key}"] = ",".join(gateway.reserved)
    return found


def problems(cluster: Cluster) -> Iterator[tuple[str, str, str]]:
    """Yield what EKS cannot give."""
    gateway = cluster.gateway
    if gateway.resource_group:
        yield "resourceGroup", "resource groups exist on AKS only", "remove the line"
    if cluster.role == "primary" and not gateway.reserved:
        yield (
            "reserved",
            "an EKS load balancer has a host name only, which the remotes' API servers cannot call istiod by",
            "reserve one Elastic IP per subnet and list their allocation IDs in `reserved`, "
            "and one of the addresses in `address`",
        )
    if gateway.scheme == "public" and any(not entry.startswith("eipalloc-") for entry in gateway.reserved):
        yield "reserved", "a public EKS load balancer takes EIP allocation IDs", "write eipalloc-... IDs"
