"""What every istiod of a primary says: which clusters it reads, where their gateways are, which proxies it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.doctor.addresses import is_ip
from mcgen.doctor.ask import understood
from mcgen.doctor.verdict import Check, finding, fine, unknown
from mcgen.problems import ToolError
from mcgen.verify import forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor.ask import Client
    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Inventory

_SELECTOR = {"app": "istiod"}
_SYNCED = "synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Istiod:
    """One istiod pod. clusters: its word on each by ID. gateways: network and address. proxies: cluster's ID and pod.

    silent: why it said nothing, empty when it did.
    """

    pod: str
    clusters: dict[str, str]
    gateways: frozenset[tuple[str, str]]
    proxies: frozenset[tuple[str, str]]
    silent: str = ""


def ask(client: Client, inventory: Inventory, retry: Retry) -> list[Istiod]:
    """Return what each istiod of a primary says; raise ToolError when it is not known which there are."""
    pods = [pod for pod in inventory.pods if pod.namespace == names.ISTIO_SYSTEM and pod.has(_SELECTOR)]
    return [_one(client, pod.name, retry) if pod.runs else _silent(pod.name, "it does not run") for pod in pods]


def _one(client: Client, pod: str, retry: Retry) -> Istiod:
    try:
        with understood():
            return retry(lambda: _pages(client, pod))
    except ToolError as error:
        return _silent(pod, str(error))


def _pages(client: Client, pod: str) -> Istiod:
    with forward.pages(client, names.ISTIO_SYSTEM, pod, forward.ISTIOD) as page:
        return parse(pod, page("/debug/clusterz"), page("/debug/networkz"), page("/debug/syncz"))


def parse(pod: str, clusterz: Any, networkz: Any, syncz: Any) -> Istiod:
    """Return what three debug pages say: pilot/pkg/xds/debug.go and pkg/cluster/debug.go of Istio."""
    return Istiod(
        pod=pod,
        clusters={each["id"]: each["syncStatus"] for each in clusterz or ()},
        gateways=frozenset((each["Network"], each["Addr"]) for each in networkz or ()),
        proxies=frozenset((each.get("cluster_id", ""), each.get("proxy", "")) for each in syncz or ()),
    )


def _silent(pod: str, why: str) -> Istiod:
    return Istiod(pod=pod, clusters={}, gateways=frozenset(), proxies=frozenset(), silent=why)


def what_reads(cluster: Cluster) -> str:
    """Return the name of the check that a primary's istiod reads a cluster."""
    return f"every istiod reads {cluster.name}"


def judge_reads(primary: Cluster, cluster: Cluster, istiods: Sequence[Istiod], *, sealed: bool) -> Check:
    """Return whether every istiod of a primary has synced a cluster."""
    what = what_reads(cluster)
    if not istiods:
        return finding("MC801", what, "no istiod runs", f"let Argo CD sync stage control-plane of {primary.name}")
    wrong = [f"{each.pod}: {each.clusters.get(cluster.id) or 'not known'}" for each in istiods if not each.silent]
    wrong = [words for words in wrong if not words.endswith(f": {_SYNCED}")]
    if wrong:
        if not sealed:
            advice = "its remote secret is not in place yet: mcgen bootstrap"
        else:
            advice = f"look at Secret {names.remote_secret(cluster.id)} in {primary.name} and at istiod's log"
        return finding("MC801", what, "; ".join(wrong), advice)
    return _unless_silent(what, istiods) or fine(what, f"synced in {len(istiods)}")


def what_gateway(cluster: Cluster) -> str:
    """Return the name of the check that istiod knows a cluster's gateway."""
    return f"every istiod knows the gateway of {cluster.name}"


def judge_gateway(cluster: Cluster, live: Sequence[str], istiods: Sequence[Istiod]) -> Check:
    """Return whether every istiod sends other networks to the address that a cluster's gateway has.

    live: the addresses of its load balancer; a host name is resolved by istiod, so any address of the network counts.
    """
    what = what_gateway(cluster)
    if not live:
        advice = f"let Argo CD sync stage east-west-gateway of {cluster.name}, and look at its load balancer"
        return finding("MC805", what, "its Service has no address", advice)
    shown = ", ".join(live)
    for each in istiods:
        known = {address for network, address in each.gateways if network == cluster.network}
        if not each.silent and not (known & set(live) or (known and not all(is_ip(address) for address in live))):
            words = f"{each.pod} has {', '.join(sorted(known)) or 'none'} for {cluster.network}, and it is {shown}"
            advice = f"look at the labels of Service {names.EAST_WEST_GATEWAY} in {cluster.name} and at istiod's log"
            return finding("MC805", what, words, advice)
    if not istiods:
        return unknown(what, "no istiod runs")
    return _unless_silent(what, istiods) or fine(what, shown)


def _unless_silent(what: str, istiods: Sequence[Istiod]) -> Check | None:
    silent = [f"{each.pod}: {each.silent}" for each in istiods if each.silent]
    return unknown(what, "; ".join(silent)) if silent else None
