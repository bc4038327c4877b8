"""Objects, and targets with what they select: for mcgen's own reading, and for the real kustomize beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.blueprint import Target

if TYPE_CHECKING:
    from mcgen.tree import Data

OBJECTS: tuple[Data, ...] = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a", "size": "5"}}},
    {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "sleep",
            "namespace": "shop",
            "labels": {"app": "sleep", "empty": ""},
            "annotations": {"note": "x", "example.com/n": "-1"},
        },
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "helloworld-v1", "labels": {"app": "helloworld", "version": "v1"}},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "b"}]}}},
    },
    {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {"name": "control-plane", "namespace": "istio-system"},
        "spec": {"profile": "remote"},
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "istio-reader-gke"},
        "rules": [],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "istio-reader-gke-1"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "istio-reader-gke"},
        "subjects": [],
    },
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "sealedsecrets.bitnami.com"},
        "spec": {"group": "bitnami.com"},
    },
    {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "istio-remote-secret-aks", "namespace": "istio-system", "labels": {"app": "0"}},
        "spec": {},
    },
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "sleep", "namespace": "istio-system"},
        "spec": {"selector": {"istio": "eastwestgateway"}},
    },
)
KINDS = tuple(document["kind"] for document in OBJECTS)
ALL = frozenset(KINDS)
UNREADABLE = None
"""Instead of kinds: neither mcgen nor kustomize can read the target."""

_FIELDS = {"labels": "label_selector", "annotations": "annotation_selector"}


def _row(kinds: str | None, **fields: str) -> tuple[dict[str, str], frozenset[str] | None]:
    names = {_FIELDS.get(name, name): value for name, value in fields.items()}
    return names, None if kinds is None else frozenset(kinds.split())


TARGETS: list[tuple[dict[str, str], frozenset[str] | None]] = [
    ({}, ALL),
    ({"name": "", "kind": "", "group": "", "version": "", "namespace": "", "label_selector": ""}, ALL),
    _row("Deployment", kind="Deployment"),
    _row("", kind="deployment"),
    _row("", kind="Deploy"),
    _row("Deployment", kind="Deploy.*"),
    _row("Deployment", kind="^Deployment$"),
    _row("ClusterRole ClusterRoleBinding", kind="ClusterRole.*"),
    _row("ClusterRole ClusterRoleBinding", kind="ClusterRole(Binding)?"),
    _row("ClusterRole ClusterRoleBinding Namespace", kind="Cluster.+|Namespace"),
    _row("Deployment", group="apps"),
    _row("", group="app"),
    _row("Gateway IstioOperator", group=".*istio.io"),
    _row(
        "ClusterRole ClusterRoleBinding CustomResourceDefinition Deployment Gateway Namespace ServiceAccount",
        version="v1",
    ),
    _row("IstioOperator SealedSecret", version="v1alpha[0-9]"),
    _row("Deployment", name="helloworld-.*"),
    _row("Deployment", name="helloworld-v[12]"),
    _row("Deployment", name="helloworld-v\\d"),
    _row("Deployment", name="hello.{0,20}"),
    _row("Deployment", name="(hello|good)world-v1"),
    _row("", name="helloworld"),
    _row("", name="HELLOWORLD-V1"),
    _row("Gateway ServiceAccount", name="sl(ee)?p"),
    _row("Gateway Namespace ServiceAccount", name="s.*p"),
    _row("Gateway ServiceAccount Namespace", name="sleep|shop"),
    _row("ServiceAccount", name="sleep", namespace="shop"),
    _row("Deployment", namespace="default"),
    _row("ServiceAccount", namespace="shop"),
    _row("Gateway IstioOperator SealedSecret", namespace="istio-.*"),
    _row("ClusterRole ClusterRoleBinding CustomResourceDefinition Namespace", namespace="_non_namespaceable_"),
    ({"namespace": ".+"}, ALL),
    _row("Gateway", kind="Gateway", group="networking.istio.io", version="v1", name="sleep", namespace="istio-system"),
    _row("", kind="Gateway", namespace="shop"),
    _row("Deployment SealedSecret ServiceAccount", labels="app"),
    _row("ClusterRole ClusterRoleBinding CustomResourceDefinition Gateway IstioOperator Namespace", labels="!app"),
    _row("ClusterRole ClusterRoleBinding CustomResourceDefinition Gateway IstioOperator Namespace", labels=" ! app "),
    _row("ServiceAccount", labels="app=sleep"),
    _row("ServiceAccount", labels="app == sleep"),
    _row("SealedSecret", labels="app=0"),
    _row(
        "ClusterRole ClusterRoleBinding CustomResourceDefinition Deployment Gateway IstioOperator Namespace "
        "SealedSecret",
        labels="app!=sleep",
    ),
    _row("Deployment ServiceAccount", labels="app in (sleep,helloworld)"),
    _row("Deployment ServiceAccount", labels="app in(sleep , helloworld)"),
    _row("ServiceAccount", labels="app in (sleep,)"),
    _row("Deployment SealedSecret", labels="app notin (sleep), app"),
    _row("", labels="app in ()"),
    _row("ServiceAccount", labels="empty in ()"),
    _row("ServiceAccount", labels="empty="),
    _row("ServiceAccount", labels="empty"),
    _row("Deployment", labels="app=helloworld,version=v1"),
    _row("", labels="app=helloworld,version=v2"),
    _row("Namespace", labels="size>4"),
    _row("", labels="size>5"),
    _row("Namespace", labels="size < 6"),
    _row("", labels="size<5"),
    _row("", labels="team>0"),
    _row("", labels="in"),
    _row("", labels="in in (in)"),
    _row("", labels="example.com/app=sleep"),
    ({"label_selector": " "}, ALL),
    _row("ServiceAccount", annotations="note=x"),
    _row("ServiceAccount", annotations="example.com/n"),
    _row("ServiceAccount", annotations="example.com/n < 0"),
    _row("", annotations="note=x", kind="Deployment"),
    _row(UNREADABLE, name="["),
    _row(UNREADABLE, name="hello(world"),
    _row(UNREADABLE, name="a**"),
    _row(UNREADABLE, name="*"),
    _row(UNREADABLE, kind="[z-a]"),
    _row(UNREADABLE, name="sleep(?=-east)"),
    _row(UNREADABLE, labels="app=sleep,"),
    _row(UNREADABLE, labels=",app"),
    _row(UNREADABLE, labels="app=a=b"),
    _row(UNREADABLE, labels="app b"),
    _row(UNREADABLE, labels="app in sleep"),
    _row(UNREADABLE, labels="app in (sleep"),
    _row(UNREADABLE, labels="appin(sleep)"),
    _row(UNREADABLE, labels="app in (a b)"),
    _row(UNREADABLE, labels="!app=a"),
    _row(UNREADABLE, labels="=a"),
    _row(UNREADABLE, labels="()"),
    _row(UNREADABLE, labels="a/b/c=d"),
    _row(UNREADABLE, labels="a..b/c"),
    _row(UNREADABLE, labels="-a"),
    _row(UNREADABLE, labels="app=-a"),
    _row(UNREADABLE, labels="app=ü"),
    _row(UNREADABLE, labels="size>five"),
    _row(UNREADABLE, labels="size>-5"),
    _row(UNREADABLE, labels=f"a={'x' * 64}"),
    _row(UNREADABLE, annotations="note=any text"),
]

# What Go's engine takes and mcgen does not: refused rather than read otherwise.
REFUSED = (
    "(?i)SLEEP",
    "[[:alpha:]]+",
    "(ab)+",
    "(a+)+",
    "(a|b){2}",
    "\\pL",
    "\\bsleep",
    "a.*b.*c.*d.*e",
    "é",
    "x{1000}",
)


def target(fields: dict[str, Any]) -> Target:
    return Target(**fields)
