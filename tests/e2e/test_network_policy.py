"""NetworkPolicies of the sample trees, as the real istioctl renders them: what they admit, and what they do not."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.cli import run
from mcgen.emit import emit
from tests import proofs
from tests.e2e.guards import AGENT, ISTIOD, Guard, faults, guards
from tests.e2e.rendered import applications, plugin
from tests.goyaml import documents
from tests.samples import BY_TREE, CHECKOUT, TREES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

OPEN = BY_TREE["gke-aks-sealed"].folder
EAST_WEST = "istio-eastwestgateway"
SERVES, DATA = {15443, 15012, 15017}, {15443}


def clusters(tree: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what Argo CD would apply to each cluster."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for rendered in applications(tree):
        found[rendered.cluster] += rendered.objects
    return found


@proofs.proves(proofs.EXPOSURE, "hardened")
@pytest.mark.parametrize("name", TREES)
def test_each_policy_admits_what_its_pods_serve_and_nothing_else(name: str) -> None:
    found = clusters(BY_TREE[name].folder)
    assert {cluster: list(faults(objects)) for cluster, objects in found.items()} == {cluster: [] for cluster in found}


def test_what_is_admitted_in_the_sample() -> None:
    found = clusters(OPEN)
    assert set(guards(found["gke"])) == {
        Guard("istiod", frozenset(ISTIOD)),
        Guard(EAST_WEST, frozenset(AGENT | SERVES)),
        # The chart's own ports: 80 and 443 lead to what a gateway without root can listen on.
        Guard("istio-ingressgateway", frozenset(AGENT | {8080, 8443})),
    }
    assert guards(found["aks"]) == [Guard(EAST_WEST, frozenset(AGENT | DATA))]


def test_workloads_are_not_touched() -> None:
    names = {thing["metadata"]["name"] for thing in clusters(OPEN)["gke"] if thing["kind"] == "Deployment"}
    assert len(names - {guard.name for guard in guards(clusters(OPEN)["gke"])}) >= 2


@proofs.proves(proofs.EXPOSURE, "article")
def test_the_articles_form_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = yaml.safe_load((CHECKOUT / "blueprints/gke-aks.yaml").read_bytes()) | {"exposure": {"profile": "article"}}
    (tmp_path / "gke-aks.yaml").write_text(emit([data]), encoding="utf-8")
    inputs = ["--inputs", str(CHECKOUT / "blueprints/gke-aks.inputs"), "--validator", "embedded"]
    assert run(["build", "gke-aks.yaml", "-o", "output/gke-aks", *inputs]) == 0
    found = clusters(tmp_path / "output/gke-aks")
    assert found.keys() == {"gke", "aks"}
    assert [thing for objects in found.values() for thing in objects if thing["kind"] == "NetworkPolicy"] == []
    assert "istiod has no NetworkPolicy" in list(faults(found["gke"]))


def _switched_off(tree: Path, tmp_path: Path) -> list[dict[str, Any]]:
    """Return the gateway's stage as it comes out when the value is missing."""
    folder = tree / "clusters/gke/east-west-gateway"
    operator = yaml.safe_load((folder / "istio-operator.yaml").read_bytes())
    del operator["spec"]["values"]["global"]
    (tmp_path / "istio-operator.yaml").write_text(emit([operator]), encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_bytes((folder / "kustomization.yaml").read_bytes())
    return documents(plugin(tmp_path))


def test_a_gateway_without_its_policy_is_seen(tmp_path: Path) -> None:
    assert list(faults(_switched_off(OPEN, tmp_path))) == [f"{EAST_WEST} has no NetworkPolicy"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda rules: rules.append({"ports": [{"port": 15000, "protocol": "TCP"}]}), "15000 is admitted for nothing"),
        (lambda rules: rules.remove({"ports": [{"port": 15443, "protocol": "TCP"}]}), "15443 is cut off"),
    ],
)
def test_another_port_is_seen(change: Any, fault: str) -> None:
    objects = copy.deepcopy(clusters(OPEN)["gke"])
    (policy,) = [
        thing for thing in objects if thing["kind"] == "NetworkPolicy" and thing["metadata"]["name"] == EAST_WEST
    ]
    change(policy["spec"]["ingress"])
    assert list(faults(objects)) == [f"{EAST_WEST}: {fault}"]
