"""What Istio's documented files install, and what the tree of their import does, by the real istioctl."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mcgen.cli import run as mcgen
from tests.goyaml import documents
from tests.programs import CHECKOUT, program, run

pytestmark = pytest.mark.e2e
CASES = CHECKOUT / "tests/importing/cases"
STAGES = ("base", "control-plane", "east-west-gateway", "ingress-gateway")
# mcgen gives each istiod that reads a cluster an account of its own: stage namespaces has it.
READER = {
    ("ClusterRole", "istio-reader-clusterrole-istio-system"),
    ("ClusterRoleBinding", "istio-reader-clusterrole-istio-system"),
    ("ServiceAccount", "istio-reader-service-account"),
}


def objects(*files: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what istioctl makes of IstioOperators, by kind and name."""
    made = [run([program("istioctl"), "manifest", "generate", "-f", str(file)]) for file in files]
    found = [document for text in made for document in documents(text)]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


@pytest.mark.parametrize(
    ("case", "cluster", "files"),
    [
        ("multi-primary", "cluster1", ("cluster1.yaml", "eastwest-gateway-1.yaml")),
        ("multi-primary", "cluster2", ("cluster2.yaml", "eastwest-gateway-2.yaml")),
        ("primary-remote", "cluster1", ("cluster1/cluster1.yaml", "cluster1/eastwest.yaml")),
        ("primary-remote", "cluster2", ("cluster2/cluster2.yaml", "cluster2/eastwest.yaml")),
    ],
)
def test_a_cluster_gets_the_objects_that_it_has(
    case: str, cluster: str, files: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the same names; what comes besides are budgets of pods, and what goes is the reader that all share.

    docs/import.md tells people about each difference, and about the selector that Kubernetes does not let change.
    """
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CASES / case, "old")
    for file in Path("old").rglob("*.yaml"):
        file.write_text(file.read_text().replace("${DISCOVERY_ADDRESS}", "203.0.113.10"))
    said = ["--istio", "1.31.1", "--platform", "cluster1=gke", "--platform", "cluster2=aks"]
    assert mcgen(["import", "old", "-o", "mesh.yaml", "--repo", "https://git.example.com/m.git", *said]) == 1
    assert mcgen(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    before = objects(*(Path("old", file) for file in files))
    new = (Path("tree/clusters", cluster, stage, "istio-operator.yaml") for stage in STAGES)
    after = objects(*(file for file in new if file.exists()))
    assert before.keys() - after.keys() == READER & before.keys()
    assert {kind for kind, _ in after.keys() - before.keys()} <= {"PodDisruptionBudget"}
    for key in before.keys() & after.keys():
        if key[0] in ("Service", "Deployment"):
            more = {"mcgen/cluster": cluster} if key[1] == "istio-eastwestgateway" else {}
            assert selector(after[key]) == selector(before[key]) | more


def selector(document: dict[str, Any]) -> dict[str, str]:
    """Return which pods a Service or a Deployment is for."""
    found: dict[str, Any] = document["spec"].get("selector", {})
    labels: dict[str, str] = found.get("matchLabels", found)
    return labels
