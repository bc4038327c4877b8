"""Every identifier that mcgen writes into objects: API versions, labels, annotations, names. Nowhere else."""

from __future__ import annotations

# API versions
ARGO = "argoproj.io/v1alpha1"
ISTIO_OPERATOR = "install.istio.io/v1alpha1"
ISTIO_NETWORKING = "networking.istio.io/v1"
SECURITY_GROUP = "security.istio.io"
# What istiod is configured with, which it reads in its own cluster.
CONFIGURATION_GROUPS = frozenset((SECURITY_GROUP, "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"))
ISTIO_SECURITY = f"{SECURITY_GROUP}/v1"
KUSTOMIZE = "kustomize.config.k8s.io/v1beta1"
RBAC_GROUP = "rbac.authorization.k8s.io"
RBAC = f"{RBAC_GROUP}/v1"
SEALED_SECRET = "bitnami.com/v1alpha1"  # noqa: S105 - an API version
EXTERNAL_SECRET = "external-secrets.io/v1"  # noqa: S105 - an API version

# Labels and annotations
MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
CLUSTER = "mcgen/cluster"
STAGE = "mcgen/stage"
WAITS_FOR = "mcgen/waits-for"
TOKEN = "mcgen/token"  # noqa: S105 - an annotation
CERTIFICATE = "mcgen/certificate"
# Of a sealed CA: the root that it is under, and the day on which it expires
ROOT = "mcgen/root"
TRUSTED = "mcgen/trusted-roots"
ROTATION = "mcgen/trust-rotation"
# With it istiod takes up a change of roots while it runs (handleEvent in pilot/pkg/bootstrap/istio_ca.go).
TAKES_ROOTS = "ISTIO_MULTIROOT_MESH"
EXPIRES = "mcgen/expires"
PROBE = "mcgen/probe"
DESCRIPTION = "mcgen/description"
INJECTION = "istio-injection"
NETWORK = "topology.istio.io/network"
CONTROL_PLANE_CLUSTERS = "topology.istio.io/controlPlaneClusters"
MULTI_CLUSTER = "istio/multiCluster"
REMOTE_CLUSTER = "networking.istio.io/cluster"
POD_SECURITY = "pod-security.kubernetes.io/"
SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name"
SYNC_WAVE = "argocd.argoproj.io/sync-wave"
SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
GENERATE_PATHS = "argocd.argoproj.io/manifest-generate-paths"
ARGOCD_ANNOTATIONS = "argocd.argoproj.io/"
TRACKING = "argocd.argoproj.io/tracking-id"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
SERVICE_NAME = "kubernetes.io/service-name"
REVISION = "istio.io/rev"
TAG = "istio.io/tag"
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"

# The annotations of an ApplicationSet that say how far an upgrade is, and between which revisions
UPGRADE_STEP = "mcgen/upgrade-step"
UPGRADE_FROM = "mcgen/upgrade-from"
UPGRADE_TO = "mcgen/upgrade-to"
# The field of an ApplicationSet's list that says how far a cluster has left
STATE = "state"
# With it Argo CD deletes an Application's objects together with the Application.
FINALIZER = "resources-finalizer.argocd.argoproj.io"
DELETION_APPROVED = "argocd.argoproj.io/deletion-approved"

# Namespaces and fixed names
ISTIO_SYSTEM = "istio-system"
KUBE_SYSTEM = "kube-system"
# The ApplicationSets, by their roles: all chains of primaries, those of remotes, and what primaries read of each other
PRIMARIES, REMOTES, PEERS = "primaries", "remotes", "peers"
IN_CLUSTER = "in-cluster"
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
EAST_WEST_GATEWAY = "istio-eastwestgateway"
INGRESS_GATEWAY = "istio-ingressgateway"
ISTIOD = "istiod"
# What istiod writes its CA into: the webhook that injects, and a ConfigMap of every namespace.
INJECTOR = "istio-sidecar-injector"
ROOT_CERTIFICATE = "istio-ca-root-cert"
EAST_WEST_SELECTOR = {"istio": "eastwestgateway"}
# The tag that stands for no revision at all, and the objects that Istio knows it by
DEFAULT_TAG = "default"
TAG_INJECTOR = f"istio-revision-tag-{DEFAULT_TAG}"
DEFAULT_VALIDATOR = "istiod-default-validator"
# The Secret in which istiod finds the CA that signs for it, and the keys of that Secret
AUTHORITY = "cacerts"
AUTHORITY_KEYS = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")
GATE = "gate"
# The Role in istio-system of what the bootstrap job reads there.
BOOTSTRAP_ROLE = "mcgen-bootstrap"
INJECT = "sidecar.istio.io/inject"

# What a pod has of its ServiceAccount, at the place where client libraries look for it.
ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
# The keys of the Secrets that the bootstrap job reads, and where that for Git is mounted.
GIT_FOLDER, GIT_KEY, GIT_HOSTS = "/etc/mcgen/git", "identity", "known_hosts"
KUBECONFIG_KEY = "kubeconfig"
ARGOCD_SECRET_TYPE = "argocd.argoproj.io/secret-type"  # noqa: S105 - a label
# By this trailer the bootstrap job knows its own commits again.
BOOTSTRAP_TRAILER = "Mcgen-Bootstrap"

# Sealed Secrets: the version whose module tools/kubeseal pins, and the names by which kubeseal looks for a controller
SEALED_SECRETS_VERSION = "0.36.6"
SEALED_SECRETS = "sealed-secrets"
SEALED_SECRETS_CONTROLLER = "sealed-secrets-controller"
SEALING_KEY = "sealedsecrets.bitnami.com/sealed-secrets-key"

# External Secrets: the version whose kinds and templates were read and are tried, and the oldest that serves them
EXTERNAL_SECRETS_VERSION = "1.3.2"
EXTERNAL_SECRETS_OLDEST = "0.16"

_READER = "istio-reader-"
CONFIRM_DELETION = "Prune=confirm,Delete=confirm"

# What the pages of a tree say of a cluster into which nobody comes through a gateway
NO_GATEWAY = "no gateway"
# Ports of an east-west gateway
STATUS_PORT, MTLS_PORT, ISTIOD_PORT, WEBHOOK_PORT = 15021, 15443, 15012, 15017


def revised(name: str, revision: str) -> str:
    """Return what Istio calls an object of a revision, empty for the istiod that has none."""
    return f"{name}-{revision}" if revision else name


def control_plane(revision: str) -> str:
    """Return what the stage of a control plane is called in its chain."""
    return revised("control-plane", revision)


def istiod(revision: str) -> str:
    """Return the name of istiod's Service."""
    return revised("istiod", revision)


EVERY_SYSTEM_HOST = f"*.{ISTIO_SYSTEM}.svc.cluster.local"


def istiod_hosts(revision: str) -> list[str]:
    """Return the names under which proxies and API servers ask for an istiod (TLS server names)."""
    return [f"{istiod(revision)}.{ISTIO_SYSTEM}.svc", f"{istiod(revision)}.{ISTIO_SYSTEM}.svc.cluster.local"]


def injection_path(cluster_id: str, network: str) -> str:
    """Return where an istiod injects the pods of a remote."""
    return f"/inject/cluster/{cluster_id}/net/{network}"


def reader_role(consumer: str) -> str:
    """Return the name of the ClusterRole of everything with which a consumer's istiod reads a remote."""
    return f"{_READER}{consumer}"


def reader(consumer: str, suffix: str) -> str:
    """Return the name of an identity with which a consumer's istiod reads a remote; a suffix is never used twice."""
    return f"{_READER}{consumer}-{suffix}"


def reader_token(consumer: str, suffix: str) -> str:
    """Return the name of a reader's token Secret."""
    return f"{reader(consumer, suffix)}-token"


def reads_for(account: str) -> str:
    """Return whose istiod reads with an account of this name, empty when that is no reader's; suffixes have no '-'."""
    return account.removeprefix(_READER).rpartition("-")[0] if account.startswith(_READER) else ""


def remote_secret(cluster_id: str) -> str:
    """Return the name that `istioctl create-remote-secret --name ID` gives its Secret."""
    return f"istio-remote-secret-{cluster_id}"


def remote_key(mesh: str, consumer: str, cluster: str, number: int) -> str:
    """Return the key of a remote secret in a provider; a number is never used twice. Letters, digits and `-` only."""
    return f"{mesh}-{consumer}-reads-{cluster}-{number}"


def authority_key(mesh: str, primary: str, number: int) -> str:
    """Return the key of a primary's CA in a provider; a number is never used twice."""
    return f"{mesh}-{primary}-{AUTHORITY}-{number}"


def chain(mesh: str, cluster: str) -> str:
    """Return the name of the Application that syncs a cluster's stages in waves."""
    return f"{mesh}-{cluster}"


def application(mesh: str, cluster: str, stage: str) -> str:
    """Return the name of the Application of one stage of one cluster."""
    return f"{mesh}-{cluster}-{stage}"


def peer(mesh: str, consumer: str, cluster: str) -> str:
    """Return the name of the Application that gives a primary the remote secret of a peer."""
    return f"{mesh}-{consumer}-reads-{cluster}"


# An ApplicationSet has one template, and of what it makes only what goes in the next phase gets a finalizer. A field
# that an element lacks is an error in a template, and nothing to `index`.
_GOES = f'{{"metadata": {{"finalizers": ["{FINALIZER}"]}}}}'
PEER_PATCH = f'{{{{ if index . "{STATE}" }}}}{_GOES}{{{{ else }}}}{{}}{{{{ end }}}}'


def root(mesh: str) -> str:
    """Return the name of the root Application and of the AppProject of root and chains."""
    return f"{mesh}-root"


def application_set(mesh: str, role: str) -> str:
    """Return the name of the ApplicationSet of all primaries, all remotes, or all peers."""
    return f"{mesh}-{role}"


def network(cluster: str) -> str:
    """Return the network of a cluster that names none: one of its own."""
    return f"network-{cluster}"


def bootstrap_job(mesh: str) -> str:
    """Return the name of the bootstrap job, its CronJob, its ServiceAccount and its Roles; at most 52 letters."""
    return f"{mesh}-bootstrap"


def bootstrap_branch(mesh: str) -> str:
    """Return the branch that the bootstrap job pushes, unless the blueprint names one."""
    return f"mcgen/bootstrap-{mesh}"
