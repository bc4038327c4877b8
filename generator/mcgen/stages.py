"""The stages of a chain: in which wave, what is in them, and when Argo CD goes on (one table)."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACES = "namespaces"
SEALED_SECRETS = "sealed-secrets"
TRUST = "trust"
REMOTE_SECRET = "remote-secret"  # noqa: S105 - the name of a stage
BASE = "base"
CONTROL_PLANE = "control-plane"
REVISION_TAG = "revision-tag"
EAST_WEST_GATEWAY = "east-west-gateway"
INGRESS_GATEWAY = "ingress-gateway"
EXPOSURE = "exposure"
POLICIES = "policies"
WORKLOADS = "workloads"

# What they are made of depends on the backend for secrets.
SECRETS = frozenset({TRUST, REMOTE_SECRET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage.

    wave: its sync wave inside the chain.
    rendered: istioctl makes the objects from an IstioOperator (no base, no overlay).
    what: what is in it. healthy: when its wave is over. why: what would go wrong without the order.
    look: where to look when its wave does not end.
    """

    name: str
    wave: int
    what: str
    healthy: str
    why: str
    look: str
    rendered: bool = False


STAGES: tuple[Stage, ...] = (
    Stage(
        name=NAMESPACES,
        wave=0,
        what="every namespace that mcgen owns in the cluster, and the identities with which the istiods of others "
        "read it (ServiceAccount, ClusterRole, binding, token Secret): a remote's primary, and peers",
        healthy="the objects are applied",
        why="no other stage creates a namespace, and the token must exist before a remote secret can be made",
        look="what the API server or the AppProject refuses stands in the message of the Application; the "
        "AppProject is applied by hand (`argocd/install`)",
    ),
    Stage(
        name=SEALED_SECRETS,
        wave=5,
        what="with `addons.sealedSecrets: managed`, on a primary that opens any: the sealed-secrets controller "
        "and the definition of its kind",
        healthy="the API server has established the definition, and the controller has rolled out",
        why="a SealedSecret cannot be applied before, nor sealed: kubeseal asks the controller for its certificate; "
        "what a remote's chain brings too early is refused and tried again",
        look="the controller's pod and its log; another such controller in the cluster",
    ),
    Stage(
        name=TRUST,
        wave=10,
        what="with `trust.mode: cacerts`, on a primary: the SealedSecret with its intermediate certificate and key, "
        "under the root that all primaries share; before it was made, a gate. With `secrets.backend: external-secrets` "
        "an ExternalSecret, which External Secrets has to fetch from the provider",
        healthy="the sealed-secrets controller has unsealed it",
        why="an istiod that starts without it makes a root of its own, which no workload of another primary trusts",
        look="at a gate, seal it: `mcgen bootstrap --ca FOLDER`; otherwise whether the controller of this cluster "
        "could open the file (`mcgen doctor`)",
    ),
    Stage(
        name=REMOTE_SECRET,
        wave=10,
        what="the SealedSecret with which the primary's istiod reaches this remote; before it was made, a gate. With "
        "`secrets.backend: external-secrets` an ExternalSecret, which External Secrets has to fetch from the provider",
        healthy="the sealed-secrets controller of the primary has unsealed it",
        why="until istiod can ask the remote's API server who a workload is, no proxy there gets a certificate",
        look="at a gate, seal it: `mcgen bootstrap`; otherwise `mcgen bootstrap --status` says whether the "
        "controller could open the file",
    ),
    Stage(
        name=BASE,
        wave=15,
        what="Istio's CustomResourceDefinitions",
        healthy="the API server has taken them all; it establishes them a moment later, of which Argo CD is not told",
        why="objects of these kinds cannot be applied before",
        look="whether somebody else has installed Istio's CustomResourceDefinitions in this cluster",
        rendered=True,
    ),
    Stage(
        name=CONTROL_PLANE,
        wave=20,
        what="on a primary istiod; on a remote the injector webhook and the Service that lead to the primary's "
        "istiod; a gate while the address of the primary's east-west gateway is unknown",
        healthy="istiod has rolled out and has written its CA into the injector webhook (caBundle), which it does "
        "on a remote only once the remote secret works",
        why="pods that start before the injector works have no sidecar, and gateways do not start at all",
        look="at a gate, find the address: `mcgen bootstrap`; on a primary, istiod's pods; on a remote, whether "
        "istiod reads its API server (`istioctl remote-clusters`) and whether it reaches the primary's "
        "gateway on ports 15012 and 15017",
        rendered=True,
    ),
    Stage(
        name=REVISION_TAG,
        wave=25,
        what="where istiod has a revision, and during an upgrade: the tag `default`, the injector for all pods that "
        "ask for no revision, and on a primary the validation of what has none",
        healthy="istiod has written its CA into the injector webhook (caBundle)",
        why="it leads to an istiod, and pods that start before it works have no sidecar",
        look="the istiod of the revision that the tag names: its pods, and whether it controls this cluster",
    ),
    Stage(
        name=EAST_WEST_GATEWAY,
        wave=30,
        what="the gateway through which the other networks reach this cluster",
        healthy="its Deployment is available and its Service has an address",
        why="its pod is injected and needs a certificate, so it comes after the control plane",
        look="events of its pods (image, injector, certificate), its autoscaler (metrics), its Service (an address "
        "from the platform)",
        rendered=True,
    ),
    Stage(
        name=INGRESS_GATEWAY,
        wave=35,
        what="Istio's ingress gateway for traffic from outside the mesh",
        healthy="its Deployment is available and its Service has an address",
        why="its pod is injected, so it comes after the control plane",
        look="the same as for east-west-gateway",
        rendered=True,
    ),
    Stage(
        name=EXPOSURE,
        wave=40,
        what="what the east-west gateways let through: the exported Services, and istiod where remotes are served",
        healthy="the objects are applied",
        why="it is configuration for gateways that exist, and its kinds are defined in stage base",
        look="what istiod's webhook or the API server refuses stands in the message of the Application",
    ),
    Stage(
        name=POLICIES,
        wave=50,
        what="mutual TLS for the whole mesh, and who may call what",
        healthy="the objects are applied",
        why="in force before the first workload of this chain answers; the chain of a remote does not wait for it",
        look="what istiod's webhook or the API server refuses stands in the message of the Application",
    ),
    Stage(
        name=WORKLOADS,
        wave=60,
        what="the demo: helloworld and sleep",
        healthy="the Deployments have rolled out",
        why="their pods are injected when they start, and only then",
        look="events of its pods (image, injector), and the log of their istio-proxy (certificate)",
    ),
)

BY_NAME = {stage.name: stage for stage in STAGES}
