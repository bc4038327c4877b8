"""Elastic Kubernetes Service: Network Load Balancers made by the AWS Load Balancer Controller.

Source: the controller's page on Service annotations. Its default scheme is internal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen.address import is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "Elastic Kubernetes Service"
HEALTH_CHECK = "HTTP on port 15021, path /healthz/ready"
NEEDS = (
    "the AWS Load Balancer Controller, which makes the gateways' load balancers (EKS Auto Mode has it; otherwise "
    "the Services stay without an address)"
)

FIREWALL = (
    "the AWS Load Balancer Controller makes a security group for a load balancer from the ranges of its Service, and "
    "lets it reach the nodes; the ACLs of the subnets have to allow the same. Where the nodes have a security group of "
    "their own, let the cluster's security group reach the nodes of a primary on TCP 15017, for istiod's webhook"
)

# What `aws eks update-kubeconfig` calls a context: the ARN.
_CONTEXT = re.compile(r"arn:aws[a-z-]*:eks:([a-z0-9-]+):[0-9]+:cluster/([A-Za-z0-9][A-Za-z0-9_-]*)")
_PREFIX = "service.beta.kubernetes.io/aws-load-balancer"
INTERNAL = {f"{_PREFIX}-scheme": "internal"}
REACH: frozenset[str] = frozenset()
ADDRESSES = frozenset({f"{_PREFIX}-eip-allocations", f"{_PREFIX}-private-ipv4-addresses"})
FROM_START: frozenset[str] = frozenset()
WEBHOOKS: dict[str, str] = {}


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


def problems(cluster: Cluster, *, serves_remotes: bool) -> Iterator[tuple[str, str, str]]:
    """Yield what EKS cannot give."""
    gateway = cluster.gateway
    if gateway.resource_group:
        message = f'resource group "{gateway.resource_group}" means nothing here: they exist on AKS only'
        yield "resourceGroup", message, "remove the line"
    if serves_remotes and not gateway.reserved:
        yield (
            "reserved",
            f'"{cluster.name}" serves remotes, and an EKS load balancer has but a host name, by which no API server '
            "can call istiod",
            "reserve one Elastic IP per subnet and list their allocation IDs in `reserved`, "
            "and one of the addresses in `address`",
        )
    for entry in gateway.reserved:
        if gateway.scheme == "public" and not entry.startswith("eipalloc-"):
            yield "reserved", f'"{entry}" is no allocation ID of an Elastic IP', "write eipalloc-... IDs"
        elif gateway.scheme == "internal" and not is_address(entry):
            yield (
                "reserved",
                f'"{entry}" is no address, and an internal load balancer takes some',
                "write one private IPv4 address per subnet",
            )


def api_server_ranges(context: str) -> str:
    """Return the command that shows the public access ranges of the cluster that a context of the AWS CLI's names."""
    named = _CONTEXT.fullmatch(context)
    if not named:
        return ""
    region, cluster = named.groups()
    return f"aws eks describe-cluster --region {region} --name {cluster} --query cluster.resourcesVpcConfig"
