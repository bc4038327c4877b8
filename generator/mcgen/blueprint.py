"""The blueprint: what a team writes, one type per section; the published JSON Schema comes from these types."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

API_VERSION = "mcgen/v1alpha1"

# RFC 1123 label, as Kubernetes asks of namespaces, Services and the like.
_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
# No line breaks, no control characters, none of the characters that end a word in a shell or a template.
# What names the host begins with a letter or digit, so that no program takes it for an option.
_GIT_URL = r"^(https?://|ssh://|[A-Za-z0-9][A-Za-z0-9._-]*@|file:///)[A-Za-z0-9][A-Za-z0-9._~:/@%+-]*$"
_GIT_SSH_URL = r"^(ssh://([A-Za-z0-9][A-Za-z0-9._-]*@)?|[A-Za-z0-9][A-Za-z0-9._-]*@)[A-Za-z0-9][A-Za-z0-9._~:/@%+-]*$"
_GIT_REF = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"
_REPO_PATH = r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$"
# DNS labels with dots between them; istiod refuses anything else.
_TRUST_DOMAIN = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$"
_CIDR = r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$"

Label: TypeAlias = Annotated[str, Meta(pattern=_LABEL, max_length=63)]
# Short enough for `<mesh>-<cluster>-<stage>`, the name of an Application.
ShortLabel: TypeAlias = Annotated[str, Meta(pattern=_LABEL, max_length=40)]
Cidr: TypeAlias = Annotated[str, Meta(pattern=_CIDR, examples=["203.0.113.0/28"])]
RepoPath: TypeAlias = Annotated[str, Meta(pattern=_REPO_PATH, max_length=500, examples=["output/mesh"])]
Address: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253, examples=["203.0.113.10"])]
ResourceGroup: TypeAlias = Annotated[str, Meta(pattern=r"^[-A-Za-z0-9_.()]+$", max_length=90, examples=["mesh-net"])]
Image: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][A-Za-z0-9._/:@-]*$", max_length=500)]
Context: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:@/-]+$", max_length=253, examples=["aks-admin"])]
Server: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^https://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$",
        max_length=500,
        examples=["https://aks.example.com:443"],
    ),
]
Host: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253, examples=["aks.example.com"])
]
Certificate: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(https://[A-Za-z0-9][A-Za-z0-9._~:/@%+-]*|[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*)$",
        max_length=500,
        examples=["certificates/gke.pem"],
    ),
]
Account: TypeAlias = Annotated[
    str, Meta(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253, examples=["sleep"])
]
Owner: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^(@[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*|[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+)$",
        max_length=253,
        examples=["@org/team"],
    ),
]
Caller: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        max_length=317,
        examples=["multi-cluster/sleep-aks"],
    ),
]
Method: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Z]+$", max_length=40, examples=["GET"])]
# RFC 1035 label: a Service's name does not begin with a digit.
ServiceName: TypeAlias = Annotated[
    str, Meta(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=63, examples=["sealed-secrets-controller"])
]
Install: TypeAlias = Literal["existing", "managed"]
SecretName: TypeAlias = Annotated[
    str, Meta(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253, examples=["mcgen-bootstrap-git"])
]
SshUrl: TypeAlias = Annotated[
    str, Meta(pattern=_GIT_SSH_URL, max_length=500, examples=["git@git.example.com:platform/mesh.git"])
]
Branch: TypeAlias = Annotated[str, Meta(pattern=_GIT_REF, max_length=250, examples=["mcgen/bootstrap-mesh"])]
PullRequest: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^https://[A-Za-z0-9][A-Za-z0-9._~:/?#&=%+,@!{}-]*$",
        max_length=1000,
        examples=["https://git.example.com/platform/mesh/compare/{revision}...{branch}"],
    ),
]
Strings: TypeAlias = dict[str, str]
Tree: TypeAlias = dict[str, Any]


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all sections share: nothing can be changed after reading, nothing unknown is accepted."""


class Metadata(_Section, frozen=True, kw_only=True):
    """The mesh's name: of the tree, and the first part of every Application's name."""

    name: Annotated[ShortLabel, Meta(description="Names the tree and its Applications.")]
    description: Annotated[str, Meta(max_length=1000, description="Stands in the tree's README.")] = ""


class ArgoCD(_Section, frozen=True, kw_only=True):
    """The Argo CD that syncs the tree."""

    namespace: Annotated[Label, Meta(description="Argo CD's own namespace.")] = "argocd"
    cluster: Annotated[
        Label | None,
        Meta(description="The cluster of this mesh in which Argo CD runs; leave it out when it runs elsewhere."),
    ] = None
    version: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]+\.[0-9]+(\.[0-9]+)?$",
            description="The installed Argo CD; argocd/setup is made for its stock settings.",
            examples=["3.5.7"],
        ),
    ] = "3.5"
    plugin_image: Annotated[
        Image | None,
        Meta(
            description="An image of your own for the render plugin, built from argocd/setup/plugin "
            "(default: kustomize and istioctl from the images of their makers).",
            examples=["ghcr.io/example/mcgen-plugin:istio-1.31"],
        ),
    ] = None


class GitOps(_Section, frozen=True, kw_only=True):
    """Where the tree lives and who syncs it."""

    repo: Annotated[
        str,
        Meta(pattern=_GIT_URL, description="The repository's URL, as Argo CD reads it.",
             examples=["https://git.example.com/platform/mesh.git"]),
    ]  # fmt: skip
    revision: Annotated[
        str, Meta(pattern=_GIT_REF, max_length=250, description="The branch that Argo CD follows.", examples=["main"])
    ] = "main"
    path: Annotated[
        RepoPath | None,
        Meta(
            description="The tree's folder in the repository (default: output/<metadata.name>).",
        ),
    ] = None
    blueprint: Annotated[
        RepoPath | None,
        Meta(description="The blueprint's path in the repository (default: blueprints/<metadata.name>.yaml)."),
    ] = None  # fmt: skip
    argocd: ArgoCD = ArgoCD()


class Mesh(_Section, frozen=True, kw_only=True):
    """The identity of the mesh."""

    id: Annotated[Label | None, Meta(description="Istio's mesh ID (default: metadata.name).")] = None
    trust_domain: Annotated[
        str,
        Meta(pattern=_TRUST_DOMAIN, max_length=255, examples=["mesh.example.com"],
             description="The trust domain of all workload identities; it cannot change later without an outage."),
    ] = "cluster.local"  # fmt: skip


class Proxy(_Section, frozen=True, kw_only=True):
    """How the sidecars run."""

    privileged: Annotated[
        bool, Meta(description="Run every proxy privileged, as the article does; almost never needed.")
    ] = False


class Istio(_Section, frozen=True, kw_only=True):
    """Which Istio, and how it reaches the clusters."""

    version: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]+\.[0-9]+\.(0|[1-9][0-9]*)$",
            description="Istio's version, in quotes.",
            examples=["1.31.1"],
        ),
    ]
    hub: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9._-]+)*$",
            max_length=200,
            description="The registry of Istio's images.",
            examples=["registry.example.com/istio"],
        ),
    ] = "docker.io/istio"
    delivery: Annotated[
        Literal["plugin"],
        Meta(description="How an IstioOperator becomes objects: rendered by Argo CD's plugin at each sync."),
    ] = "plugin"
    proxy: Proxy = Proxy()
    mesh_config: Annotated[Tree, Meta(description="Istio's MeshConfig, merged over what mcgen sets.")] = field(
        default_factory=dict
    )
    values: Annotated[
        Tree, Meta(description="Values of the control planes' IstioOperators, merged over what mcgen sets.")
    ] = field(default_factory=dict)


class Replicas(_Section, frozen=True, kw_only=True):
    """The bounds of a HorizontalPodAutoscaler."""

    min: Annotated[int, Meta(ge=1, le=100)] = 2
    max: Annotated[int, Meta(ge=1, le=100)] = 5


class Resources(_Section, frozen=True, kw_only=True):
    """A container's resources, in Kubernetes' quantities."""

    requests: Strings = field(default_factory=dict)
    limits: Strings = field(default_factory=dict)


class Gateway(_Section, frozen=True, kw_only=True):
    """The east-west gateway of a cluster and its load balancer."""

    scheme: Annotated[
        Literal["public", "internal"], Meta(description="Whether the load balancer has a public address.")
    ] = "public"
    address: Annotated[
        Address | None,
        Meta(description="The address at which the other clusters reach this gateway. A remote cannot go on before "
             "its primary's address is known; left out, it is a fact to be found once the gateway is up."),
    ] = None  # fmt: skip
    reserved: Annotated[
        list[Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=128, examples=["mesh-east-west"])]],
        Meta(description="Addresses reserved at the cloud: names (GKE, AKS) or EIP allocation IDs (EKS); "
             "addresses where the load balancer is internal (AKS, EKS)."),
    ] = field(default_factory=list)  # fmt: skip
    resource_group: Annotated[
        ResourceGroup | None,
        Meta(
            description="AKS: the resource group of the reserved address.",
        ),
    ] = None
    source_ranges: Annotated[
        list[Cidr],
        Meta(description="Who may connect (default: the egress ranges of the other clusters, where all are given)."),
    ] = field(default_factory=list)
    annotations: Annotated[Strings, Meta(description="Further annotations of the gateway's Service.")] = field(
        default_factory=dict
    )
    replicas: Replicas = Replicas()
    resources: Resources = Resources()


class Identity(_Section, frozen=True, kw_only=True):
    """Who a credential is in its cluster, as RBAC calls it."""

    kind: Literal["Group", "ServiceAccount", "User"]
    name: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/+=-]*$", max_length=253, examples=["mcgen-bootstrap"])
    ]
    namespace: Annotated[Label | None, Meta(description="Of a ServiceAccount.")] = None


class Credentials(_Section, frozen=True, kw_only=True):
    """With what the bootstrap job reaches this cluster; neither of both: as its own ServiceAccount."""

    argocd_secret: Annotated[
        SecretName | None,
        Meta(description="The Secret in Argo CD's namespace with which Argo CD reaches this cluster."),
    ] = None
    kubeconfig_secret: Annotated[
        SecretName | None,
        Meta(description="A Secret in the job's namespace with the key `kubeconfig`, in which all data is embedded."),
    ] = None
    identity: Annotated[
        Identity | None,
        Meta(description="Who the credential is in this cluster: stage namespaces gives it what the job has to read "
             "(default: nobody gets anything, and it must have these rights already)."),
    ] = None  # fmt: skip


class Bootstrap(_Section, frozen=True, kw_only=True):
    """How a person or a job reaches this cluster's API server to read its remote secret."""

    context: Annotated[Context | None, Meta(description="The kubeconfig context.")] = None
    server: Annotated[
        Server | None,
        Meta(description="The API server's URL as the primary reaches it; it stands in the remote secret."),
    ] = None  # fmt: skip
    tls_server_name: Annotated[
        Host | None,
        Meta(description="The name in the API server's certificate, where `server` is a proxy or another name of it."),
    ] = None
    certificate: Annotated[
        Certificate | None,
        Meta(description="Primaries: the certificate that remote secrets are sealed with, a file beside the blueprint "
             "or an https URL; it is pinned by its fingerprint (default: asked of the sealed-secrets controller)."),
    ] = None  # fmt: skip
    credentials: Annotated[
        Credentials | None,
        Meta(description="With what the bootstrap job reaches this cluster (default: its own ServiceAccount, which is "
             "good in Argo CD's cluster only)."),
    ] = None  # fmt: skip


class Cluster(_Section, frozen=True, kw_only=True):
    """One cluster of the mesh. It is registered in Argo CD under this name."""

    name: Annotated[ShortLabel, Meta(description="The cluster's name, here and in Argo CD.")]
    id: Annotated[Label | None, Meta(description="Istio's cluster ID (default: the name).")] = None
    platform: Annotated[Literal["aks", "eks", "generic", "gke"], Meta(description="Who runs the cluster.")]
    role: Annotated[
        Literal["primary", "remote"],
        Meta(description="A primary runs istiod; a remote is served by its primary."),
    ]
    primary: Annotated[Label | None, Meta(description="A remote's primary (default: the only one of the mesh).")] = None
    network: Annotated[
        Label | None,
        Meta(description="Pods of one network reach each other directly (default: a network of its own)."),
    ] = None
    cidrs: Annotated[list[Cidr], Meta(description="The pods' ranges; only used to find overlaps.")] = field(
        default_factory=list
    )
    egress: Annotated[
        list[Cidr],
        Meta(description="The addresses from which this cluster's nodes and API server leave their network."),
    ] = field(default_factory=list)
    gateway: Gateway = Gateway()
    state: Annotated[
        Literal["leaving", "secret-gone", "gateways-gone", "control-plane-gone", "gone"] | None,
        Meta(description="How far a cluster has left the mesh; `mcgen remove cluster` sets it (default: a member)."),
    ] = None
    ingress_gateway: Annotated[bool, Meta(description="Also install Istio's ingress gateway in this cluster.")] = False
    bootstrap: Bootstrap = Bootstrap()
    owners: Annotated[
        list[Owner], Meta(description="Who reviews its folder: users, teams or addresses, for `mcgen codeowners`.")
    ] = field(default_factory=list)


class Namespace(_Section, frozen=True, kw_only=True):
    """A namespace that mcgen owns in some or all clusters."""

    name: Label
    clusters: Annotated[list[Label] | None, Meta(description="Where it exists (default: everywhere).")] = None
    injection: Annotated[bool, Meta(description="Whether pods get a sidecar.")] = True
    exported: Annotated[bool, Meta(description="Whether clusters on other networks may call the Services in it.")] = (
        False
    )
    pod_security: Annotated[
        Literal["privileged", "baseline", "restricted"] | None,
        Meta(description="The enforced pod security level (default: privileged with injection, for istio-init)."),
    ] = None
    service_accounts: Annotated[
        list[Account] | None,
        Meta(description="The service accounts in it; given, policies may name no other (typing errors are found)."),
    ] = None
    labels: Strings = field(default_factory=dict)
    annotations: Strings = field(default_factory=dict)


class From(_Section, frozen=True, kw_only=True):
    """Who calls. All that is given must hold."""

    service_accounts: Annotated[
        list[Caller],
        Meta(description="Callers as namespace/serviceaccount."),
    ] = field(default_factory=list)
    namespaces: list[Label] = field(default_factory=list)
    ip_blocks: list[Cidr] = field(default_factory=list)


class To(_Section, frozen=True, kw_only=True):
    """What is called. All that is given must hold; anything but `ports` needs HTTP (L7)."""

    methods: list[Method] = field(default_factory=list)
    not_methods: list[Method] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    not_paths: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    ports: list[Annotated[int, Meta(ge=1, le=65535)]] = field(default_factory=list)


class Rule(_Section, frozen=True, kw_only=True):
    """One rule of a policy: from whom, to what."""

    from_: From | None = field(name="from", default=None)
    to: To | None = None


class Policy(_Section, frozen=True, kw_only=True):
    """An AuthorizationPolicy for the workloads of one namespace, in all clusters of the mesh."""

    name: Label
    namespace: Annotated[Label, Meta(description="A namespace of this blueprint.")]
    description: Annotated[str, Meta(max_length=1000)] = ""
    selector: Annotated[Strings, Meta(description="Labels of the workloads (default: all of the namespace).")] = field(
        default_factory=dict
    )
    action: Literal["ALLOW", "DENY"] = "ALLOW"
    rules: Annotated[list[Rule], Meta(description="Empty: ALLOW allows nobody; DENY must have at least one.")] = field(
        default_factory=list
    )


class Exposure(_Section, frozen=True, kw_only=True):
    """What the east-west gateways expose."""

    profile: Annotated[
        Literal["hardened", "article"],
        Meta(
            description="hardened: exported namespaces and istiod's own names only; article: every Service, any name."
        ),
    ] = "hardened"


class Demo(_Section, frozen=True, kw_only=True):
    """The article's demo: helloworld and sleep in every cluster."""

    enabled: bool = False
    namespace: Label = "multi-cluster"


class SealedSecrets(_Section, frozen=True, kw_only=True):
    """The controller that opens the sealed remote secrets, in every primary that serves remotes."""

    install: Annotated[
        Install, Meta(description="managed: mcgen installs the controller; existing: somebody else has.")
    ] = "existing"
    namespace: Annotated[
        Label | None,
        Meta(description="Where the controller runs, for kubeseal (default: kube-system, sealed-secrets if managed)."),
    ] = None
    controller: Annotated[ServiceName, Meta(description="The name of the controller's Service, for kubeseal.")] = (
        "sealed-secrets-controller"
    )


class Addons(_Section, frozen=True, kw_only=True):
    """What the mesh needs beside itself."""

    sealed_secrets: Annotated[
        Install | SealedSecrets,
        Meta(description="The sealed-secrets controller: who installs it, or a section that also says where it runs."),
    ] = "existing"


class JobGit(_Section, frozen=True, kw_only=True):
    """How the bootstrap job reaches the repository, and where it puts what it has sealed."""

    secret: Annotated[
        SecretName,
        Meta(description="A Secret in the job's namespace with the keys `identity`, an SSH private key that may push "
             "the branch below, and `known_hosts`."),
    ] = "mcgen-bootstrap-git"  # noqa: S105  # fmt: skip
    url: Annotated[
        SshUrl | None,
        Meta(description="The repository's SSH URL, to clone from and to push to (default: gitops.repo)."),
    ] = None
    branch: Annotated[
        Branch | None,
        Meta(description="The branch that it pushes, and nobody else (default: mcgen/bootstrap-<metadata.name>)."),
    ] = None
    pull_request: Annotated[
        PullRequest | None,
        Meta(description="Where a person opens the pull request; {branch} and {revision} are filled in."),
    ] = None
    user: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", max_length=100, description="Who commits.", examples=["mesh bot"]
        ),
    ] = "mcgen bootstrap"
    email: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$",
            max_length=200,
            description="By this address it knows its own commits again: no person may use it.",
            examples=["mesh-bot@example.com"],
        ),
    ] = "mcgen-bootstrap@localhost"


class BootstrapJob(_Section, frozen=True, kw_only=True):
    """A job that runs `mcgen bootstrap` in Argo CD's cluster and pushes what it sealed to a branch."""

    image: Annotated[
        Image,
        Meta(description="An image of your own, built from bootstrap/image in the tree.",
             examples=["registry.example.com/platform/mcgen-bootstrap:1"]),
    ]  # fmt: skip
    schedule: Annotated[
        str,
        Meta(pattern=r"^(@[a-z]+|[0-9A-Za-z*/,-]+( [0-9A-Za-z*/,-]+){4})$", max_length=200,
             description="When it runs, as cron says it; in UTC, mostly.", examples=["*/10 * * * *"]),
    ] = "*/10 * * * *"  # fmt: skip
    namespace: Annotated[
        Label | None,
        Meta(description="Where it runs, in Argo CD's cluster (default: gitops.argocd.namespace)."),
    ] = None
    git: JobGit = JobGit()


class Target(_Section, frozen=True, kw_only=True):
    """Which object a patch is for: Kustomize's selector, values are anchored regular expressions."""

    group: str | None = None
    version: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    label_selector: str | None = None
    annotation_selector: str | None = None


class Patch(_Section, frozen=True, kw_only=True):
    """A Kustomize patch that is passed to the overlay of one stage as it stands."""

    stage: Annotated[str, Meta(description="The stage whose overlay gets the patch.")]
    clusters: Annotated[list[Label] | None, Meta(description="Where (default: wherever the stage exists).")] = None
    target: Target
    patch: Annotated[
        str | Tree | list[Tree],
        Meta(description="A strategic merge patch (a mapping), a JSON 6902 patch (a list), or either as text."),
    ]


class Blueprint(_Section, frozen=True, kw_only=True, dict=True):
    """One Istio service mesh over many clusters, and the Git repository that describes it."""

    api_version: Literal["mcgen/v1alpha1"]
    kind: Literal["Mesh"]
    metadata: Metadata
    gitops: GitOps
    istio: Istio
    clusters: Annotated[list[Cluster], Meta(min_length=1)]
    mesh: Mesh = Mesh()
    namespaces: list[Namespace] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    exposure: Exposure = Exposure()
    demo: Demo = Demo()
    addons: Addons = Addons()
    bootstrap: Annotated[
        BootstrapJob | None,
        Meta(description="A job that seals unattended (default: there is none, and a person runs `mcgen bootstrap`)."),
    ] = None
    patches: list[Patch] = field(default_factory=list)

    @cached_property
    def primaries(self) -> tuple[str, ...]:
        """Return the names of the clusters in which istiod runs."""
        return tuple(cluster.name for cluster in self.clusters if cluster.role == "primary")

    @cached_property
    def without_egress(self) -> tuple[str, ...]:
        """Return the names of the clusters that do not say from where they call."""
        return tuple(cluster.name for cluster in self.clusters if not cluster.egress)


def convert(data: Any) -> Blueprint:
    """Return the typed blueprint of data that fits the schema; raise msgspec.ValidationError otherwise."""
    return msgspec.convert(data, Blueprint)
