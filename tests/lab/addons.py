"""What a cluster of the lab runs besides Kubernetes: sealed-secrets, metrics-server, the stages of a tree."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import yaml

from tests.lab.catalogue import CHECKOUT, TOOLS, module
from tests.lab.cluster import MANIFESTS
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.cluster import Cluster

SEALING = ("deployment/sealed-secrets-controller", "--namespace=kube-system")
VANILLA_ENVOY = MANIFESTS / "vanilla-envoy"


def sealed_secrets(cluster: Cluster) -> None:
    """Run the sealed-secrets controller as a pod and wait until it is ready."""
    crds = module("kubeseal", "github.com/bitnami-labs/sealed-secrets") / "helm/sealed-secrets/crds"
    for crd in sorted(crds.glob("*.yaml")):
        cluster.apply(crd.read_text())
    _established(cluster, ["crd/sealedsecrets.bitnami.com"])
    cluster.apply((MANIFESTS / "sealed-secrets.yaml").read_text())
    cluster.rolled_out("kube-system", "sealed-secrets-controller")


@contextmanager
def sealing_away(cluster: Cluster) -> Iterator[None]:
    """Have no controller of sealed secrets, inside."""
    cluster.kubectl("scale", *SEALING, "--replicas=0")
    cluster.kubectl("wait", "pods", "--selector=name=sealed-secrets-controller", SEALING[1], "--for=delete")
    try:
        yield
    finally:
        cluster.kubectl("scale", *SEALING, "--replicas=1")
        cluster.rolled_out("kube-system", "sealed-secrets-controller")


def metrics_server(cluster: Cluster) -> None:
    """Run metrics-server as a pod and wait until it has measured the node: autoscalers are Degraded without."""
    sources = module("metrics-server", "sigs.k8s.io/metrics-server") / "manifests/base"
    image = {"name": "gcr.io/k8s-staging-metrics-server/metrics-server"}
    image |= {"newName": "registry.k8s.io/metrics-server/metrics-server", "newTag": "v0.8.0"}
    # The kubelets of the lab sign for themselves, as those of kubeadm do.
    insecure = [{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]
    # Upstream asks for a tenth of a core, which the node of a lab on two cores has better use for.
    modest = [{"op": "remove", "path": "/spec/template/spec/containers/0/resources/requests/cpu"}]
    patch = {"target": {"kind": "Deployment"}, "patch": json.dumps(insecure + modest)}
    cluster.apply(kustomize([sources], images=[image], patches=[patch]))
    cluster.rolled_out("kube-system", "metrics-server")
    path = f"/apis/metrics.k8s.io/v1beta1/nodes/{cluster.plan.node_name}"
    wait_for(f"metrics of {cluster.name}", lambda: cluster.says("get", f"--raw={path}"), seconds=90, pause=1)


def demo(cluster: Cluster) -> None:
    """Let there be pods of nobody's mesh: `hello` behind a load balancer, and `client`, both in the namespace demo."""
    cluster.apply(Template((MANIFESTS / "demo.yaml").read_text()).substitute(cluster=cluster.name))


def stage(cluster: Cluster, folder: Path, *, components: tuple[Path, ...] = (VANILLA_ENVOY,)) -> None:
    """Apply a stage of a tree as Argo CD does: namespaces and CRDs first, then the rest."""
    documents = [each for each in yaml.safe_load_all(render(folder, components=components)) if each]
    crds = [each for each in documents if each["kind"] == "CustomResourceDefinition"]
    namespaces = [each for each in documents if each["kind"] == "Namespace"]
    rest = [each for each in documents if each not in crds and each not in namespaces]
    if first := namespaces + crds:
        cluster.apply(yaml.safe_dump_all(first))
    if crds:
        _established(cluster, [f"crd/{crd['metadata']['name']}" for crd in crds])
    if rest:
        cluster.apply(yaml.safe_dump_all(rest))


def _established(cluster: Cluster, crds: Sequence[str]) -> None:
    # kubectl's own waiting ends in an error when it meets a CRD that has no conditions yet.
    wait = ("wait", "--for=condition=Established", *crds, "--timeout=30s")
    wait_for(f"{', '.join(crds)} in {cluster.name}", lambda: cluster.says(*wait), seconds=60)


def render(folder: Path, *, components: tuple[Path, ...] = (VANILLA_ENVOY,)) -> str:
    """Return what a stage's folder is: through kustomize, and through istioctl if it is an IstioOperator.

    components: what the lab changes in an IstioOperator, and nowhere else.
    """
    operator = (folder / "istio-operator.yaml").exists()
    text = kustomize([folder], components=list(components) if operator else [])
    return run([str(TOOLS / "istioctl"), "manifest", "generate", "--filename=-"], stdin=text) if operator else text


def kustomize(resources: Sequence[Path], *, components: Sequence[Path] = (), **more: object) -> str:
    """Return what kustomize builds of folders or files, and components over them; more: fields of a kustomization."""
    # It takes relative paths alone.
    with tempfile.TemporaryDirectory(dir=CHECKOUT / ".tools") as overlay:
        whole = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(each, overlay) for each in resources],
            "components": [os.path.relpath(each, overlay) for each in components],
            **more,
        }
        Path(overlay, "kustomization.yaml").write_text(yaml.safe_dump(whole))
        return run([str(TOOLS / "kustomize"), "build", overlay])
