"""Stage revision-tag: the tag `default`, which decides which istiod injects a pod that asks for no revision.

The objects that `istioctl tag set default` makes, as istioctl renders them with `revisionTags: [default]`
(manifests/charts/istio-control/istio-discovery/templates/revision-tags-mwc.yaml, charts/default); a test compares
them. They have a stage of their own because the tag moves in place: as a part of the control plane that it leads to,
it would be deleted in one Application and made in another, and pods that start in between would have no sidecar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.manifests import kustomize
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.upgrades import Revision

_ADMISSION = "admissionregistration.k8s.io/v1"
_CONFIGURATION = [f"{group}.istio.io" for group in ("security", "networking", "telemetry", "extensions")]


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the tag's injector, and on a primary, whose istiod reads configuration, its validator."""
    revision = step.revision
    if revision is None:
        raise TypeError("a tag leads to an istiod")
    path = "/inject" if step.cluster.is_primary else names.injection_path(step.cluster.id, step.cluster.network)
    options: Data = mesh.istio.values.get("sidecarInjectorWebhook") or {}
    document = injector(revision, path, options, step.cluster.webhook_annotations)
    files = [File(path=f"{step.path}/injector.yaml", documents=(document,), origin=step.origin)]
    if step.cluster.is_primary:
        document = validator(revision)
        files.append(File(path=f"{step.path}/validator.yaml", documents=(document,), origin=step.origin))
    yield kustomize.overlay(mesh, step, [file.path.rpartition("/")[2] for file in files])
    yield from files


def injector(revision: Revision, path: str, options: Data, annotations: dict[str, str]) -> Data:
    """Return the webhook for pods.

    path: where that istiod injects for the cluster; options: Istio's values `sidecarInjectorWebhook`, as far as given;
    annotations: those of the webhook.
    """
    selectors = {
        "rev.namespace": ([_is(names.REVISION, names.DEFAULT_TAG), _lacks(names.INJECTION)], [_NOT_REFUSED]),
        "rev.object": (
            [_lacks(names.REVISION), _lacks(names.INJECTION)],
            [_NOT_REFUSED, _is(names.REVISION, names.DEFAULT_TAG)],
        ),
        "namespace": ([_is(names.INJECTION, "enabled")], [_NOT_REFUSED]),
        "object": (
            [_lacks(names.INJECTION), _lacks(names.REVISION)],
            [_is(names.INJECT, "true"), _lacks(names.REVISION)],
        ),
    }
    if options.get("enableNamespacesByDefault") is True:
        others = [_lacks(names.INJECTION), _lacks(names.REVISION), _NOT_SYSTEM]
        selectors["auto"] = others, [_lacks(names.INJECT), _lacks(names.REVISION)]
    return {
        "apiVersion": _ADMISSION,
        "kind": "MutatingWebhookConfiguration",
        "metadata": {
            "name": names.TAG_INJECTOR,
            "labels": {"app": "sidecar-injector", **_labels(revision)},
            **({"annotations": annotations} if annotations else {}),
        },
        "webhooks": [
            {
                "name": f"{prefix}.sidecar-injector.istio.io",
                "clientConfig": {"service": _service(revision, path) | {"port": 443}},
                "sideEffects": "None",
                "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
                "failurePolicy": "Fail",
                "reinvocationPolicy": str(options.get("reinvocationPolicy", "Never")),
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchExpressions": spaces},
                "objectSelector": {"matchExpressions": pods},
            }
            for prefix, (spaces, pods) in selectors.items()
        ],
    }


def validator(revision: Revision) -> Data:
    """Return the webhook for Istio's configuration that names no revision."""
    return {
        "apiVersion": _ADMISSION,
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {
            "name": names.DEFAULT_VALIDATOR,
            "labels": {"app": "istiod", "istio": "istiod", **_labels(revision)},
        },
        "webhooks": [
            {
                "name": "validation.istio.io",
                "clientConfig": {"service": _service(revision, "/validate")},
                "rules": [
                    {
                        "operations": ["CREATE", "UPDATE"],
                        "apiGroups": _CONFIGURATION,
                        "apiVersions": ["*"],
                        "resources": ["*"],
                    }
                ],
                # istiod makes it Fail, and puts its CA in, once it can answer.
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "objectSelector": {"matchExpressions": [_lacks(names.REVISION)]},
            }
        ],
    }


def _labels(revision: Revision) -> dict[str, str]:
    return {names.REVISION: revision.label, names.TAG: names.DEFAULT_TAG}


def _service(revision: Revision, path: str) -> Data:
    return {"name": names.istiod(revision.name), "namespace": names.ISTIO_SYSTEM, "path": path}


def _is(key: str, value: str) -> Data:
    return {"key": key, "operator": "In", "values": [value]}


def _lacks(key: str) -> Data:
    return {"key": key, "operator": "DoesNotExist"}


_NOT_REFUSED: Data = {"key": names.INJECT, "operator": "NotIn", "values": ["false"]}
_NOT_SYSTEM: Data = {
    "key": names.NAMESPACE_NAME,
    "operator": "NotIn",
    "values": ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"],
}
