"""Google Kubernetes Engine: passthrough Network Load Balancers.

Source: GKE's page on the parameters of LoadBalancer Services.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Cluster

TITLE = "Google Kubernetes Engine"
HEALTH_CHECK = "GKE checks the nodes (kube-proxy), not port 15021; no annotation can change that"
NEEDS = (
    "clusters of mode Standard (Autopilot writes selectors of its own into Istio's injector, and Argo CD takes them "
    "out again), and GKE subsetting where an internal gateway has a `reserved` address, which GKE overlooks without it"
)
FIREWALL = (
    "GKE makes the VPC's firewall rules for a load balancer itself, from the ranges of its Service. Where the nodes "
    "are private, its rule for the control plane leaves istiod's webhook out: let the control plane's range reach the "
    "nodes of a primary on TCP 15017, with a rule of your own"
)

INTERNAL = {"networking.gke.io/load-balancer-type": "Internal"}
_PUBLIC = {"cloud.google.com/l4-rbs": "enabled"}
# Without it only clients of the same region get through, and other clouds come in over a VPN elsewhere.
_GLOBAL = {"networking.gke.io/internal-load-balancer-allow-global-access": "true"}
REACH = frozenset({*_PUBLIC, *_GLOBAL})
_ADDRESSES = "networking.gke.io/load-balancer-ip-addresses"
ADDRESSES = frozenset({_ADDRESSES})
# GKE takes it off a Service whose load balancer was made without it (ingress-gce: preventTargetPoolToRBSMigration).
FROM_START = frozenset(_PUBLIC)
WEBHOOKS: dict[str, str] = {}
# https://cloud.google.com/compute/docs/naming-resources
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
# What `gcloud container clusters get-credentials` calls a context: project, location, cluster.
_CONTEXT = re.compile(r"gke_([a-z0-9.:-]+)_([a-z0-9-]+)_([a-z0-9-]+)")


def service_annotations(cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:  # noqa: ARG001 - GKE needs none
    """Return the Service's annotations: kind of load balancer and reserved addresses, by name."""
    gateway = cluster.gateway
    found = INTERNAL | _GLOBAL if gateway.scheme == "internal" else dict(_PUBLIC)
    if gateway.reserved:
        found[_ADDRESSES] = ",".join(gateway.reserved)
    return found


def problems(cluster: Cluster, *, serves_remotes: bool) -> Iterator[tuple[str, str, str]]:  # noqa: ARG001 - no matter
    """Yield what GKE cannot give."""
    if cluster.gateway.resource_group:
        message = f'resource group "{cluster.gateway.resource_group}" means nothing here: they exist on AKS only'
        yield "resourceGroup", message, "remove the line"
    for name in cluster.gateway.reserved:
        if _NAME.fullmatch(name) is None:
            yield (
                "reserved",
                f'"{name}" is no name, and GKE takes names',
                "write what the address is called at Google Cloud",
            )
    if len(cluster.gateway.reserved) > 2:
        yield (
            "reserved",
            f"{len(cluster.gateway.reserved)} addresses: GKE takes one IPv4 and one IPv6 address",
            "keep at most two names",
        )


def api_server_ranges(context: str) -> str:
    """Return the command that shows the authorised networks of the cluster that a context of gcloud's names."""
    named = _CONTEXT.fullmatch(context)
    if not named:
        return ""
    project, location, cluster = named.groups()
    return (
        f"gcloud container clusters describe {cluster} --project {project} --location {location} "
        "--format 'value(masterAuthorizedNetworksConfig)'"
    )
