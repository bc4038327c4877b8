"""Rules about east-west gateways and what their platform can give."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from mcgen import names, platforms
from mcgen.mesh import served_primaries
from mcgen.rules.finding import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Cluster
    from mcgen.tree import DataPath

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*"
)
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})


def platform(blueprint: Blueprint) -> Iterator[Finding]:
    """MC301: the platform can give the load balancer that is asked for."""
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        module = platforms.PLATFORMS[cluster.platform]
        for field, message, advice in module.problems(cluster, serves_remotes=cluster.name in serving):
            yield error("MC301", ("clusters", i, "gateway", field), message, advice)


def address(blueprint: Blueprint) -> Iterator[Finding]:
    """MC225: a gateway's address is one, and remotes call their primary by an IP address."""
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.gateway.address:
            place: DataPath = ("clusters", i, "gateway", "address")
            yield from unreachable(cluster.gateway.address, place, serves_remotes=cluster.name in serving)


def unreachable(text: str, place: DataPath, *, serves_remotes: bool) -> Iterator[Finding]:
    """Yield what keeps other clusters from calling a gateway at an address.

    A host name becomes a Service of type ExternalName, which API servers refuse for webhooks. Whether it is one is
    decided by the istiod chart (templates/remote-istiod-service.yaml).
    """
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        if _HOST.fullmatch(text) is None or text.rpartition(".")[2].isdigit():
            yield error("MC225", place, f'"{text}" is neither an address nor a host name', "write an IP address")
        elif serves_remotes:
            yield error(
                "MC225",
                place,
                f'"{text}" is a host name; the API servers of the remotes can call istiod by an IP address only',
                "reserve an address for the gateway and write it here",
            )
        return
    special = found.is_loopback or found.is_unspecified or found.is_link_local or found.is_multicast
    if special or (found.version == 4 and found.is_reserved):
        yield error(
            "MC225", place, f'"{text}" is an address that no other cluster can reach', "write one that they can"
        )
    elif found.version == 6 and "." in text:
        yield error("MC225", place, f'"{text}" is IPv4 written as IPv6', "write the IPv4 address")


def exposed_ports(blueprint: Blueprint) -> Iterator[Finding]:
    """MC230: a gateway is open to everybody unless it is known who may connect."""
    if len(blueprint.clusters) < 2:
        return
    unsaid = {c.name for c in blueprint.clusters if not c.egress or not _EVERYBODY.isdisjoint(c.egress)}
    for i, cluster in enumerate(blueprint.clusters):
        ranges = cluster.gateway.source_ranges
        is_open = not _EVERYBODY.isdisjoint(ranges) if ranges else len(unsaid) > (cluster.name in unsaid)
        if cluster.gateway.scheme == "public" and is_open:
            yield warning(
                "MC230",
                ("clusters", i, "name"),
                f'anybody may connect to the public east-west gateway of "{cluster.name}"',
                _narrower(blueprint, cluster),
            )


def _narrower(blueprint: Blueprint, cluster: Cluster) -> str:
    """Return what closes a gateway: what is missing is given, and what lets everybody in is made narrower."""
    if cluster.gateway.source_ranges:
        return "write the ranges that calls come from into `gateway.sourceRanges`: 0.0.0.0/0 and ::/0 are everybody"
    others = [
        each for each in blueprint.clusters if each.name != cluster.name and not _EVERYBODY.isdisjoint(each.egress)
    ]
    if not others:
        return "give the `egress` of every other cluster (where its calls come from), or `gateway.sourceRanges` here"
    few = ", ".join(f'"{each.name}"' for each in others[:3]) + (" and others" if len(others) > 3 else "")
    return f"narrow the `egress` of {few} (0.0.0.0/0 and ::/0 are everybody), or give `gateway.sourceRanges` here"


def owned_annotations(blueprint: Blueprint) -> Iterator[Finding]:
    """MC219: annotations that mcgen derives from other fields are not set by hand."""
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        if not cluster.gateway.annotations:
            continue
        owned = platforms.owned_annotations(cluster) | {names.SOURCE_RANGES}
        own = platforms.service_annotations(cluster, serves_remotes=cluster.name in serving)
        for key, value in cluster.gateway.annotations.items():
            place: DataPath = ("clusters", i, "gateway", "annotations", key)
            if key.startswith(names.ARGOCD_ANNOTATIONS):
                yield error("MC219", place, f'annotation "{key}" is for mcgen to set', "remove the line", key=True)
            elif key in owned and own.get(key) != value:
                instead = f'to "{own[key]}"' if key in own else "or left out"
                yield error(
                    "MC219",
                    place,
                    f'annotation "{key}" is set by mcgen, {instead}, as the other fields of the gateway say',
                    "change those fields, or remove the line",
                    key=True,
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
                key=True,
            )


RULES = (platform, address, exposed_ports, owned_annotations, replicas)
