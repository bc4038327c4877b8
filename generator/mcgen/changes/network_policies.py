"""NetworkPolicies: whether Istio's charts make them for istiod and the gateways, and those that come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_SWITCH = ("spec", "values", "global", "networkPolicy")
_OFF = "whatever reaches these pods may connect to any of their ports"
_ON = "where the cluster enforces it, calls to other ports of these pods are refused"


def network_policies(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield a NetworkPolicy that comes or goes, and the switch in an IstioOperator that decides it."""
    if delta.kind == "IstioOperator" and delta.old is not None and delta.new is not None:
        before, after = (get(side, *_SWITCH, "enabled") is True for side in (delta.old, delta.new))
        if before is not after:
            yield _finding(f"the NetworkPolicy of {quote(delta.name)}", there=after, covers=(*_SWITCH, "enabled"))
    elif delta.kind == "NetworkPolicy" and (delta.old is None or delta.new is None):
        yield _finding(quote(delta.title), there=delta.old is None, covers=())


def _finding(what: str, *, there: bool, covers: tuple[Any, ...]) -> Finding:
    return Finding(
        kind="networkpolicy",
        turn=Turn.NARROWED if there else Turn.WIDENED,
        risk=Risk.MEDIUM,
        what=f"{what} is {'new' if there else 'gone'}",
        why=_ON if there else _OFF,
        before="" if there else "on",
        after="on" if there else "",
        covers=(covers,),
    )
