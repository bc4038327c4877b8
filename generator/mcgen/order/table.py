"""The two tables of the proof: when Argo CD calls a kind Healthy, and what must come before what.

A chain goes on to its next wave when all Applications of the wave are Healthy; an Application is Healthy when
all its objects are. So a wave holds an edge only if the health of what is needed means that it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcgen.manifests import setup_health
from mcgen.order import finding, kinds

if TYPE_CHECKING:
    from mcgen.order.kinds import Kind


class By(StrEnum):
    """Where the health of a kind comes from: Argo CD's own check, ours, or there is none and applied counts."""

    BUILT_IN = "a check of Argo CD"
    SETUP = "a check of argocd/setup"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One kind: by which check it is Healthy, when, and why that is enough. key: of the check in argocd-cm."""

    kind: Kind
    by: By
    when: str
    why: str
    key: str = ""


HEALTH: dict[Kind, Health] = {
    row.kind: row
    for row in (
        Health(
            kind=kinds.APPLICATION,
            by=By.SETUP,
            key=setup_health.APPLICATION_KEY,
            when="it is Healthy and Synced, and was compared with the source that its spec has now",
            why="without the check Argo CD gives Applications no health, and no wave of a chain waits",
        ),
        Health(
            kind=kinds.MUTATING_WEBHOOK,
            by=By.SETUP,
            key=setup_health.INJECTOR_KEY,
            when="Istio's injector: istiod has written its CA into every webhook (caBundle); others at once",
            why="istiod does so only once it controls the cluster, on a remote by means of the remote secret",
        ),
        Health(
            kind=kinds.JOB,
            by=By.BUILT_IN,
            when="it has completed; suspended it is Suspended",
            why="a gate is a suspended Job: it never becomes Healthy, and the wave does not end",
        ),
        Health(
            kind=kinds.SEALED_SECRET,
            by=By.BUILT_IN,
            when="the controller has unsealed it (condition Synced)",
            why="its Secret is then there, and istiod watches for it",
        ),
        Health(
            kind=kinds.EXTERNAL_SECRET,
            by=By.BUILT_IN,
            when="the controller has fetched it (condition Ready)",
            why="with deletionPolicy Retain it is so only once its Secret is there, and istiod watches for that",
        ),
        Health(
            kind=kinds.CRD,
            by=By.BUILT_IN,
            when="the API server has taken it; Argo CD is not told when it has established it, a moment later",
            why="objects of its kind are accepted from then on, and a sync that comes too early is tried again",
        ),
        Health(
            kind=kinds.DEPLOYMENT,
            by=By.BUILT_IN,
            when="it has rolled out",
            why="its pods are ready, so istiod answers, or the gateway has its certificate",
        ),
        Health(
            kind=kinds.SERVICE,
            by=By.BUILT_IN,
            when="type LoadBalancer: it has an address; others at once",
            why="others can reach the gateway from then on, as far as the network lets them",
        ),
        *(
            Health(kind=kind, by=By.APPLIED, when="it is applied", why=why)
            for kind, why in (
                (kinds.NAMESPACE, "the API server takes objects into a namespace as soon as it exists"),
                (kinds.SERVICE_ACCOUNT, "it exists, and the token controller can write its tokens"),
                (kinds.SECRET, "the token controller fills it in seconds, and who seals it waits for that"),
                (kinds.BINDING, "the rights count as soon as it exists"),
                (kinds.ISTIO_GATEWAY, "istiod sends it to the gateways that exist"),
                (kinds.AUTHORIZATION_POLICY, "istiod sends it with a workload's first settings"),
                (kinds.PEER_AUTHENTICATION, "istiod sends it with a workload's first settings"),
                (kinds.REQUEST_AUTHENTICATION, "istiod sends it with a workload's first settings"),
            )
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What must come before something else.

    thing: what is needed, in words, with its name in {}. by: the kinds whose health the wave rests on.
    same_application: one Application may hold both, because Argo CD applies this kind first.
    other_chain: another chain may bring it, in no order: the API server refuses what comes too early, and the
    sync is tried again. optional: nothing is wrong when it is not brought at all.
    """

    code: str
    thing: str
    by: tuple[Kind, ...]
    why: str
    same_application: bool = False
    other_chain: bool = False
    optional: bool = False


NAMESPACE, CRDS, ADDON_CRDS = "namespace", "crds", "addon-crds"
IDENTITY, READER, REMOTE_SECRET = "identity", "reader", "remote-secret"
CONTROL_PLANE, GATEWAY, POLICIES = "control-plane", "gateway", "policies"
AUTHORITY = "authority"

EDGES: dict[str, Edge] = {
    NAMESPACE: Edge(
        code=finding.NAMESPACE_LATE,
        thing="namespace '{}'",
        by=(kinds.NAMESPACE,),
        why="the API server refuses objects in a namespace that does not exist; what a remote's chain puts into "
        "its primary (remote secret, gate) may come before that cluster's namespaces: it is refused and retried",
        same_application=True,
        other_chain=True,
    ),
    CRDS: Edge(
        code=finding.CRDS_LATE,
        thing="the CRDs of {}",
        by=(kinds.CRD,),
        why="the API server refuses objects of unknown kinds, and istiod does not get ready without its own",
    ),
    ADDON_CRDS: Edge(
        code=finding.CRDS_LATE,
        thing="the CRDs of {}",
        by=(kinds.CRD,),
        why="where the tree brings them, they come before what their own chain has of them; a remote's chain may bring "
        "its remote secret before its primary has the CRD of SealedSecrets: it is refused and retried",
        other_chain=True,
        optional=True,
    ),
    IDENTITY: Edge(
        code=finding.READER_LATE,
        thing="{}",
        by=(kinds.SERVICE_ACCOUNT, kinds.BINDING),
        why="a token is filled for an account that exists, and opens what that account may read",
        same_application=True,
    ),
    READER: Edge(
        code=finding.READER_LATE,
        thing="a token for the istiod of '{}'",
        by=(kinds.SECRET,),
        why="a remote secret is made of this token, so a gate that waits for one needs it too",
    ),
    REMOTE_SECRET: Edge(
        code=finding.SECRET_LATE,
        thing="the remote secret of cluster '{}'",
        by=kinds.SECRETS,
        why="istiod cannot ask the remote's API server who a workload is, and writes no CA into its injector",
    ),
    AUTHORITY: Edge(
        code=finding.AUTHORITY_LATE,
        thing="the Secret {} with which it signs",
        by=kinds.SECRETS,
        why="an istiod that starts without it makes a root of its own; where several clusters have an istiod, each of "
        "them needs one",
        optional=True,
    ),
    CONTROL_PLANE: Edge(
        code=finding.CONTROL_PLANE_LATE,
        thing="the control plane ({})",
        by=(kinds.MUTATING_WEBHOOK, kinds.DEPLOYMENT),
        why="pods that start before the injector works have no sidecar, and nothing says so",
    ),
    GATEWAY: Edge(
        code=finding.GATEWAY_LATE,
        thing="a gateway with the label {}",
        by=(kinds.DEPLOYMENT, kinds.SERVICE),
        why="what is exposed is configuration for gateway pods that exist",
    ),
    POLICIES: Edge(
        code=finding.POLICY_LATE,
        thing="the {} of its chain",
        by=(
            kinds.AUTHORIZATION_POLICY,
            kinds.PEER_AUTHENTICATION,
            kinds.REQUEST_AUTHENTICATION,
        ),
        why="in force before the first workload answers; a remote's policies are in its primary's chain, unordered",
        optional=True,
    ),
}
