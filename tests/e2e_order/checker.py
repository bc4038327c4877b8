"""Finds in a time line what came before its turn: judged by what the stages do, not by Argo CD's word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.recorder import EXISTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab.recorder import Event


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What is true once a stage works."""

    cluster: str
    kind: str
    name: str
    what: str

    def of(self, event: Event) -> bool:
        return (event.cluster, event.kind, event.name, event.what) == (self.cluster, self.kind, self.name, self.what)


CHAIN = "gke-aks-aks"
GATEWAY = "istio-system/istio-eastwestgateway"

# The stages of the chain of aks in their order, and what each has brought about when it is over.
REMOTE = {
    "namespaces": (Effect(cluster="aks", kind="Secret", name="istio-system/istio-reader-gke-1-token", what=EXISTS),),
    "remote-secret": (
        Effect(
            cluster="gke",
            kind="SealedSecret",
            name="istio-system/istio-remote-secret-cluster-aks",
            what="unsealed",
        ),
        Effect(cluster="gke", kind="Secret", name="istio-system/istio-remote-secret-cluster-aks", what=EXISTS),
    ),
    "base": (
        Effect(
            cluster="aks",
            kind="CustomResourceDefinition",
            name="virtualservices.networking.istio.io",
            what="established",
        ),
    ),
    "control-plane": (
        Effect(
            cluster="aks", kind="MutatingWebhookConfiguration", name="istio-sidecar-injector", what="caBundle filled"
        ),
        Effect(cluster="aks", kind="ConfigMap", name="istio-system/istio-ca-root-cert", what=EXISTS),
    ),
    "east-west-gateway": (
        Effect(cluster="aks", kind="Deployment", name=GATEWAY, what="available"),
        Effect(cluster="aks", kind="Service", name=GATEWAY, what="has an address"),
    ),
    "workloads": (),
}


def stage_of(event: Event, chain: str) -> str:
    """Return the stage of the chain of aks that an event's object belongs to, nothing when it is none's."""
    # Argo CD writes into every object whose it is, but for CRDs.
    if (event.cluster, event.kind) == ("aks", "CustomResourceDefinition") and event.name.endswith(".istio.io"):
        return "base"
    return event.application.removeprefix(f"{chain}-") if event.application.startswith(f"{chain}-") else ""


def violations(events: Sequence[Event], chain: str = CHAIN) -> list[str]:
    """Return a line for every object of a stage that was there before an earlier stage of the chain worked."""
    found = []
    over: dict[Effect, bool] = {effect: False for effects in REMOTE.values() for effect in effects}
    order = list(REMOTE)
    for event in events:
        for effect in over:
            over[effect] = over[effect] or effect.of(event)
        stage = stage_of(event, chain)
        if event.what != EXISTS or stage not in order:
            continue
        before = [effect for earlier in order[: order.index(stage)] for effect in REMOTE[earlier]]
        found += [f"{event}: before {effect}" for effect in before if not over[effect]]
    return found
