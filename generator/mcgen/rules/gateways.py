"""Rules about east-west gateways and what their platform can give."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from mcgen import platforms
from mcgen.mesh import primary_of, source_ranges
from mcgen.rules.finding import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint

# A Kubernetes quantity: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"\d+(\.\d+)?([EPTGMk]i?|Ki|m|u|n|[eE][-+]?\d+)?")


def platform(blueprint: Blueprint) -> Iterator[Finding]:
    """MC301: the platform can give the load balancer that is asked for."""
    for i, cluster in enumerate(blueprint.clusters):
        module = platforms.PLATFORMS[cluster.platform]
        for field, message, advice in module.problems(cluster):
            yield error("MC301", ("clusters", i, "gateway", field), message, advice)


def address(blueprint: Blueprint) -> Iterator[Finding]:
    """MC225: remotes call their primary by an IP address.

    A host name becomes a Service of type ExternalName, which API servers refuse for webhooks.
    """
    served = {primary_of(c, blueprint) for c in blueprint.clusters if c.role == "remote"}
    for i, cluster in enumerate(blueprint.clusters):
        text = cluster.gateway.address
        if not text or cluster.name not in served:
            continue
        path = ("clusters", i, "gateway", "address")
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            yield error(
                "MC225",
                path,
                f'"{text}" is a host name; the API servers of the remotes can call istiod by an IP address only',
                "reserve an address for the gateway and write it here",
            )
            continue
        if found.is_loopback or found.is_unspecified or found.is_link_local or found.is_multicast:
            yield error("MC225", path, f'"{text}" is an address that no other cluster can reach', "write another")


def exposed_ports(blueprint: Blueprint) -> Iterator[Finding]:
    """MC230: a gateway is open to everybody unless it is known who may connect."""
    for i, cluster in enumerate(blueprint.clusters):
        public = cluster.gateway.scheme == "public" and len(blueprint.clusters) > 1
        if public and not source_ranges(cluster, blueprint):
            yield warning(
                "MC230",
                ("clusters", i, "name"),
                f'anybody may connect to the public east-west gateway of "{cluster.name}"',
                "give `egress` for all other clusters, or `gateway.sourceRanges` here",
            )


def owned_annotations(blueprint: Blueprint) -> Iterator[Finding]:
    """MC219: annotations that mcgen derives from other fields are not set by hand."""
    for i, cluster in enumerate(blueprint.clusters):
        own = platforms.service_annotations(cluster, serves_remotes=True)
        for key, value in cluster.gateway.annotations.items():
            if own.get(key, value) != value:
                yield error(
                    "MC219",
                    ("clusters", i, "gateway", "annotations", key),
                    f'annotation "{key}" is set to "{own[key]}" by other fields of the gateway',
                    "change those fields, or remove the line",
                )


def replicas(blueprint: Blueprint) -> Iterator[Finding]:
    """MC228: the lower bound is not above the upper one."""
    for i, cluster in enumerate(blueprint.clusters):
        bounds = cluster.gateway.replicas
        if bounds.min > bounds.max:
            yield error(
                "MC228",
                ("clusters", i, "gateway", "replicas"),
                f"min {bounds.min} is above max {bounds.max}",
                "raise `max` (5 unless given)",
            )


def quantities(blueprint: Blueprint) -> Iterator[Finding]:
    """MC240: resources are Kubernetes quantities of known resources."""
    for i, cluster in enumerate(blueprint.clusters):
        resources = cluster.gateway.resources
        for kind, values in (("requests", resources.requests), ("limits", resources.limits)):
            for name, text in values.items():
                if not _QUANTITY.fullmatch(text):
                    path = ("clusters", i, "gateway", "resources", kind, name)
                    yield error("MC240", path, f'"{text}" is no quantity', 'write it like "500m" or "256Mi"')


RULES = (platform, address, exposed_ports, owned_annotations, replicas, quantities)
