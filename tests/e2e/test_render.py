"""The sample trees through the real kustomize, istioctl and kubeconform."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.manifests import readers
from mcgen.validators import kubeconform
from tests import proofs
from tests.e2e.rendered import applications, key, kustomize, plugin, rights
from tests.goyaml import documents
from tests.programs import program, run
from tests.samples import BY_TREE, TREES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

trees = pytest.mark.parametrize(
    "tree", [pytest.param(BY_TREE[name].folder, marks=proofs.sample(name), id=name) for name in TREES]
)


@trees
def test_every_kustomization_builds(tree: Path) -> None:
    folders = [path.parent for path in tree.glob("**/kustomization.yaml") if "argocd/setup" not in str(path)]
    assert len(folders) > 15
    with ThreadPoolExecutor(2) as pool:
        for folder, text in zip(folders, pool.map(kustomize, folders), strict=True):
            assert documents(text), folder


@trees
def test_every_istio_operator_renders(tree: Path) -> None:
    # Those of withheld stages too: their Applications are not in the chain yet.
    folders = [path.parent for path in tree.glob("**/istio-operator.yaml")]
    assert len(folders) >= 5
    with ThreadPoolExecutor(2) as pool:
        for folder, text in zip(folders, pool.map(plugin, folders), strict=True):
            assert documents(text), folder


def test_a_gate_passes_through_the_plugin_as_it_is() -> None:
    # Every gate of the samples is one of a stage that is not rendered; the plugin looks at what comes out alone.
    gate = BY_TREE["gke-aks"].folder / "clusters/gke/remote-secrets/aks"
    assert documents(plugin(gate)) == documents(kustomize(gate))


def test_the_plugin_refuses_what_is_neither_an_operator_nor_a_gate() -> None:
    with pytest.raises(AssertionError, match="kustomize built no IstioOperator"):
        plugin(BY_TREE["gke-aks"].folder / "bases/policies")


@trees
def test_kubeconform_accepts_all_that_comes_out(tree: Path) -> None:
    rendered = applications(tree)
    assert rendered
    found = kubeconform.check([(f"{r.folder}.yaml", r.text) for r in rendered], program("kubeconform"))
    assert found == []


@trees
def test_every_object_has_one_owner(tree: Path) -> None:
    owners: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for rendered in applications(tree):
        for thing in rendered.objects:
            owners[rendered.cluster, *key(thing)].append(rendered.application["metadata"]["name"])
    assert {thing: names for thing, names in owners.items() if len(names) > 1} == {}


@trees
def test_the_project_allows_what_comes_out_and_no_kind_more(tree: Path) -> None:
    projects = documents((tree / "argocd/install/projects.yaml").read_bytes())
    spec = next(p["spec"] for p in projects if not p["metadata"]["name"].endswith("-root"))
    namespaced = {(kind["group"], kind["kind"]) for kind in spec["namespaceResourceWhitelist"]}
    wide = {(kind["group"], kind["kind"], kind.get("name")) for kind in spec["clusterResourceWhitelist"]}
    places = {(place["name"], place["namespace"]) for place in spec["destinations"]}
    for rendered in applications(tree):
        for thing in rendered.objects:
            group, kind, namespace, name = key(thing)
            if namespace:
                assert (group, kind) in namespaced
                assert (rendered.cluster, namespace) in places
            else:
                assert {(group, kind, None), (group, kind, name)} & wide


def test_no_kind_is_allowed_for_nothing() -> None:
    used = {key(thing)[:2] for tree in TREES for r in applications(BY_TREE[tree].folder) for thing in r.objects}
    (_, project) = documents((BY_TREE["gke-aks"].folder / "argocd/install/projects.yaml").read_bytes())
    lists = (project["spec"]["namespaceResourceWhitelist"], project["spec"]["clusterResourceWhitelist"])
    allowed = {(kind["group"], kind["kind"]) for kinds in lists for kind in kinds}
    assert allowed - used == set()


@trees
def test_every_object_says_where_it_lives(tree: Path) -> None:
    wide = {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
    for rendered in applications(tree):
        for thing in rendered.objects:
            if thing["kind"] not in wide and not thing["kind"].endswith("WebhookConfiguration"):
                assert thing["metadata"].get("namespace"), key(thing)


@pytest.mark.parametrize(("profile", "serves"), [("remote", True), ("minimal", False)])
def test_the_reader_has_the_rules_of_the_chart(profile: str, serves: bool) -> None:
    operator = {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "spec": {"profile": profile, "values": {"global": {"enableReaderRBAC": True}}},
    }
    text = run([program("istioctl"), "manifest", "generate", "-f", "-"], stdin=yaml.dump(operator).encode())
    role = next(t for t in documents(text) if t["kind"] == "ClusterRole" and "reader" in t["metadata"]["name"])
    assert rights(role["rules"]) == rights(readers.rules(serves=serves))


def test_istioctl_is_of_the_minor_of_the_samples() -> None:
    version = run([program("istioctl"), "version", "--remote=false"]).decode()
    assert "1.31" in version
