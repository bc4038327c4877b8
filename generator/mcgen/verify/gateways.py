"""East-west gateways: whether they run, and whether the other side reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.doctor.verdict import Check, finding, fine, unknown
from mcgen.verify.routes import bracketed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Pod
    from mcgen.verify.send import Answer

READY = "east-west gateway is ready"


def judge_ready(cluster: Cluster, pods: Sequence[Pod]) -> Check:
    """Return whether any pod of a cluster's gateway is ready."""
    ready = [pod for pod in pods if pod.ready]
    if ready:
        return fine(READY, f"{len(ready)} of {len(pods)} pods")
    words = "none of its pods is ready" if pods else "no pod of it runs"
    advice = f"let Argo CD sync stage east-west-gateway of {cluster.name}, and look at its Deployment"
    return finding("MC806", READY, words, advice)


def what_reached(cluster: Cluster) -> str:
    """Return the name of the check that a cluster's gateway is reached from here."""
    return f"reaches the gateway of {cluster.name}"


def ports(caller: Cluster, cluster: Cluster) -> tuple[int, ...]:
    """Return the ports at which a caller's cluster needs a gateway, none where it needs it for nothing.

    A remote's proxies call their primary's istiod; Services are called directly on one network.
    """
    data = (names.MTLS_PORT,) if caller.network != cluster.network else ()
    return (*data, *((names.ISTIOD_PORT, names.WEBHOOK_PORT) if caller.primary == cluster.name else ()))


def curl(address: str, port: int, istiod: str) -> tuple[str, ...]:
    """Return curl's arguments that try a port: those of istiod with its name, for which TLS is let through."""
    host = bracketed(address)
    if port == names.MTLS_PORT:
        return (f"https://{host}:{port}/",)
    return ("--connect-to", f"{istiod}:{port}:{host}:{port}", f"https://{istiod}:{port}/")


def judge_reached(caller: Cluster, cluster: Cluster, tried: Sequence[tuple[str, int, Answer]]) -> Check:
    """Return whether a pod of one cluster reaches another one's gateway. tried: address, port, and what came of it.

    At istiod's ports TLS must come about, which istiod ends itself; at the one for Services only TCP: whoever is no
    proxy of the mesh gets no further.
    """
    what = what_reached(cluster)
    if not tried:
        return unknown(what, "its load balancer has no address")
    failed = [
        f"{address}:{port} ({_how_far(answer)})"
        for address, port, answer in tried
        if not (answer.connected if port == names.MTLS_PORT else answer.secured)
    ]
    if failed:
        advice = (
            f"look at the load balancer of {cluster.name}, and whether its source ranges have all addresses from which "
            f"{caller.name} leaves its network (clusters[].egress)"
        )
        return finding("MC810", what, f"not at {', '.join(failed)}", advice)
    return fine(what, ", ".join(f"{address}:{port}" for address, port, _ in tried))


def _how_far(answer: Answer) -> str:
    if answer.connected:
        return "TCP, but no TLS"
    return {6: "no such host", 7: "refused", 28: "no answer"}.get(answer.exit, f"curl ends with {answer.exit}")
