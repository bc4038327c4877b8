"""The blueprint: what a team writes, one type per section; the published JSON Schema comes from these types."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

from mcgen.platforms import PLATFORMS

API_VERSION: Final = "mcgen/v1alpha1"

# Istio's own repository of charts, since the one at Google goes (istio.io, blog/2026/retirement-of-gcp).
CHARTS: Final = "https://blob.istio.io/istio-release/charts"

# RFC 1123 label, as Kubernetes asks of namespaces, Services and the like.
LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
LABEL_FORM = "lower-case letters, digits and `-`, with a letter or digit at both ends"
# No line breaks, no control characters, none of the characters that end a word in a shell or a template.
# What names the host begins with a letter or digit, so that no program takes it for an option.
_GIT_URL = r"^(https?://|ssh://|[A-Za-z0-9][A-Za-z0-9._-]*@|file:///)[A-Za-z0-9][A-Za-z0-9._~:/@%+-]*$"
_GIT_SSH_URL = r"^(ssh://([A-Za-z0-9][A-Za-z0-9._-]*@)?|[A-Za-z0-9][A-Za-z0-9._-]*@)[A-Za-z0-9][A-Za-z0-9._~:/@%+-]*$"
_GIT_REF = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"
_REPO_PATH = r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$"
# DNS labels with dots between them; istiod refuses anything else.
_TRUST_DOMAIN = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$"
_ISTIO_VERSION = r"^[0-9]+\.[0-9]+\.(0|[1-9][0-9]*)$"
CIDR = r"^[0-9A-Fa-f.:]+/[0-9]{1,3}$"

Label: TypeAlias = Annotated[str, Meta(pattern=LABEL, max_length=63)]
# Short enough for `<mesh>-<cluster>-<stage>`, the name of an Application.
ShortLabel: TypeAlias = Annotated[str, Meta(pattern=LABEL, max_length=40)]
# Stands in names such as `istio-sidecar-injector-<revision>` and `<mesh>-<cluster>-control-plane-<revision>`.
Revision: TypeAlias = Annotated[str, Meta(pattern=LABEL, max_length=16, examples=["1-31"])]
Cidr: TypeAlias = Annotated[str, Meta(pattern=CIDR, examples=["203.0.113.0/28"])]
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
KeyPrefix: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_/-]*$", max_length=100, examples=["platform/"])
]
KeyProperty: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100, examples=["value"])
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
if TYPE_CHECKING:
    PlatformName: TypeAlias = str
else:
    # One of the modules in platforms/.
    PlatformName = Literal[tuple(PLATFORMS)]
Strings: TypeAlias = dict[str, str]
Tree: TypeAlias = dict[str, Any]


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all sections share: nothing can be changed after reading, nothing unknown is accepted."""


class Metadata(_Section, frozen=True, kw_only=True):
    """The mesh's name: of the tree, and the first part of every Application's name."""

    name: Annotated[
        ShortLabel,
        Meta(description="Names the tree and its Applications; it cannot change later.", examples=["shop"]),
    ]
    description: Annotated[
        str, Meta(max_length=1000, description="What the mesh is for; it stands in the tree's README.")
    ] = ""


class ArgoCD(_Section, frozen=True, kw_only=True):
    """The Argo CD that syncs the tree."""

    namespace: Annotated[Label, Meta(description="The namespace in which Argo CD runs.")] = "argocd"
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
        Meta(description="The blueprint's path in the repository (default: blueprints/<metadata.name>.yaml).",
             examples=["blueprints/mesh.yaml"]),
    ] = None  # fmt: skip
    argocd: Annotated[ArgoCD, Meta(description="The Argo CD that syncs the tree.")] = ArgoCD()


class Mesh(_Section, frozen=True, kw_only=True):
    """The identity of the mesh."""

    id: Annotated[Label | None, Meta(description="Istio's mesh ID (default: metadata.name).", examples=["mesh1"])] = (
        None
    )
    trust_domain: Annotated[
        str,
        Meta(pattern=_TRUST_DOMAIN, max_length=255, examples=["mesh.example.com"],
             description="The trust domain of all workload identities; it cannot change later without an outage."),
    ] = "cluster.local"  # fmt: skip


class Trust(_Section, frozen=True, kw_only=True):
    """Who signs the certificates of the workloads."""

    mode: Annotated[
        Literal["istiod", "cacerts"],
        Meta(description="`istiod`: each istiod makes a root certificate of its own, which serves one primary only; "
             "`cacerts`: each primary has an intermediate certificate under one root, sealed in Git."),
    ] = "istiod"  # fmt: skip
    rotation: Annotated[
        Literal["both", "switched"] | None,
        Meta(description="How far a change to another root is, each step a commit of its own: `both` roots are trusted "
             "and the old one signs; `switched`: the new one signs. Without the line only one is trusted."),
    ] = None  # fmt: skip


class Proxy(_Section, frozen=True, kw_only=True):
    """How the sidecars run."""

    privileged: Annotated[
        bool, Meta(description="Run every proxy privileged, as the article does; almost never needed.")
    ] = False


class Upgrade(_Section, frozen=True, kw_only=True):
    """An upgrade to another minor, which is under way; `mcgen upgrade` sets it."""

    to: Annotated[
        str,
        Meta(pattern=_ISTIO_VERSION, description="The version after the upgrade, in quotes.", examples=["1.31.1"]),
    ]
    step: Annotated[
        Literal["prepared", "primaries", "remotes", "switched", "gateways", "removed"],
        Meta(description="How far the upgrade is; each step is a commit of its own."),
    ]
    plugin_image: Annotated[
        Image | None,
        Meta(
            description="The image of the render plugin for the new minor, where gitops.argocd.pluginImage is given.",
            examples=["ghcr.io/example/mcgen-plugin:istio-1.31"],
        ),
    ] = None


class Istio(_Section, frozen=True, kw_only=True):
    """Which Istio, and with which settings."""

    version: Annotated[
        str,
        Meta(
            pattern=_ISTIO_VERSION,
            description="Istio's version with its patch, in quotes: 1.30 without them would be the number 1.3. "
            "`mcgen upgrade` changes it, to another minor step by step.",
            examples=["1.31.1"],
        ),
    ]
    revision: Annotated[
        Revision | None,
        Meta(description="The revision under which istiod is installed (default: none; an upgrade gives it one)."),
    ] = None
    upgrade: Annotated[Upgrade | None, Meta(description="An upgrade that is under way (default: there is none).")] = (
        None
    )
    hub: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9._-]+)*$",
            max_length=200,
            description="The registry and folder of Istio's images.",
            examples=["registry.example.com/istio"],
        ),
    ] = "docker.io/istio"
    delivery: Annotated[
        Literal["plugin", "manifests", "helm"],
        Meta(
            description="How an IstioOperator becomes objects: rendered by Argo CD's plugin at each sync, or by mcgen, "
            "which then needs istioctl and puts the objects into the tree; or Istio's charts make them, as sources of "
            "Argo CD's Applications, with values that say the same."
        ),
    ] = "plugin"
    charts: Annotated[
        str,
        Meta(
            pattern=r"^(https?://)?[a-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._-]+)*$",
            max_length=200,
            description="The repository of Istio's charts, for `delivery: helm`: a URL, or without a scheme a "
            "registry (OCI).",
            examples=["registry.example.com/istio/charts"],
        ),
    ] = CHARTS
    proxy: Annotated[Proxy, Meta(description="How the sidecars run.")] = Proxy()
    mesh_config: Annotated[
        Tree,
        Meta(description="Fields of Istio's MeshConfig, merged over what mcgen sets. What they need in objects, such "
             "as the ServiceEntries for `outboundTrafficPolicy: {mode: REGISTRY_ONLY}`, is kept beside the mesh: "
             "docs/beside.md.",
             examples=[{"accessLogFile": "/dev/stdout"}]),
    ] = field(default_factory=dict)  # fmt: skip
    values: Annotated[
        Tree,
        Meta(description="Values of Istio's charts, as an IstioOperator has them; merged over what mcgen sets, in the "
             "control planes of all clusters.", examples=[{"global": {"imagePullSecrets": ["registry"]}}]),
    ] = field(default_factory=dict)  # fmt: skip


class Replicas(_Section, frozen=True, kw_only=True):
    """The bounds of a HorizontalPodAutoscaler."""

    min: Annotated[int, Meta(ge=1, le=100, description="As many pods run at least.")] = 2
    max: Annotated[int, Meta(ge=1, le=100, description="As many pods run at most.")] = 5


class Resources(_Section, frozen=True, kw_only=True):
    """A container's resources, in Kubernetes' quantities."""

    requests: Annotated[
        Strings, Meta(description="What is kept free for it.", examples=[{"cpu": "100m", "memory": "128Mi"}])
    ] = field(default_factory=dict)
    limits: Annotated[Strings, Meta(description="What it may not exceed.", examples=[{"memory": "1Gi"}])] = field(
        default_factory=dict
    )


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
            description="AKS: the resource group of the reserved address (default: that of the cluster's nodes); "
            "the cluster's identity needs Network Contributor on it."
        ),
    ] = None
    source_ranges: Annotated[
        list[Cidr],
        Meta(description="Who may connect (default: the egress ranges of the clusters that come through the gateway, "
             "where all of them are given, otherwise anybody, with a warning)."),
    ] = field(default_factory=list)  # fmt: skip
    annotations: Annotated[
        Strings, Meta(description="Further annotations of the gateway's Service, for its load balancer.")
    ] = field(default_factory=dict)
    replicas: Annotated[Replicas, Meta(description="How many pods the gateway has.")] = Replicas()
    resources: Annotated[Resources, Meta(description="What each of its pods gets (default: Istio's).")] = Resources()


class Identity(_Section, frozen=True, kw_only=True):
    """Who a credential is in its cluster, as RBAC calls it."""

    kind: Annotated[Literal["Group", "ServiceAccount", "User"], Meta(description="The kind of an RBAC subject.")]
    name: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/+=-]*$", max_length=253,
             description="Its name, as the API server of this cluster knows it.", examples=["mcgen-bootstrap"]),
    ]  # fmt: skip
    namespace: Annotated[Label | None, Meta(description="A ServiceAccount's namespace; the others have none.")] = None


class Credentials(_Section, frozen=True, kw_only=True):
    """With what the bootstrap job reaches this cluster: one of the two Secrets, or else its own ServiceAccount."""

    argocd_secret: Annotated[
        SecretName | None,
        Meta(description="The Secret in Argo CD's namespace with which Argo CD reaches this cluster.",
             examples=["cluster-aks"]),
    ] = None  # fmt: skip
    kubeconfig_secret: Annotated[
        SecretName | None,
        Meta(description="A Secret in the job's namespace with the key `kubeconfig`, in which all data is embedded.",
             examples=["mcgen-aks"]),
    ] = None  # fmt: skip
    identity: Annotated[
        Identity | None,
        Meta(description="Who the credential is in this cluster: stage namespaces gives it what the job has to read "
             "(default: nobody gets anything, and it must have these rights already)."),
    ] = None  # fmt: skip


class Bootstrap(_Section, frozen=True, kw_only=True):
    """How a person or a job reaches this cluster's API server to read its remote secret."""

    context: Annotated[Context | None, Meta(description="The kubeconfig context (default: the cluster's name).")] = None
    server: Annotated[
        Server | None,
        Meta(description="The API server's URL as the primary reaches it; it stands in the remote secret (default: the "
             "one in the kubeconfig)."),
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

    name: Annotated[
        ShortLabel,
        Meta(description="The cluster's name, here and in Argo CD; it cannot change later.", examples=["gke"]),
    ]
    id: Annotated[
        Label | None,
        Meta(description="Istio's cluster ID (default: the name); it cannot change later.", examples=["cluster-gke"]),
    ] = None
    platform: Annotated[
        PlatformName,
        Meta(description="Who runs the cluster; generic: own machines, or anybody else."),
    ]
    role: Annotated[
        Literal["primary", "remote"],
        Meta(description="A primary runs istiod; a remote has none and is served by its primary."),
    ]
    primary: Annotated[Label | None, Meta(description="A remote's primary (default: the only one of the mesh).")] = None
    network: Annotated[
        Label | None,
        Meta(description="Pods of one network reach each other directly (default: a network of its own)."),
    ] = None
    cidrs: Annotated[
        list[Cidr],
        Meta(
            description="The ranges of the pods: on one network they must not overlap, and a gateway lets in "
            "those of its own cluster's remotes there."
        ),
    ] = field(default_factory=list)
    egress: Annotated[
        list[Cidr],
        Meta(description="The addresses from which this cluster's nodes and API server call others, such as those of "
             "a NAT gateway: the gateways of the other clusters let them in."),
    ] = field(default_factory=list)  # fmt: skip
    gateway: Annotated[
        Gateway,
        Meta(
            description="The east-west gateway, by which clusters on other networks reach this one, and remotes their "
            "primary's istiod; there is none where neither is so."
        ),
    ] = Gateway()
    state: Annotated[
        Literal["leaving", "secret-gone", "gateways-gone", "control-plane-gone", "gone"] | None,
        Meta(description="How far a cluster has left the mesh; `mcgen remove cluster` sets it (default: a member)."),
    ] = None
    ingress_gateway: Annotated[
        bool,
        Meta(description="Also install Istio's ingress gateway in this cluster, with a public load balancer; a patch "
             "of stage ingress-gateway says what that is to be told otherwise."),
    ] = False  # fmt: skip
    bootstrap: Annotated[
        Bootstrap, Meta(description="How `mcgen bootstrap` and the primary reach this cluster's API server.")
    ] = Bootstrap()
    owners: Annotated[
        list[Owner], Meta(description="Who reviews its folder: users, teams or addresses, for `mcgen codeowners`.")
    ] = field(default_factory=list)


class Namespace(_Section, frozen=True, kw_only=True):
    """A namespace that mcgen owns in some or all clusters."""

    name: Annotated[Label, Meta(description="The namespace's name, the same in all clusters.", examples=["shop"])]
    clusters: Annotated[
        list[Label] | None,
        Meta(description="The clusters in which it exists (default: all; a primary also has those of its policies)."),
    ] = None
    injection: Annotated[bool, Meta(description="Whether pods get a sidecar.")] = True
    exported: Annotated[
        bool,
        Meta(
            description="Whether clusters on other networks may call the Services in it; a caller's own cluster has to "
            "have the Service too, or its name does not resolve there (docs/networks.md)."
        ),
    ] = False
    pod_security: Annotated[
        Literal["privileged", "baseline", "restricted"] | None,
        Meta(
            description="The enforced pod security level (default: privileged with injection, for istio-init; "
            "restricted without)."
        ),
    ] = None
    service_accounts: Annotated[
        list[Account] | None,
        Meta(description="The service accounts in it; given, policies may name no other (typing errors are found)."),
    ] = None
    labels: Annotated[Strings, Meta(description="Further labels of the namespace.")] = field(default_factory=dict)
    annotations: Annotated[Strings, Meta(description="Further annotations of the namespace.")] = field(
        default_factory=dict
    )


class From(_Section, frozen=True, kw_only=True):
    """Who calls. All that is given must hold."""

    service_accounts: Annotated[
        list[Caller],
        Meta(min_length=1, description="The callers' service accounts, as namespace/serviceaccount."),
    ] = field(default_factory=list)
    namespaces: Annotated[list[Label], Meta(min_length=1, description="The callers' namespaces.")] = field(
        default_factory=list
    )
    ip_blocks: Annotated[
        list[Cidr],
        Meta(min_length=1, description="The callers' addresses, as the proxy of the called pod sees them."),
    ] = field(default_factory=list)


class To(_Section, frozen=True, kw_only=True):
    """What is called. All that is given must hold; anything but `ports` needs HTTP (L7)."""

    methods: Annotated[list[Method], Meta(min_length=1, description="HTTP methods.")] = field(default_factory=list)
    not_methods: Annotated[list[Method], Meta(min_length=1, description="All HTTP methods but these.")] = field(
        default_factory=list
    )
    paths: Annotated[
        list[str],
        Meta(
            min_length=1,
            description="HTTP paths: exact, or with a * at the beginning or the end.",
            examples=[["/v1/*"]],
        ),
    ] = field(default_factory=list)
    not_paths: Annotated[list[str], Meta(min_length=1, description="All HTTP paths but these.")] = field(
        default_factory=list
    )
    hosts: Annotated[
        list[str],
        Meta(min_length=1, description="Hosts of the HTTP requests: exact, or with a * at the beginning or the end."),
    ] = field(default_factory=list)
    ports: Annotated[
        list[Annotated[int, Meta(ge=1, le=65535)]],
        Meta(min_length=1, description="Ports of the called containers, not of their Service.", examples=[[8080]]),
    ] = field(default_factory=list)


class Rule(_Section, frozen=True, kw_only=True):
    """One rule of a policy: from whom, to what."""

    from_: Annotated[From | None, Meta(description="Who calls (default: anybody).")] = field(name="from", default=None)
    to: Annotated[
        To | None,
        Meta(
            description="What is called (default: anything). On a port that Istio takes for TCP, an ALLOW rule with "
            "HTTP fields matches nothing, and a DENY rule matches as if it had none: all TCP traffic of its callers, "
            "on its `ports` alone where it names some."
        ),
    ] = None


class Policy(_Section, frozen=True, kw_only=True):
    """An AuthorizationPolicy for the workloads of one namespace, in all clusters of the mesh."""

    name: Annotated[Label, Meta(description="The AuthorizationPolicy's name.", examples=["cart-only"])]
    namespace: Annotated[Label, Meta(description="The namespace of the called workloads, one of this blueprint.")]
    description: Annotated[str, Meta(max_length=1000, description="What it is for; it stands in an annotation.")] = ""
    selector: Annotated[
        Strings,
        Meta(description="Labels of the called workloads (default: all of the namespace).",
             examples=[{"app": "payment"}]),
    ] = field(default_factory=dict)  # fmt: skip
    action: Annotated[
        Literal["ALLOW", "DENY"],
        Meta(description="What becomes of a call that one of the rules fits. Where a workload has an ALLOW, all that "
             "none allows is refused; a DENY counts before every ALLOW."),
    ] = "ALLOW"  # fmt: skip
    rules: Annotated[list[Rule], Meta(description="Empty: ALLOW allows nobody; DENY must have at least one.")] = field(
        default_factory=list
    )


class Exposure(_Section, frozen=True, kw_only=True):
    """What the east-west gateways expose."""

    profile: Annotated[
        Literal["hardened", "article"],
        Meta(
            description="hardened: exported namespaces and istiod's own names only, NetworkPolicies for istiod and the "
            "gateways; article: every Service, any name, no NetworkPolicy."
        ),
    ] = "hardened"


class Demo(_Section, frozen=True, kw_only=True):
    """The article's demo: helloworld and sleep in every cluster."""

    enabled: Annotated[bool, Meta(description="Whether the demo is installed.")] = False
    namespace: Annotated[Label, Meta(description="The namespace in which it runs, in every cluster.")] = "multi-cluster"


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


class SecretStore(_Section, frozen=True, kw_only=True):
    """The store through which External Secrets reads the provider; it has credentials, and mcgen makes none."""

    name: Annotated[
        SecretName, Meta(description="Its name, the same in every cluster that reads secrets.", examples=["mesh"])
    ]
    kind: Annotated[
        Literal["ClusterSecretStore", "SecretStore"],
        Meta(description="Its kind; a SecretStore is in the namespace istio-system."),
    ] = "ClusterSecretStore"


class Secrets(_Section, frozen=True, kw_only=True):
    """How the secrets of the mesh reach the clusters that use them: remote secrets, and the CAs of primaries."""

    backend: Annotated[
        Literal["sealed-secrets", "external-secrets"],
        Meta(description="sealed-secrets: they are in Git, sealed for the cluster that opens them; external-secrets: "
             "they are with a provider, from which External Secrets fetches them."),
    ] = "sealed-secrets"  # fmt: skip
    store: Annotated[
        SecretStore | None,
        Meta(description="The store of External Secrets, with that backend (default: none, which is an error then)."),
    ] = None
    prefix: Annotated[
        KeyPrefix | None, Meta(description="What the keys in the provider begin with (default: nothing).")
    ] = None
    property: Annotated[
        KeyProperty | None,
        Meta(description="The property of a key under which the value stands, where the provider has such, as Vault "
             "does (default: the value is all there is)."),
    ] = None  # fmt: skip


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
    git: Annotated[JobGit, Meta(description="How it reaches the repository, and where it pushes.")] = JobGit()


class Target(_Section, frozen=True, kw_only=True):
    """Which object a patch is for: Kustomize's selector, values are anchored regular expressions."""

    group: Annotated[str | None, Meta(description="API group.", examples=["apps"])] = None
    version: Annotated[str | None, Meta(description="API version.", examples=["v1"])] = None
    kind: Annotated[str | None, Meta(description="Kind.", examples=["IstioOperator"])] = None
    name: Annotated[str | None, Meta(description="The object's name.", examples=["helloworld-.*"])] = None
    namespace: Annotated[str | None, Meta(description="The object's namespace.")] = None
    label_selector: Annotated[
        str | None, Meta(description="Labels, as kubectl's --selector.", examples=["app=sleep"])
    ] = None
    annotation_selector: Annotated[str | None, Meta(description="Annotations, in the same way.")] = None


class Patch(_Section, frozen=True, kw_only=True):
    """A Kustomize patch that is passed to the overlay of one stage as it stands."""

    stage: Annotated[str, Meta(description="The stage whose overlay gets the patch.", examples=["control-plane"])]
    clusters: Annotated[
        list[Label] | None, Meta(description="In which clusters (default: wherever the stage exists).")
    ] = None
    target: Annotated[Target, Meta(description="Which objects it changes.")]
    patch: Annotated[
        str | Tree | list[Tree],
        Meta(description="A strategic merge patch (a mapping), a JSON 6902 patch (a list), or either as text."),
    ]


class Blueprint(_Section, frozen=True, kw_only=True, dict=True):
    """One Istio service mesh over many clusters, and the Git repository that describes it."""

    api_version: Annotated[Literal["mcgen/v1alpha1"], Meta(description="The version of this format.")]
    kind: Annotated[Literal["Mesh"], Meta(description="Always the same.")]
    metadata: Annotated[Metadata, Meta(description="The mesh's name.")]
    gitops: Annotated[GitOps, Meta(description="The Git repository and the Argo CD that syncs it.")]
    istio: Annotated[Istio, Meta(description="Which Istio, and with which settings.")]
    clusters: Annotated[list[Cluster], Meta(min_length=1, description="The clusters: primaries and their remotes.")]
    mesh: Annotated[Mesh, Meta(description="The mesh's identity in Istio.")] = Mesh()
    trust: Annotated[Trust, Meta(description="Who signs the certificates of the workloads.")] = Trust()
    namespaces: Annotated[list[Namespace], Meta(description="The namespaces that mcgen owns.")] = field(
        default_factory=list
    )
    policies: Annotated[list[Policy], Meta(description="Who may call what.")] = field(default_factory=list)
    exposure: Annotated[Exposure, Meta(description="What the east-west gateways let through.")] = Exposure()
    demo: Annotated[Demo, Meta(description="Two small programs to try the mesh with.")] = Demo()
    addons: Annotated[Addons, Meta(description="What the mesh needs beside itself, and who installs it.")] = Addons()
    secrets: Annotated[
        Secrets, Meta(description="How remote secrets, and the CAs of primaries, reach the clusters that use them.")
    ] = Secrets()
    bootstrap: Annotated[
        BootstrapJob | None,
        Meta(description="A job that seals unattended (default: there is none, and a person runs `mcgen bootstrap`)."),
    ] = None
    patches: Annotated[list[Patch], Meta(description="Kustomize patches, for what the blueprint has no field for.")] = (
        field(default_factory=list)
    )

    @cached_property
    def primaries(self) -> tuple[str, ...]:
        """Return the names of the clusters in which istiod runs."""
        return tuple(cluster.name for cluster in self.clusters if cluster.role == "primary")


def convert(data: Any) -> Blueprint:
    """Return the typed blueprint of data that fits the schema; raise msgspec.ValidationError otherwise."""
    return msgspec.convert(data, Blueprint)
