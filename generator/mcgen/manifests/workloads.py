"""Stage workloads: the demo. Both versions of helloworld behind one Service, and sleep to call it from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, stages
from mcgen.manifests import kustomize, restricted
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Cluster, Mesh

BASE = layout.base(stages.WORKLOADS)
CURL_IMAGE = "docker.io/curlimages/curl:8.16.0"


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield what all clusters run, and one folder per version of helloworld; nothing without the demo."""
    if not mesh.demo:
        return
    yield kustomize.kustomization(BASE, ["helloworld.yaml", "sleep.yaml"])
    yield File(
        path=f"{BASE}/helloworld.yaml", documents=_in(mesh.demo, _account("helloworld"), _service("helloworld", 5000))
    )
    yield File(path=f"{BASE}/sleep.yaml", documents=_in(mesh.demo, _account("sleep"), _service("sleep", 80), _sleep()))
    for version in sorted({_version(mesh, cluster) for cluster in mesh.clusters}):
        folder = f"{BASE}/helloworld-{version}"
        yield kustomize.kustomization(folder, ["deployment.yaml"])
        yield File(path=f"{folder}/deployment.yaml", documents=_in(mesh.demo, _helloworld(version)))


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield a cluster's share: its version of helloworld, and sleep under the cluster's name."""
    version = _version(mesh, step.cluster)
    folders = [BASE, f"{BASE}/helloworld-{version}"]
    sleep = f"sleep-{step.cluster.name}"
    yield kustomize.overlay(
        mesh,
        step,
        [layout.up(step.path, folder) for folder in folders],
        patches=[_rename("ServiceAccount", sleep), _rename("Deployment", sleep)],
    )


def _version(mesh: Mesh, cluster: Cluster) -> str:
    # A call that is answered by both versions has crossed from one cluster to another.
    first = next(each for each in mesh.clusters if each.is_primary)
    return "v1" if cluster.name == first.name else "v2"


def _rename(kind: str, name: str) -> Data:
    operations = [{"op": "replace", "path": "/metadata/name", "value": name}]
    if kind == "Deployment":
        operations.append({"op": "replace", "path": "/spec/template/spec/serviceAccountName", "value": name})
    return {
        "target": {"kind": kind, "name": "sleep"},
        "patch": kustomize.text(operations),
        "options": {"allowNameChange": True},
    }


def _in(namespace: str, *documents: Data) -> tuple[Data, ...]:
    return tuple(
        document | {"metadata": {"name": document["metadata"]["name"], "namespace": namespace} | document["metadata"]}
        for document in documents
    )


def _account(name: str) -> Data:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def _service(name: str, target: int) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app": name, "service": name}},
        "spec": {"ports": [{"name": "http", "port": 80, "targetPort": target}], "selector": {"app": name}},
    }


def _helloworld(version: str) -> Data:
    container: Data = {
        "name": "helloworld",
        "image": f"docker.io/istio/examples-helloworld-{version}:1.0",
        "ports": [{"containerPort": 5000}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    labels = {"app": "helloworld", "version": version}
    return _deployment(f"helloworld-{version}", labels, "helloworld", 1000, container)


def _sleep() -> Data:
    container: Data = {
        "name": "sleep",
        "image": CURL_IMAGE,
        "command": ["/bin/sleep", "infinity"],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    return _deployment("sleep", {"app": "sleep"}, "sleep", 100, container)


def _deployment(name: str, labels: dict[str, str], account: str, user: int, container: Data) -> Data:
    container = container | {
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": restricted.container(),
    }
    pod: Data = {
        "serviceAccountName": account,
        # The sidecar brings a token of its own.
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": restricted.pod(user),
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
