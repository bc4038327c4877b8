"""What a cluster of the lab runs besides Kubernetes: sealed-secrets, and the stages of a tree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.lab.catalogue import CHECKOUT, TOOLS, module
from tests.lab.cluster import MANIFESTS
from tests.lab.process import run

if TYPE_CHECKING:
    from tests.lab.cluster import Cluster

VANILLA_ENVOY = MANIFESTS / "vanilla-envoy"


def sealed_secrets(cluster: Cluster) -> None:
    """Run the sealed-secrets controller as a pod and wait until it is ready."""
    crds = module("kubeseal", "github.com/bitnami-labs/sealed-secrets") / "helm/sealed-secrets/crds"
    for crd in sorted(crds.glob("*.yaml")):
        cluster.apply(crd.read_text())
    cluster.kubectl("wait", "--for=condition=Established", "crd/sealedsecrets.bitnami.com", "--timeout=30s")
    cluster.apply((MANIFESTS / "sealed-secrets.yaml").read_text())
    cluster.rolled_out("kube-system", "sealed-secrets-controller")


def stage(cluster: Cluster, folder: Path, *, components: tuple[Path, ...] = (VANILLA_ENVOY,)) -> None:
    """Apply a stage of a tree as Argo CD does: namespaces and CRDs first, then the rest."""
    documents = [each for each in yaml.safe_load_all(render(folder, components=components)) if each]
    crds = [each for each in documents if each["kind"] == "CustomResourceDefinition"]
    namespaces = [each for each in documents if each["kind"] == "Namespace"]
    rest = [each for each in documents if each not in crds and each not in namespaces]
    if first := namespaces + crds:
        cluster.apply(yaml.safe_dump_all(first))
    if crds:
        names = [f"crd/{crd['metadata']['name']}" for crd in crds]
        cluster.kubectl("wait", "--for=condition=Established", *names, "--timeout=60s")
    if rest:
        cluster.apply(yaml.safe_dump_all(rest))


def render(folder: Path, *, components: tuple[Path, ...] = (VANILLA_ENVOY,)) -> str:
    """Return what a stage's folder is: through kustomize, and through istioctl if it is an IstioOperator.

    components: what the lab changes in an IstioOperator, and nowhere else.
    """
    operator = (folder / "istio-operator.yaml").exists()
    text = _kustomize(folder, components if operator else ())
    return run([str(TOOLS / "istioctl"), "manifest", "generate", "--filename=-"], stdin=text) if operator else text


def _kustomize(folder: Path, components: tuple[Path, ...]) -> str:
    # kustomize takes relative paths alone.
    with tempfile.TemporaryDirectory(dir=CHECKOUT / ".tools") as overlay:
        whole = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [os.path.relpath(folder, overlay)],
            "components": [os.path.relpath(component, overlay) for component in components],
        }
        Path(overlay, "kustomization.yaml").write_text(yaml.safe_dump(whole))
        return run([str(TOOLS / "kustomize"), "build", overlay])
