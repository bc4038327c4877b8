"""The minors of Istio that mcgen knows, which are those whose istioctl is built in tools/ (one table).

What each changed that a blueprint can see. Compared in the sources of both (istio, manifests/charts,
operator/pkg/apis/values_types.proto), and by rendering with both (make e2e-upgrade): the objects that come out have the
same names, the rules of the reader role are the same, and the CRDs of 1.31 only add fields, so an older istiod reads
them as before.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Minor:
    """One minor.

    kubernetes: its oldest and newest minor, as the announcement of Istio's first release of this minor says; the
    oldest one is also in the code (MinK8SVersion in istioctl/pkg/install/k8sversion/version.go).
    added: values of an IstioOperator that came with it. compatible: what `compatibilityVersion` may name.
    bounds_reach_the_chart: whether a gateway's PodDisruptionBudget looks at `k8s.hpaSpec`; where it does not, the same
    number must stand in the values, or there is no budget.
    """

    kubernetes: tuple[str, str]
    added: tuple[tuple[str, ...], ...] = ()
    compatible: tuple[str, ...]
    bounds_reach_the_chart: bool = True


MINORS: dict[str, Minor] = {
    "1.30": Minor(
        kubernetes=("1.32", "1.36"),
        compatible=("1.25", "1.26", "1.27", "1.28", "1.29"),
        bounds_reach_the_chart=False,
    ),
    "1.31": Minor(
        kubernetes=("1.32", "1.36"),
        added=(("global", "readerServiceAccount"),),
        compatible=("1.25", "1.26", "1.27", "1.28", "1.29", "1.30"),
    ),
}
# From this minor of Kubernetes on, an API server that looks for the endpoints of a webhook's Service itself reads
# EndpointSlices, and no longer Endpoints (k8s.io/apiserver, ResolveEndpoint in pkg/util/proxy/proxy.go). The Service
# istiod of a remote has only the former (since Istio 1.28).
OLDEST_REMOTE = "1.34"
# What `mcgen init` writes.
NEWEST = "1.31.1"
# A control plane may be upgraded over one minor at most, where both are installed beside each other
# (istio.io, Canary Upgrades).
FARTHEST = 2
