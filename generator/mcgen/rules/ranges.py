"""Rules about network ranges."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mcgen.networks import network_of
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class _Range(NamedTuple):
    """A range of pods and whose it is, by the index of the cluster."""

    cidr: Network
    owner: int
    path: DataPath


def are_valid(blueprint: Blueprint) -> Iterator[Finding]:
    """MC227: every range is one that Kubernetes, Istio and the clouds read alike."""
    for path, text in _all(blueprint):
        found = _read(text)
        if found is None:
            yield error("MC227", path, f'"{text}" is no network range', "write it like 203.0.113.0/28")
        elif isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped:
            yield error("MC227", path, f'"{text}" is IPv4 written as IPv6', "write the IPv4 range")
        elif text.lower() != str(found) and (found.version == 4 or not _is_canonical(text)):
            yield error("MC227", path, f'"{text}" has more in it than a range', f'write "{found}"')


def overlaps(blueprint: Blueprint) -> Iterator[Finding]:
    """MC208: on one network pods reach each other directly, so their ranges must not overlap."""
    networks: dict[tuple[str, int], list[_Range]] = defaultdict(list)
    for i, cluster in enumerate(blueprint.clusters):
        for j, text in enumerate(cluster.cidrs):
            found = _read(text)
            if found is not None:
                networks[network_of(cluster), found.version].append(_Range(found, i, ("clusters", i, "cidrs", j)))
    for (network, _), ranges in networks.items():
        for inner, outer in _nested(ranges):
            later, earlier = (inner, outer) if inner.owner > outer.owner else (outer, inner)
            name = blueprint.clusters[earlier.owner].name
            yield error(
                "MC208",
                later.path,
                f'{later.cidr} overlaps {earlier.cidr} of "{name}" on the same network "{network}"',
                "use ranges that do not overlap, or put the clusters on different networks",
            )


def _nested(ranges: Iterable[_Range]) -> Iterator[tuple[_Range, _Range]]:
    """Yield each range with one of another cluster around it; two ranges are nested or have nothing in common."""
    around: list[_Range] = []
    for found in sorted(ranges, key=lambda r: (int(r.cidr.network_address), r.cidr.prefixlen, r.owner)):
        while around and int(around[-1].cidr.broadcast_address) < int(found.cidr.network_address):
            around.pop()
        # Neighbours in this list have different owners, so one of the last two is another's.
        for other in around[:-3:-1]:
            if other.owner != found.owner:
                yield found, other
                break
        if not around or around[-1].owner != found.owner:
            around.append(found)


def _read(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_canonical(text: str) -> bool:
    """Return whether an IPv6 range has no bits behind its prefix; how its zeros are written does not matter."""
    address, _, length = text.partition("/")
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return bool(address) and length == str(int(length))


def _all(blueprint: Blueprint) -> Iterator[tuple[DataPath, str]]:
    for i, cluster in enumerate(blueprint.clusters):
        fields = (
            (("cidrs",), cluster.cidrs),
            (("egress",), cluster.egress),
            (("gateway", "sourceRanges"), cluster.gateway.source_ranges),
        )
        for field, ranges in fields:
            for j, text in enumerate(ranges):
                yield ("clusters", i, *field, j), text
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            for k, text in enumerate(rule.from_.ip_blocks if rule.from_ else []):
                yield ("policies", i, "rules", j, "from", "ipBlocks", k), text


RULES = (are_valid, overlaps)
