"""Stage sealed-secrets: the controller that opens sealed remote secrets, as its makers' own manifests have it.

Source: github.com/bitnami-labs/sealed-secrets, controller.jsonnet and controller-norbac.jsonnet of the version in
`names`; a test compares the rules. What differs is less:

- No right to read Namespaces: the controller uses it with --additional-namespaces only.
- Others may get from the Service, not post to it: `kubeseal --fetch-cert` gets. What posts is --validate and
  --re-encrypt, and the makers closed a leak of secrets behind the latter in 0.40.0 (their issue 2049).
- No Service for metrics: the container's port has a name, by which a PodMonitor finds it.
- The pod gets requests and a limit, and no environment variables about other Services.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from mcgen import addons, layout, names, stages
from mcgen.manifests import kustomize, restricted
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.addons import SealedSecrets
    from mcgen.chain import Step
    from mcgen.mesh import Mesh

BASE = layout.base(stages.SEALED_SECRETS)
CRD = Path(__file__).parent.parent / "packaged" / "sealed-secrets-crd.yaml"
IMAGE = f"docker.io/bitnami/sealed-secrets-controller:{names.SEALED_SECRETS_VERSION}"

_UNSEALER, _KEYS, _PROXIER = "secrets-unsealer", "sealed-secrets-key-admin", "sealed-secrets-service-proxier"
_HTTP, _METRICS = 8080, 8081


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield what runs wherever sealed secrets are opened; nothing where somebody else installs it, or none are."""
    if not (mesh.sealed_secrets.managed and any(cluster.opens for cluster in mesh.clusters)):
        return
    addon = mesh.sealed_secrets
    files = {
        f"{BASE}/crd.yaml": (_crd(),),
        f"{BASE}/rbac.yaml": tuple(_rbac(addon)),
        layout.SEALED_SECRETS_CONTROLLER: (_deployment(addon), _service(addon)),
    }
    yield kustomize.kustomization(BASE, [path.rpartition("/")[2] for path in files], origin=addons.SEALED_SECRETS)
    for path, documents in files.items():
        yield File(path=path, documents=documents, origin=addons.SEALED_SECRETS)


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the overlay of one consumer: nothing differs but what the blueprint patches."""
    yield kustomize.overlay(mesh, step, [layout.up(step.path, BASE)])


def unsealer_rules() -> list[Data]:
    """Return what the controller may do in every namespace: SealedSecrets can lie anywhere, and so their Secrets."""
    return [
        _rule(["bitnami.com"], ["sealedsecrets"], ["get", "list", "watch"]),
        _rule(["bitnami.com"], ["sealedsecrets/status"], ["update"]),
        _rule([""], ["secrets"], ["get", "list", "create", "update", "delete", "watch"]),
        _rule([""], ["events"], ["create", "patch"]),
    ]


def key_rules() -> list[Data]:
    """Return what the controller may do where its sealing keys are: their names are made up as they are made."""
    return [_rule([""], ["secrets"], ["create", "list"])]


def certificate_rules(controller: str) -> list[Data]:
    """Return what everybody with an account may do: find the Service, and get the certificate from it.

    kubeseal puts scheme and port into the name of what it gets (net.JoinSchemeNamePort).
    """
    proxied = [f"http:{controller}:", f"http:{controller}:http", controller]
    return [
        _rule([""], ["services"], ["get"]) | {"resourceNames": [controller]},
        _rule([""], ["services/proxy"], ["get"]) | {"resourceNames": proxied},
    ]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> Data:
    return {"apiGroups": groups, "resources": resources, "verbs": verbs}


@cache
def _definition() -> Data:
    definition: Data = yaml.load(CRD.read_bytes(), Loader=yaml.CSafeLoader)
    return definition


def _crd() -> Data:
    definition = copy.deepcopy(_definition())
    # With the definition all SealedSecrets are deleted, and with them the Secrets that istiod reads.
    definition["metadata"]["annotations"][names.SYNC_OPTIONS] = names.CONFIRM_DELETION
    return definition


def _rbac(addon: SealedSecrets) -> Iterator[Data]:
    name = addon.controller
    account: Data = {"kind": "ServiceAccount", "name": name, "namespace": addon.namespace}
    everybody: Data = {"apiGroup": names.RBAC_GROUP, "kind": "Group", "name": "system:authenticated"}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(addon, name)}
    yield {
        "apiVersion": names.RBAC,
        "kind": "ClusterRole",
        "metadata": {"name": _UNSEALER},
        "rules": unsealer_rules(),
    }
    yield _binding("Cluster", {"name": name}, _UNSEALER, account)
    for role, rules, binding, subject in (
        (_KEYS, key_rules(), name, account),
        (_PROXIER, certificate_rules(name), _PROXIER, everybody),
    ):
        yield {"apiVersion": names.RBAC, "kind": "Role", "metadata": _metadata(addon, role), "rules": rules}
        yield _binding("", _metadata(addon, binding), role, subject)


def _binding(scope: str, metadata: Data, role: str, subject: Data) -> Data:
    return {
        "apiVersion": names.RBAC,
        "kind": f"{scope}RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": names.RBAC_GROUP, "kind": f"{scope}Role", "name": role},
        "subjects": [subject],
    }


def _metadata(addon: SealedSecrets, name: str) -> Data:
    return {"name": name, "namespace": addon.namespace}


def _labels(addon: SealedSecrets) -> dict[str, str]:
    return {"name": addon.controller}


def _service(addon: SealedSecrets) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(addon, addon.controller) | {"labels": _labels(addon)},
        "spec": {"ports": [{"name": "http", "port": _HTTP, "targetPort": "http"}], "selector": _labels(addon)},
    }


def _deployment(addon: SealedSecrets) -> Data:
    pod: Data = {
        "serviceAccountName": addon.controller,
        "enableServiceLinks": False,
        "securityContext": restricted.pod(1001) | {"fsGroup": 65534},
        "containers": [_container()],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(addon, addon.controller) | {"labels": _labels(addon)},
        "spec": {
            # Two would make sealing keys one beside the other.
            "replicas": 1,
            "selector": {"matchLabels": _labels(addon)},
            "template": {"metadata": {"labels": _labels(addon)}, "spec": pod},
        },
    }


def _container() -> Data:
    health: Data = {"httpGet": {"path": "/healthz", "port": "http"}}
    return {
        "name": names.SEALED_SECRETS_CONTROLLER,
        "image": IMAGE,
        "command": ["controller"],
        "ports": [{"name": "http", "containerPort": _HTTP}, {"name": "metrics", "containerPort": _METRICS}],
        "livenessProbe": health,
        "readinessProbe": health,
        # It keeps all Secrets of the cluster in memory.
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": restricted.container(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
