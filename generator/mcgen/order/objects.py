"""What the proof remembers of an object: a few strings, never the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mcgen import names
from mcgen.order import argocd, istio

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.tree import Data

GroupKind: TypeAlias = tuple[str, str]

JOB: GroupKind = ("batch", "Job")
NAMESPACE: GroupKind = ("", "Namespace")
APPLICATION: GroupKind = ("argoproj.io", "Application")
APPLICATION_SET: GroupKind = ("argoproj.io", "ApplicationSet")
APP_PROJECT: GroupKind = ("argoproj.io", "AppProject")
OPERATOR: GroupKind = ("install.istio.io", "IstioOperator")
SERVICE_ACCOUNT: GroupKind = ("", "ServiceAccount")
SECRET: GroupKind = ("", "Secret")
SEALED_SECRET: GroupKind = ("bitnami.com", "SealedSecret")
CRD: GroupKind = ("apiextensions.k8s.io", "CustomResourceDefinition")
BINDING: GroupKind = ("rbac.authorization.k8s.io", "ClusterRoleBinding")
ISTIO_GATEWAY: GroupKind = ("networking.istio.io", "Gateway")

CLUSTER_SCOPED = {
    NAMESPACE,
    CRD,
    BINDING,
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
}

# Argo CD leaves such objects out when it sums up the health of their Application.
ASIDE = ("argocd.argoproj.io/ignore-healthcheck", "argocd.argoproj.io/hook", "helm.sh/hook")
INJECT = "sidecar.istio.io/inject"
REVISION = "istio.io/rev"


class Obj(NamedTuple):
    """One object. wave: its own inside its Application; aside: not part of its Application's health.

    facts: what its kind needs, see _READERS.
    """

    path: str
    index: int
    kind: GroupKind
    namespace: str
    name: str
    wave: int
    aside: bool
    facts: Any

    @property
    def title(self) -> str:
        """Return kind and name."""
        return f"{self.kind[1]} '{self.name}'"


class Malformed(ValueError):
    """A document is not what its kind should look like."""


def read(path: str, index: int, document: Data) -> Obj:
    """Return what is remembered of a document; raise Malformed when it is no Kubernetes object."""
    try:
        metadata = document["metadata"]
        kind = _KINDS[document["apiVersion"], document["kind"]]
        name, namespace = metadata["name"], metadata.get("namespace") or ""
        if type(name) is not str or type(namespace) is not str:
            raise Malformed("metadata.name and metadata.namespace must be text")
        wave, aside = 0, False
        if annotations := metadata.get("annotations"):
            wave = argocd.wave(annotations) or 0
            aside = any(key in annotations for key in ASIDE)
        reader = _READERS.get(kind)
        return Obj(path, index, kind, namespace, name, wave, aside, reader(document) if reader else None)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise Malformed(f"it is not what its kind should look like ({type(error).__name__}: {error})") from error


class _Kinds(dict[tuple[str, str], GroupKind]):
    """The group and kind of each API version and kind, split once."""

    def __missing__(self, key: tuple[str, str]) -> GroupKind:
        version, kind = key
        group = version.rpartition("/")[0]
        if type(kind) is not str:
            raise Malformed("kind must be text")
        found = self[key] = (group, kind)
        return found


_KINDS = _Kinds()


def _namespace(document: Data) -> bool:
    """Return whether pods that start in it are injected."""
    labels = document["metadata"].get("labels") or {}
    return labels.get(names.INJECTION) == "enabled" or REVISION in labels


def _pod(metadata: Data) -> bool | None:
    """Return whether a pod asks for injection itself; None leaves it to its namespace."""
    labels = metadata.get("labels") or {}
    asked = (metadata.get("annotations") or {}).get(INJECT, labels.get(INJECT))
    return None if asked is None else asked == "true"


def _template(document: Data) -> bool | None:
    return _pod(document["spec"]["template"].get("metadata") or {})


def _cron_job(document: Data) -> bool | None:
    return _template(document["spec"]["jobTemplate"])


def _bare_pod(document: Data) -> bool | None:
    return _pod(document["metadata"])


class Job(NamedTuple):
    """A Job. suspended: whether it is a gate; inject: as for other workloads."""

    suspended: bool
    inject: bool | None


def _job(document: Data) -> Job:
    return Job(document["spec"].get("suspend") is True, _template(document))


def _token(document: Data) -> str:
    """Return whose token a Secret holds; empty for every other Secret."""
    if document.get("type") != "kubernetes.io/service-account-token":
        return ""
    return argocd.text(document["metadata"]["annotations"][names.SERVICE_ACCOUNT_NAME])


def _remote(document: Data) -> str:
    """Return the ID of the cluster that a sealed remote secret leads to; empty for every other SealedSecret."""
    template = (document["spec"].get("template") or {}).get("metadata") or {}
    if (template.get("labels") or {}).get(names.MULTI_CLUSTER) != "true":
        return ""
    return argocd.text(template["annotations"][names.REMOTE_CLUSTER])


def _bound(document: Data) -> tuple[str, ...]:
    """Return the ServiceAccounts that a ClusterRoleBinding is for."""
    subjects = document.get("subjects") or ()
    return tuple(argocd.text(s["name"]) for s in subjects if s["kind"] == "ServiceAccount")


def _selector(document: Data) -> tuple[str, ...]:
    """Return the labels of the gateway pods that an Istio Gateway configures."""
    return istio.pairs(document["spec"].get("selector") or {})


WORKLOADS: dict[GroupKind, Callable[[Data], Any]] = {
    ("apps", "Deployment"): _template,
    ("apps", "StatefulSet"): _template,
    ("apps", "DaemonSet"): _template,
    ("apps", "ReplicaSet"): _template,
    ("batch", "CronJob"): _cron_job,
    ("", "Pod"): _bare_pod,
}
_READERS: dict[GroupKind, Callable[[Data], Any]] = {
    **WORKLOADS,
    JOB: _job,
    NAMESPACE: _namespace,
    SECRET: _token,
    SEALED_SECRET: _remote,
    BINDING: _bound,
    ISTIO_GATEWAY: _selector,
    OPERATOR: istio.operator,
    APPLICATION: argocd.application,
    APPLICATION_SET: argocd.application_set,
    APP_PROJECT: argocd.project,
}
