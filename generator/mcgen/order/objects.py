"""What the proof remembers of an object: a few strings, never the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import names
from mcgen.order import argocd, istio, kinds
from mcgen.order.kinds import (
    APP_PROJECT,
    APPLICATION,
    APPLICATION_SET,
    BINDING,
    DEPLOYMENT,
    EXTERNAL_SECRET,
    ISTIO_GATEWAY,
    JOB,
    MUTATING_WEBHOOK,
    NAMESPACE,
    OPERATOR,
    SEALED_SECRET,
    SECRET,
    Kind,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.tree import Data

# Argo CD leaves such objects out when it sums up the health of their Application.
ASIDE = frozenset(("argocd.argoproj.io/ignore-healthcheck", "argocd.argoproj.io/hook", "helm.sh/hook"))
OUT_OF_HEALTH = "an annotation takes it out of the health"
INJECT = "sidecar.istio.io/inject"


class Obj(NamedTuple):
    """One object, the document `number` (from 0) of its file.

    wave: its own inside its Application; aside: why its being Healthy does not mean that it is there, empty where it
    does; facts: what the reader of its kind returns.
    """

    path: str
    number: int
    kind: Kind
    namespace: str
    name: str
    wave: int
    aside: str
    facts: Any

    @property
    def title(self) -> str:
        """Return kind and name."""
        return f"{kinds.words(self.kind)} '{self.name}'"


class MalformedError(ValueError):
    """A document is not what its kind should look like."""


def read(path: str, number: int, document: Data) -> Obj:
    """Return what is remembered of a document; raise MalformedError when it is no Kubernetes object."""
    try:
        metadata = document["metadata"]
        kind = _KINDS[document["apiVersion"], document["kind"]]
        name, namespace = metadata["name"], metadata.get("namespace") or ""
        if type(name) is not str or type(namespace) is not str:
            raise MalformedError("metadata.name and metadata.namespace must be text")
        wave, aside = 0, ""
        if annotations := metadata.get("annotations"):
            wave = argocd.wave(annotations) or 0
            aside = "" if ASIDE.isdisjoint(annotations) else OUT_OF_HEALTH
        if kind == EXTERNAL_SECRET:
            aside = aside or _unfetched(document)
        reader = _READERS.get(kind)
        return Obj(path, number, kind, namespace, name, wave, aside, reader(document) if reader else None)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise MalformedError(f"it is not what its kind should look like ({type(error).__name__}: {error})") from error


class _Kinds(dict[tuple[str, str], Kind]):
    """The kind behind each pair of API version and kind, put together once."""

    def __missing__(self, key: tuple[str, str]) -> Kind:
        version, kind = key
        group = version.rpartition("/")[0]
        found = self[key] = f"{group}/{argocd.text(kind)}"
        return found


_KINDS = _Kinds()


def _namespace(document: Data) -> bool:
    """Return whether pods that start in it are injected."""
    labels = document["metadata"].get("labels") or {}
    return labels.get(names.INJECTION) == "enabled" or names.REVISION in labels


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


def _tag(document: Data) -> str:
    """Return the revision to which the tag `default` leads (`default` for the istiod without one); empty for others."""
    labels = document["metadata"].get("labels") or {}
    return argocd.text(labels[names.REVISION]) if labels.get(names.TAG) == names.DEFAULT_TAG else ""


def _remote(document: Data) -> str:
    """Return the ID of the cluster that a sealed remote secret leads to; empty for every other SealedSecret."""
    template = (document["spec"].get("template") or {}).get("metadata") or {}
    if (template.get("labels") or {}).get(names.MULTI_CLUSTER) != "true":
        return ""
    return argocd.text(template["annotations"][names.REMOTE_CLUSTER])


def _external(document: Data) -> str:
    """Return the ID of the cluster that the remote secret of an ExternalSecret leads to; empty for every other one."""
    return _remote({"spec": document["spec"]["target"]})


def _unfetched(document: Data) -> str:
    """Return why an ExternalSecret can be Ready without its Secret, empty when it cannot: see its controller."""
    target = document["spec"].get("target") or {}
    if target.get("deletionPolicy", "Retain") != "Retain":
        return "its deletionPolicy makes it Ready without its Secret as well, which spoils the health"
    if target.get("creationPolicy", "Owner") not in ("Owner", "Orphan"):
        return "its creationPolicy makes it Ready without its Secret as well, which spoils the health"
    return ""


def _bound(document: Data) -> tuple[str, ...]:
    """Return the ServiceAccounts that a ClusterRoleBinding is for."""
    subjects = document.get("subjects") or ()
    return tuple(argocd.text(s["name"]) for s in subjects if s["kind"] == "ServiceAccount")


def _selector(document: Data) -> tuple[str, ...]:
    """Return the labels of the gateway pods that an Istio Gateway configures."""
    return istio.pairs(document["spec"].get("selector") or {})


WORKLOADS: dict[Kind, Callable[[Data], Any]] = {
    DEPLOYMENT: _template,
    "apps/StatefulSet": _template,
    "apps/DaemonSet": _template,
    "apps/ReplicaSet": _template,
    "batch/CronJob": _cron_job,
    "/Pod": _bare_pod,
    JOB: _job,
}
_READERS: dict[Kind, Callable[[Data], Any]] = {
    **WORKLOADS,
    NAMESPACE: _namespace,
    SECRET: _token,
    SEALED_SECRET: _remote,
    EXTERNAL_SECRET: _external,
    BINDING: _bound,
    ISTIO_GATEWAY: _selector,
    MUTATING_WEBHOOK: _tag,
    OPERATOR: istio.operator,
    APPLICATION: argocd.application,
    APPLICATION_SET: argocd.application_set,
    APP_PROJECT: argocd.project,
}
