"""Gateways: their ports, who may connect, whether the internet can, and what they let through."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcgen import names, platforms
from mcgen.changes.finding import EVERYBODY, Finding, Risk, Turn, quote, quoted
from mcgen.changes.leaves import MISSING, Leaf, by_ident, differences, get, listing, mapping
from mcgen.changes.say import shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta
    from mcgen.changes.leaves import Way

_GATEWAYS: Way = ("spec", "components", "ingressGateways")
_WHY = {
    Turn.OPENED: "whoever calls from there reaches what listens",
    Turn.CLOSED: "whoever calls there gets no answer",
}
# What Istio's chart opens where an IstioOperator names no ports.
_CHART = {15021, 80, 443}
_WHY_EVERYBODY = "no range of addresses is left out"


def gateways(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what changes at the load balancers of an IstioOperator."""
    if delta.kind != "IstioOperator":
        return
    before, after = (by_ident(get(side, *_GATEWAYS)) or {} for side in (delta.old, delta.new))
    for name in sorted({*before, *after}):
        way = (*_GATEWAYS, name)
        old, new = before.get(name), after.get(name)
        yield from _ports(name, way, old, new)
        if old is not None and new is not None:
            yield from _sources(name, way, old, new)
            yield from _annotations(name, way, old, new)


def _ports(name: str, way: Way, old: Any, new: Any) -> Iterator[Finding]:
    before, after = _numbers(old), _numbers(new)
    covers = _port_ways(way, old, new) if old is not None and new is not None else ()
    for turn, ports, side in ((Turn.OPENED, after - before, new), (Turn.CLOSED, before - after, old)):
        if not ports:
            continue
        listed = ", ".join(str(port) for port in sorted(ports))
        who = _who(side, whole=old is None or new is None)
        verb = "opens" if turn is Turn.OPENED else "closes"
        risky = turn is Turn.OPENED and who == EVERYBODY and not _internal(side)
        yield Finding(
            kind="ports",
            turn=turn,
            risk=Risk.HIGH if risky else Risk.MEDIUM,
            what=f"{quote(name)} {verb} {listed} to {who}" + (" in its own network" if _internal(side) else ""),
            why=_WHY_EVERYBODY if risky else _WHY[turn],
            before=listed if turn is Turn.CLOSED else "",
            after=listed if turn is Turn.OPENED else "",
            covers=covers,
        )


def _numbers(gateway: Any) -> set[int]:
    if gateway is None or gateway.get("enabled") is False:
        return set()
    ports = get(gateway, "k8s", "service", "ports")
    return {p["port"] for p in ports if isinstance(get(p, "port"), int)} if isinstance(ports, list) else _CHART


def _port_ways(way: Way, old: Any, new: Any) -> tuple[Way, ...]:
    found: list[Way] = []
    for leaf in differences(old, new, way):
        place = leaf.way[len(way) :]
        # A whole port, or its number; what else a port says is told of by itself.
        in_ports = place[:3] == ("k8s", "service", "ports") and place[4:] in {(), ("port",)}
        if in_ports or place == ("enabled",):
            found.append(leaf.way)
    return tuple(found)


def _who(gateway: Any, *, whole: bool) -> str:
    """Return for whom ports are open; of a whole gateway a number, so that a hundred new ones are told of as one."""
    ranges = _ranges(gateway)
    if _everybody(ranges):
        return EVERYBODY
    return f"{len(ranges)} range{'s' if len(ranges) > 1 else ''} of addresses" if whole else quoted(ranges)


def _ranges(gateway: Any) -> list[str]:
    given = get(gateway, "k8s", "service", "loadBalancerSourceRanges")
    by_annotation = get(gateway, "k8s", "serviceAnnotations", names.SOURCE_RANGES)
    found = [str(entry) for entry in given] if isinstance(given, list) else []
    return found or (str(by_annotation).split(",") if by_annotation else [])


def _internal(gateway: Any) -> bool:
    return platforms.is_internal(mapping(gateway, "k8s", "serviceAnnotations"))


def _sources(name: str, way: Way, old: Any, new: Any) -> Iterator[Finding]:
    before, after = _ranges(old), _ranges(new)
    place = (*way, "k8s")
    covers = (
        (*place, "service", "loadBalancerSourceRanges"),
        (*place, "serviceAnnotations", names.SOURCE_RANGES),
    )
    common = {"kind": "sources", "before": ", ".join(before) or EVERYBODY, "after": ", ".join(after) or EVERYBODY}
    more, less = _beyond(after, before), _beyond(before, after)
    if more:
        risk = Risk.HIGH if _everybody(after) else Risk.MEDIUM
        why = "anybody may connect to its ports" if risk is Risk.HIGH else "mutual TLS is what still stands before it"
        what = f"{quote(name)} also lets in {quoted(more) if after else EVERYBODY}"
        yield Finding(turn=Turn.WIDENED, risk=risk, what=what, why=why, covers=covers, **common)  # type: ignore[arg-type]
    if less:
        what = f"{quote(name)} no longer lets in {quoted(less) if before else EVERYBODY}"
        why = "whoever calls from there is cut off"
        yield Finding(turn=Turn.NARROWED, risk=Risk.MEDIUM, what=what, why=why, covers=covers, **common)  # type: ignore[arg-type]
    if before != after and not more and not less:
        what = f"the ranges of {quote(name)} are written in another way, with the same addresses"
        yield Finding(turn=Turn.CHANGED, risk=Risk.LOW, what=what, covers=covers, **common)  # type: ignore[arg-type]


def _beyond(ranges: list[str], others: list[str]) -> list[str]:
    """Return the ranges with an address that is in none of the others; no ranges at all are all addresses."""
    if not others:
        return []
    if not ranges:
        return [] if _everybody(others) else [EVERYBODY]
    known = _collapsed(others)
    return [text for text in ranges if not any(_within(_network(text), net) for net in known)]


def _everybody(ranges: list[str]) -> bool:
    return not ranges or any(net is not None and net.prefixlen == 0 for net in map(_network, ranges))


def _collapsed(ranges: list[str]) -> list[Any]:
    found = [net for net in map(_network, ranges) if net is not None]
    return [n for v in (4, 6) for n in ipaddress.collapse_addresses(net for net in found if net.version == v)]


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def _within(net: Any, other: Any) -> bool:
    return net is not None and net.version == other.version and net.subnet_of(other)


def _annotations(name: str, way: Way, old: Any, new: Any) -> Iterator[Finding]:
    place = (*way, "k8s", "serviceAnnotations")
    before, after = (mapping(side, "k8s", "serviceAnnotations") for side in (old, new))
    was, now = _internal(old), _internal(new)
    if was != now:
        wide = was
        why = "the internet can reach its ports" if wide else "what is outside of its network is cut off"
        yield Finding(
            kind="reach",
            turn=Turn.WIDENED if wide else Turn.NARROWED,
            risk=Risk.HIGH if wide else Risk.MEDIUM,
            what=f"the load balancer of {quote(name)} becomes {'public' if wide else 'internal'}",
            why=why,
            before="internal" if was else "public",
            after="internal" if now else "public",
            covers=tuple((*place, key) for key in sorted(platforms.REACH)),
        )
    reserved = [
        ", ".join(str(side[key]) for key in sorted(platforms.ADDRESSES & {*side})) or MISSING
        for side in (before, after)
    ]
    if {key: before.get(key) for key in platforms.ADDRESSES} != {key: after.get(key) for key in platforms.ADDRESSES}:
        leaf = Leaf(way=place, before=reserved[0], after=reserved[1])
        why = "whoever knows the old address no longer finds the gateway"
        found = shift("address", f"the reserved address of {quote(name)}", leaf, risk=Risk.MEDIUM, why=why)
        yield replace(found, covers=tuple((*place, key) for key in sorted(platforms.ADDRESSES)))


def hosts(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what Gateways let through."""
    if delta.key[:2] != (names.ISTIO_NETWORKING.rpartition("/")[0], "Gateway"):
        return
    before, after = (_hosts(side) for side in (delta.old, delta.new))
    for port in sorted({*before, *after}):
        old, new = before.get(port, []), after.get(port, [])
        covers: tuple[Way, ...] = (("spec", "servers", port, "hosts"), ("spec", "servers", port))
        covers = covers[: 1 if port in before and port in after else 2] if delta.old and delta.new else ()
        more, less = _unmatched(new, old), _unmatched(old, new)
        what = f"{delta.name}, {port}"
        common = {"kind": "hosts", "covers": covers, "before": ", ".join(old), "after": ", ".join(new)}
        if more:
            wild = any(not host.startswith("*.") or host.count(".") < 3 for host in more if "*" in host)
            why = "every Service of that name is open to other networks" if wild else "reachable from other networks"
            risk = Risk.HIGH if wild else Risk.MEDIUM
            what_ = f"{quote(what)} also lets through {quoted(more)}"
            yield Finding(turn=Turn.WIDENED, risk=risk, what=what_, why=why, **common)  # type: ignore[arg-type]
        if less:
            why = "other networks can no longer call it"
            what_ = f"{quote(what)} no longer lets through {quoted(less)}"
            yield Finding(turn=Turn.NARROWED, risk=Risk.MEDIUM, what=what_, why=why, **common)  # type: ignore[arg-type]
        if old != new and not more and not less:
            yield replace(_rewritten(what, old, new), **common)  # type: ignore[arg-type]


def _rewritten(what: str, old: list[str], new: list[str]) -> Finding:
    """Return what is said of a server with the same names: the namespaces before them say who may lead its calls."""
    before, after = ({host.rpartition("/")[0] or "*" for host in hosts} for hosts in (old, new))
    if before == after:
        what_ = f"the names of {quote(what)} are written in another way"
        return Finding(kind="hosts", turn=Turn.CHANGED, risk=Risk.LOW, what=what_)
    wider = "*" in after
    spaces = "any namespace" if wider else "its own namespace" if after == {"."} else quoted(sorted(after))
    return Finding(
        kind="hosts",
        turn=Turn.WIDENED if wider else Turn.NARROWED,
        risk=Risk.MEDIUM if wider else Risk.LOW,
        what=f"{quote(what)} takes VirtualServices of {spaces}",
        why="they say where its calls go",
    )


def _unmatched(hosts: list[str], others: list[str]) -> list[str]:
    """Return the hosts whose name none of the others takes in."""
    known = [other.rpartition("/")[2] for other in others]
    tails = [other[1:] for other in known if other.startswith("*")]
    named = ((host, host.rpartition("/")[2]) for host in hosts)
    return [host for host, name in named if name not in known and not any(name.endswith(tail) for tail in tails)]


def _hosts(gateway: Any) -> dict[str, list[str]]:
    servers = by_ident(get(gateway, "spec", "servers")) or {}
    return {port: [str(host) for host in listing(server, "hosts")] for port, server in servers.items()}
