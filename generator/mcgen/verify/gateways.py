"""East-west gateways: whether they run, and whether the other side reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.doctor.verdict import Check, finding, fine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Pod

READY = "east-west gateway is ready"


def judge_ready(cluster: Cluster, pods: Sequence[Pod]) -> Check:
    """Return whether any pod of a cluster's gateway is ready."""
    ready = [pod for pod in pods if pod.ready]
    if ready:
        return fine(READY, f"{len(ready)} of {len(pods)} pods")
    words = "none of its pods is ready" if pods else "no pod of it runs"
    advice = f"let Argo CD sync stage east-west-gateway of {cluster.name}, and look at its Deployment"
    return finding("MC806", READY, words, advice)
