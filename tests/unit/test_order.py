"""The static proof: silent on every sample tree, and loud about each way in which the order can be lost."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen import blueprint, mesh, phases, upgrades
from mcgen.facts import Inputs
from mcgen.manifests import setup_health
from mcgen.order import finding, order_problems, table
from mcgen.problems import Pos
from tests.bench import fleet
from tests.helpers import BLUEPRINTS, SEALED_INPUTS, documents, emitted, tree
from tests.samples import BY_TREE, TREES
from tests.unit.order_mutations import MUTATIONS, needs, upgrading
from tests.unit.order_mutations import primaries as of_primaries
from tests.unit.order_mutations.bounds import account_in_two_stages
from tests.unit.order_mutations.external import pushed, unpushed
from tests.unit.order_mutations.trees import (
    JOB,
    annotate,
    half_opened,
    kept,
    managed,
    opened,
    primaries,
    proved,
    set_wave,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.order_mutations.trees import Tree


@pytest.mark.parametrize(("form", "change", "expected"), MUTATIONS)
def test_mutations_are_caught(form: Callable[[], Tree], change: Callable[[Tree], None], expected: set[str]) -> None:
    files = form()
    change(files)
    found = proved(files)
    assert {one.code for one in found} == expected, found


def no_projects(files: Tree) -> None:
    files["argocd/install/projects.yaml"] = []


@pytest.mark.parametrize(
    ("form", "change", "words"),
    [
        (waiting, no_projects, "the AppProjects here are none: there must be root's, 'gke-aks-root', and one for"),
        (
            waiting,
            needs.token_of_an_account_that_is_not_there,
            "needs ServiceAccount 'istio-reader-gke-9' first, and nothing in its chain brings it",
        ),
        (opened, account_in_two_stages, "ServiceAccount 'sleep-gke' of cluster 'gke' has two"),
        (primaries, of_primaries.peer_without_an_identity, "a token for the istiod of 'aks' in cluster 'gke', and no"),
        (upgrading.switched, upgrading.the_tag_stays_behind, "the tag leads to revision default and not 1-31"),
        (upgrading.beside, upgrading.two_injectors_for_one_pod, "its control plane injects by itself, and the upgrade"),
        (upgrading.primaries, upgrading.no_injector_that_is_known_to_work, "leaves the injection to the tag, and"),
    ],
)
def test_it_is_said_what_is_wrong(form: Callable[[], Tree], change: Callable[[Tree], None], words: str) -> None:
    files = form()
    change(files)
    assert any(words in one.message for one in proved(files))


def test_it_is_said_of_the_namespace_itself_that_a_late_stage_makes_it() -> None:
    files = opened()
    needs.namespace_in_a_later_stage(files)
    titles = {one.object for one in proved(files) if one.code == finding.MAKES_NAMESPACE}
    assert titles == {"Namespace 'multi-cluster'"}


def test_what_repeats_itself_is_counted() -> None:
    found = finding.Findings()
    for message in ("one", "one", "two", "three"):
        found.add(finding.SETUP, "file.yaml", message, title="Gateway a")
    found.add(finding.SETUP, "file.yaml", "four", title="Gateway b")
    for message in ("five", "six"):
        found.add(finding.STEP, "file.yaml", message, title="Gateway c")
    messages = ["four", "one (and 2 more like this)", "five (and 1 more like this)"]
    assert sorted(each.message for each in found.sorted()) == sorted(messages)


def test_every_code_has_a_mutation() -> None:
    assert set().union(*(param.values[2] for param in MUTATIONS)) == set(finding.ADVICE)


@pytest.mark.parametrize("form", [waiting, half_opened, opened, managed, pushed, unpushed])
def test_the_sample_holds(form: Callable[[], Tree]) -> None:
    assert proved(form()) == []


@pytest.mark.parametrize("state", phases.BY_STATE)
@pytest.mark.parametrize("inputs", [None, SEALED_INPUTS])
def test_every_phase_holds(state: str, inputs: Path | None) -> None:
    assert proved(tree(BLUEPRINTS / "gke-aks.yaml", inputs, state=state)) == []


@pytest.mark.parametrize("state", phases.BY_STATE)
@pytest.mark.parametrize("inputs", [None, BLUEPRINTS / "external-secrets.inputs"])
def test_every_phase_with_external_secrets_holds(state: str, inputs: Path | None) -> None:
    assert proved(tree(BLUEPRINTS / "external-secrets.yaml", inputs, state=state)) == []


@pytest.mark.parametrize("name", ["minimal", "three-clouds"])
def test_other_samples_hold(name: str) -> None:
    assert proved(tree(BLUEPRINTS / f"{name}.yaml")) == []


@pytest.mark.parametrize("inputs", [None, BLUEPRINTS / "multi-primary.inputs"])
@pytest.mark.parametrize("step", ["", *upgrades.BY_NAME])
def test_every_step_of_several_primaries_holds(step: str, inputs: Path | None) -> None:
    assert proved(tree(BLUEPRINTS / "multi-primary.yaml", inputs, step=step)) == []


@pytest.mark.parametrize("name", TREES)
def test_the_kept_trees_hold(name: str) -> None:
    files = kept(BY_TREE[name].folder)
    assert len(files) > 30
    assert proved(files) == []


def test_a_fleet_holds() -> None:
    sealed = {(fleet.PRIMARY, c["name"]): fleet.sealed_secret(c["name"]) for c in fleet.blueprint(12)["clusters"][1:]}
    resolved = mesh.resolve(blueprint.convert(fleet.blueprint(12)), Inputs(sealed=sealed))
    files = {path: documents(text) for path, text in emitted(resolved).items()}
    files |= {f"clusters/{c}/remote-secrets/{r}/sealed-secret.yaml": [doc] for (c, r), doc in sealed.items()}
    assert proved(files) == []
    # What all clusters share is reported once.
    files["bases/gate/extra.yaml"] = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra"}}]
    policy = files["bases/policies/peer-authentication.yaml"][0]
    files["bases/workloads/helloworld-v2/policy.yaml"] = [policy | {"metadata": {"name": "p", "namespace": "shop"}}]
    files["bases/workloads/helloworld-v2/kustomization.yaml"][0]["resources"].append("policy.yaml")
    (one,) = [found for found in proved(files) if found.code == finding.UNREAD_CONFIGURATION]
    assert one.message.endswith("(and 10 more like this)")


def test_the_order_of_files_does_not_matter() -> None:
    files = waiting()
    set_wave(files, "gke", "base", 25)
    annotate(files[JOB][0], "argocd.argoproj.io/hook", "PreSync")
    expected = proved(files)
    for seed in range(5):
        paths = list(files)
        random.Random(seed).shuffle(paths)
        assert proved({path: files[path] for path in paths}) == expected


def test_an_empty_tree_is_no_proof() -> None:
    assert {one.code for one in proved({})} == {finding.UNREADABLE, finding.SETUP}


def test_findings_become_problems() -> None:
    files = waiting()
    set_wave(files, "gke", "workloads", 19)
    set_wave(files, "gke", "policies", 18)
    (one,) = order_problems(proved(files), lambda path: Pos(file=f"tree/{path}"))
    assert one.code == "MC511"
    assert one.pos.file == "tree/clusters/gke/argocd/60-workloads.yaml"
    assert one.message == (
        "clusters/gke/argocd/60-workloads.yaml: Application 'gke-aks-gke-workloads': Deployment 'sleep-gke' is in "
        "wave 19 and needs the control plane (injector) first, which is in wave 20 "
        "(clusters/gke/argocd/20-control-plane.yaml)"
    )
    assert one.advice


def test_edges_rest_on_kinds_whose_health_is_known() -> None:
    for edge in table.EDGES.values():
        assert set(edge.by) <= table.HEALTH.keys()
        assert edge.code in finding.ADVICE
    assert {row.key for row in table.HEALTH.values() if row.by is table.By.SETUP} == {
        setup_health.APPLICATION_KEY,
        setup_health.INJECTOR_KEY,
    }


@pytest.mark.parametrize("flow", [True, False])
def test_new_names_are_read_in_every_form(flow: bool) -> None:
    files = opened()
    for patch in files["clusters/gke/workloads/kustomization.yaml"][0]["patches"]:
        operations = yaml.load(patch["patch"], Loader=yaml.CSafeLoader)
        patch["patch"] = "# by hand\n" + yaml.safe_dump(operations[::-1], default_flow_style=flow)
    assert proved(files) == []
    account_in_two_stages(files)
    assert {one.code for one in proved(files)} == {finding.TWO_OWNERS}


def test_what_is_exposed_may_select_the_ingress_gateway() -> None:
    files = waiting()
    files["bases/exposure/expose-services.yaml"][0]["spec"]["selector"] = {"istio": "ingressgateway"}
    assert proved(files) == []


@pytest.mark.parametrize(
    "patches",
    [
        5,
        "x",
        [5],
        [{"patch": None}],
        [{"patch": "[1]", "options": 5}],
        [{"patch": "$patch: delete", "target": 5}],
        [{"patch": "$patch: delete", "target": {"kind": "("}}],
        [{"patch": "$patch: delete\nkind: 5\nmetadata: {name: x}"}],
    ],
)
def test_a_kustomization_that_is_none_is_told(patches: object) -> None:
    files = waiting()
    files["clusters/gke/workloads/kustomization.yaml"][0]["patches"] = patches
    found = {one.code: one.path for one in proved(files)}
    assert found[finding.UNREADABLE] == "clusters/gke/workloads/kustomization.yaml"


@pytest.mark.parametrize("data", [None, 5, {"resource.exclusions": 5}, {"plugin.yaml": "["}, {"plugin.yaml": "[]"}])
def test_settings_that_are_none_are_told(data: object) -> None:
    files = waiting()
    path = "argocd/setup/patches/resource-exclusions.yaml"
    files[path][0]["data"] = data
    assert {one.code for one in proved(files) if one.path == path} & {finding.UNREADABLE, finding.SETUP}


def test_one_root_is_asked_of_three_primaries_as_well(tmp_path: Path) -> None:
    sample, inputs = BLUEPRINTS / "multi-primary.yaml", tmp_path / "inputs"
    shutil.copytree(BLUEPRINTS / "multi-primary.inputs", inputs)
    shutil.rmtree(inputs / "clusters/gke/remote-secrets/eks")
    text = sample.read_text(encoding="utf-8").replace("role: remote\n    primary: gke", "role: primary")
    (tmp_path / "three.yaml").write_text(text, encoding="utf-8")
    files = tree(tmp_path / "three.yaml", inputs)
    assert proved(files) == []
    of_primaries.istiod_without_a_ca(files)
    assert {one.code for one in proved(files)} == {finding.AUTHORITY_LATE}
