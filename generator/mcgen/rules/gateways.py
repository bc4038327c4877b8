"""Rules about east-west gateways and what their platform can give."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from mcgen import names, platforms
from mcgen.blueprint import Gateway
from mcgen.mesh import served_primaries
from mcgen.networks import Callers, crossed, network_of
from mcgen.rules.finding import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Cluster
    from mcgen.tree import DataPath

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*"
)
_EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})
# RFC 1918 and RFC 4193; what Python calls private also has the addresses of documentation.
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def platform(blueprint: Blueprint) -> Iterator[Finding]:
    """MC301: the platform can give the load balancer that is asked for."""
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        module = platforms.PLATFORMS[cluster.platform]
        serves = cluster.role == "primary" and cluster.name in serving
        for field, message, advice in module.problems(cluster, serves_remotes=serves):
            yield error("MC301", ("clusters", i, "gateway", field), message, advice)


def address(blueprint: Blueprint) -> Iterator[Finding]:
    """MC225: a gateway's address is one, and remotes call their primary by an IP address."""
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.gateway.address:
            place: DataPath = ("clusters", i, "gateway", "address")
            yield from unreachable(cluster.gateway.address, place, serves_remotes=cluster.name in serving)


def scheme(blueprint: Blueprint) -> Iterator[Finding]:
    """MC309: a cloud gives a public load balancer no private address."""
    crosses, serving = crossed(map(network_of, blueprint.clusters)), served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        gateway = cluster.gateway
        if not crosses and cluster.name not in serving:
            continue
        if cluster.platform != "generic" and gateway.scheme == "public" and _is_private(gateway.address or ""):
            yield warning(
                "MC309",
                ("clusters", i, "gateway", "address"),
                f'"{gateway.address}" is a private address, and the load balancer of "{cluster.name}" a public one',
                "write `scheme: internal`, or the public address",
            )


def _is_private(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(found in network for network in _PRIVATE if found.version == network.version)


def one_each(blueprint: Blueprint) -> Iterator[Finding]:
    """MC226: no two gateways have one address, behind which only one of them can be."""
    first: dict[str, str] = {}
    for i, cluster in enumerate(blueprint.clusters):
        text = (cluster.gateway.address or "").lower()
        other = first.setdefault(text, cluster.name)
        if text and other != cluster.name:
            yield error(
                "MC226",
                ("clusters", i, "gateway", "address"),
                f'"{cluster.gateway.address}" is the address of the gateway of "{other}" already',
                "write the address of this cluster's own gateway, or none: the bootstrap finds it",
            )


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
    callers = Callers(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        ranges = callers.source_ranges(cluster)
        is_open = not ranges or not _EVERYBODY.isdisjoint(ranges)
        if cluster.gateway.scheme == "public" and is_open and callers.number(cluster):
            yield warning(
                "MC230",
                ("clusters", i, "name"),
                f'anybody may connect to the public east-west gateway of "{cluster.name}"',
                _narrower(blueprint, callers, cluster),
            )


def _narrower(blueprint: Blueprint, callers: Callers, cluster: Cluster) -> str:
    """Return what closes a gateway: what is missing is given, and what lets everybody in is made narrower."""
    if cluster.gateway.source_ranges:
        return "write the ranges that calls come from into `gateway.sourceRanges`: 0.0.0.0/0 and ::/0 are everybody"
    calling = callers.of(cluster)
    others = [each for each in calling if not _EVERYBODY.isdisjoint(each.egress)]
    if not others:
        everyone = len(calling) == len(blueprint.clusters) - 1
        whose = "every other cluster" if everyone else "every cluster that comes through it"
        return f"give the `egress` of {whose} (where its calls come from), or `gateway.sourceRanges` here"
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


def unused(blueprint: Blueprint) -> Iterator[Finding]:
    """MC302: what is said of a gateway that is not there has no effect."""
    if crossed(map(network_of, blueprint.clusters)):
        return
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.gateway != Gateway() and cluster.name not in serving:
            yield warning(
                "MC302",
                ("clusters", i, "gateway"),
                f'"{cluster.name}" has no east-west gateway: all clusters are on network "{network_of(cluster)}", '
                "and it serves no remotes",
                "remove the section, or give the clusters the networks that they are on",
                key=True,
            )


def pods_are_let_in(blueprint: Blueprint) -> Iterator[Finding]:
    """MC303: a remote's pods come to a gateway on their own network with their own addresses."""
    callers = Callers(blueprint)
    index = {cluster.name: i for i, cluster in enumerate(blueprint.clusters)}
    for cluster in blueprint.clusters:
        gateway = cluster.gateway
        if gateway.scheme != "internal" or gateway.source_ranges or not callers.source_ranges(cluster):
            continue
        for remote in callers.near(cluster):
            if not remote.cidrs:
                yield warning(
                    "MC303",
                    ("clusters", index[remote.name], "name"),
                    f'the gateway of "{cluster.name}" is on the same network, and does not know the addresses of the '
                    f'pods of "{remote.name}", which reach istiod through it',
                    "give the `cidrs` of its pods; without them only its `egress` is let in",
                )


RULES = (platform, address, scheme, one_each, exposed_ports, owned_annotations, replicas, unused, pods_are_let_in)
