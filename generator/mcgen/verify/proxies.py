"""Proxies: each pod that should have one has it, is served by an istiod, and carries the identity that is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.doctor.ask import understood
from mcgen.doctor.verdict import Check, finding, fine, unknown, warning
from mcgen.problems import ToolError
from mcgen.verify import forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor.ask import Client
    from mcgen.mesh import Cluster, Mesh
    from mcgen.verify.inventory import Pod
    from mcgen.verify.membership import Istiod

# More of them would hide the rest of a report.
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an Envoy says of itself. uris: in its certificates; until: when the first of them ends (RFC 3339).

    cluster, network, mesh: IDs that it was started with. silent: why it said nothing, empty when it did.
    """

    uris: frozenset[str] = frozenset()
    until: str = ""
    cluster: str = ""
    network: str = ""
    mesh: str = ""
    silent: str = ""


def ask(client: Client, pod: Pod, retry: Retry) -> Identity:
    """Return what a pod's Envoy says of itself; raises nothing but what no cluster is at fault for."""
    try:
        with understood():
            return retry(lambda: _pages(client, pod))
    except ToolError as error:
        return Identity(silent=str(error))


def _pages(client: Client, pod: Pod) -> Identity:
    with forward.pages(client, pod.namespace, pod.name, forward.ENVOY) as page:
        return parse(page("/certs"), page("/server_info"))


def parse(certs: Any, info: Any) -> Identity:
    """Return what two admin pages say: envoy/admin/v3/certs.proto and server_info.proto."""
    chain = [each for entry in certs.get("certificates") or () for each in entry.get("cert_chain") or ()]
    metadata = (info.get("node") or {}).get("metadata") or {}
    return Identity(
        uris=frozenset(name["uri"] for each in chain for name in each.get("subject_alt_names") or () if "uri" in name),
        until=min((each["expiration_time"] for each in chain), default=""),
        cluster=str(metadata.get("CLUSTER_ID", "")),
        network=str(metadata.get("NETWORK", "")),
        mesh=str(metadata.get("MESH_ID", "")),
    )


def spiffe(trust_domain: str, pod: Pod) -> str:
    """Return the identity that a pod's certificate must carry."""
    return f"spiffe://{trust_domain}/ns/{pod.namespace}/sa/{pod.account}"


def differs(identity: Identity, pod: Pod, mesh: Mesh, cluster: Cluster, now: datetime) -> str:
    """Return what of an identity is not as planned, empty when all is."""
    wanted = spiffe(mesh.trust_domain, pod)
    if not identity.uris:
        return "it has no certificate"
    if identity.uris != {wanted}:
        return f"its certificate is for {', '.join(sorted(identity.uris))}, and not for {wanted}"
    if datetime.fromisoformat(identity.until) <= now:
        return f"its certificate has ended at {identity.until}"
    planned = {"cluster": cluster.id, "network": cluster.network, "mesh": mesh.id}
    for word, value in planned.items():
        if getattr(identity, word) != value:
            return f"it takes itself for one of {word} '{getattr(identity, word)}', and not of '{value}'"
    return ""


def what_identity(namespace: str) -> str:
    """Return the name of the check of the identities in a namespace."""
    return f"identities of the proxies in {namespace}"


def judge_identities(
    namespace: str, seen: Sequence[tuple[Pod, Identity]], mesh: Mesh, cluster: Cluster, now: datetime
) -> Check:
    """Return whether every proxy of a namespace carries the identity that is planned."""
    what = what_identity(namespace)
    silent = [f"{pod.name}: {each.silent}" for pod, each in seen if each.silent]
    found = [(pod, differs(each, pod, mesh, cluster, now)) for pod, each in seen if not each.silent]
    if wrong := [f"{pod.name}: {words}" for pod, words in found if words]:
        advice = "restart the pod; if that does not help, compare its cluster's control-plane stage with the tree"
        return finding("MC802", what, _some(wrong), advice)
    if silent:
        return unknown(what, _some(silent))
    accounts = sorted({pod.account for pod, _ in seen})
    return fine(what, f"{len(seen)} as planned ({_some(accounts, ', ')})")


def what_connected(namespace: str) -> str:
    """Return the name of the check that the proxies in a namespace are served."""
    return f"istiod serves the proxies in {namespace}"


def judge_connected(namespace: str, pods: Sequence[Pod], cluster: Cluster, istiods: Sequence[Istiod]) -> Check:
    """Return whether every proxy of a namespace is connected to one of these istiods, as a proxy of this cluster."""
    what = what_connected(namespace)
    connected = {proxy for each in istiods for proxy in each.proxies}
    missing = [pod.name for pod in pods if (cluster.id, f"{pod.name}.{pod.namespace}") not in connected]
    if not missing:
        return fine(what, f"{len(pods)} connected")
    if silent := [f"{each.pod}: {each.silent}" for each in istiods if each.silent]:
        return unknown(what, f"{_some(missing)} may be connected to one that could not be asked: {_some(silent)}")
    advice = "look at the log of its istio-proxy: it says what it calls istiod at, and what the answer is"
    return finding("MC803", what, f"not connected to any: {_some(missing)}", advice)


def what_injected(namespace: str) -> str:
    """Return the name of the check that pods of a namespace have proxies."""
    return f"pods in {namespace} have sidecars"


def judge_injected(namespace: str, pods: Sequence[Pod]) -> Check:
    """Return whether every pod of a namespace with injection has a proxy, but those that say that they want none."""
    what = what_injected(namespace)
    meant = [pod for pod in pods if not pod.host_network and pod.labels.get(names.INJECT) != "false"]
    if without := [pod.name for pod in meant if not pod.proxy]:
        words = f"without one, and so outside the mesh: {_some(without)}"
        return warning("MC804", what, words, f"restart them, or label them {names.INJECT}=false if that is meant")
    return fine(what, f"{len(meant)} pods")


def _some(words: Sequence[str], between: str = "; ") -> str:
    more = len(words) - _SHOWN
    return between.join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
