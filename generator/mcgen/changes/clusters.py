"""Clusters that come and go, and what they are known by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import MISSING, Leaf, differences, get
from mcgen.changes.say import shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_GLOBAL = ("spec", "values", "global")
_IDENTITIES = {
    ("spec", "meshConfig", "trustDomain"): (
        "trust domain",
        "every workload's identity changes at once, and policies and mutual TLS with it",
    ),
    (*_GLOBAL, "meshID"): ("mesh ID", "the proxies that run belong to the old mesh"),
    (*_GLOBAL, "multiCluster", "clusterName"): ("cluster ID", "the remote secrets name the old cluster"),
}
_INJECTION = ("spec", "values", "istiodRemote", "injectionPath")
_PATH = re.compile(r"/inject/cluster/([^/]+)/net/([^/]+)")
_DELETED = "Argo CD deletes its namespaces, and all that anybody has in them, once somebody has confirmed it"
_ORPHANS = "what runs there is left alone, without anybody who looks after it; its files and its Applications are gone"
_RESTART = "endpoints are looked for on the wrong network until every pod was restarted"


def whole(delta: Delta, context: Context) -> Iterator[Finding]:
    """Yield the cluster that a document comes or goes with."""
    if not (name := context.whole(delta.file)) or (delta.old is None) == (delta.new is None):
        return
    turn = Turn.ADDED if name in context.added else Turn.REMOVED
    primary = context.served[turn is Turn.ADDED].get(name)
    role = f"a remote of {quote(primary)}" if primary else "a remote" if name in context.remotes else "a primary"
    if turn is Turn.ADDED:
        what, risk, why = f"comes into the mesh as {role}", Risk.MEDIUM, "other clusters will call it and be called"
    else:
        why = _DELETED if name in context.leaving else _ORPHANS
        what, risk = f"leaves the mesh; it was {role}", Risk.HIGH
    yield Finding(kind="cluster", turn=turn, risk=risk, what=what, why=why, covers=((),))


def identities(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what a cluster is known by, from its IstioOperators."""
    if delta.kind != "IstioOperator" or delta.old is None or delta.new is None:
        return
    for leaf in differences(delta.old, delta.new):
        if leaf.way in _IDENTITIES:
            title, why = _IDENTITIES[leaf.way]
            yield shift("identity", f"the {title}", leaf, risk=Risk.HIGH, why=why)
        elif leaf.way == _INJECTION:
            yield from _injection(leaf)
        elif leaf.way == (*_GLOBAL, "network") or names.NETWORK in leaf.way or _view(delta.some, leaf):
            yield shift("network", "the network", leaf, risk=Risk.HIGH, why=_RESTART)
        elif leaf.way == (*_GLOBAL, "remotePilotAddress"):
            why = "proxies and API servers of the remote ask for istiod there"
            yield shift("address", "the address of the primary's istiod", leaf, risk=Risk.HIGH, why=why)
        elif leaf.way == ("spec", "profile"):
            yield shift("primary", "the control plane's profile", leaf, risk=Risk.HIGH, why="who serves the proxies")


def patched(leaf: Leaf) -> Finding | None:
    """Return what a patch of namespace istio-system says of a cluster, None when it is about something else."""
    if leaf.way == ("metadata", "labels", names.NETWORK):
        return shift("network", "the network", leaf, risk=Risk.HIGH, why=_RESTART)
    if leaf.way == ("metadata", "annotations", names.CONTROL_PLANE_CLUSTERS):
        why = "the proxies that run keep asking the old istiod"
        return shift("primary", "the cluster whose istiod serves it", leaf, risk=Risk.HIGH, why=why)
    return None


def _injection(leaf: Leaf) -> Iterator[Finding]:
    before, after = _parts(leaf.before), _parts(leaf.after)
    parts = [(kind, title, before[i], after[i]) for i, (kind, title) in enumerate(_PARTS) if before[i] != after[i]]
    for kind, title, old, new in parts or [("network", "where new proxies join", leaf.before, leaf.after)]:
        changed = Leaf(way=leaf.way, before=old, after=new)
        why = _RESTART if kind == "network" else _IDENTITIES[(*_GLOBAL, "multiCluster", "clusterName")][1]
        yield shift(kind, title, changed, risk=Risk.HIGH, why=why)


_PARTS = (("identity", "the cluster ID"), ("network", "the network"))


def _parts(path: Any) -> tuple[Any, Any]:
    found = _PATH.fullmatch(path) if isinstance(path, str) else None
    return (found[1], found[2]) if found else (MISSING, MISSING)


def _view(operator: Any, leaf: Leaf) -> bool:
    gateways = get(operator, "spec", "components", "ingressGateways")
    return isinstance(gateways, list) and "ISTIO_META_REQUESTED_NETWORK_VIEW" in leaf.way
