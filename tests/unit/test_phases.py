"""The phases in which a cluster leaves: the table, what each commit changes, and what Argo CD must say of it."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import blueprint, load, mesh, names, phases, stages
from mcgen.bootstrap import rotation
from mcgen.bootstrap.outcome import Options
from mcgen.bootstrap.run import needed
from mcgen.facts import Authority, Certificate, Facts, Inputs, Pushed
from mcgen.lifecycle import live, tidy, tree, words
from tests.bench import fleet
from tests.helpers import BLUEPRINTS, SEALED_INPUTS
from tests.helpers import tree as files_of
from tests.samples import BY_TREE

if TYPE_CHECKING:
    from pathlib import Path

REMOTES = "argocd/applicationsets/remotes.yaml"
STATES = [phases.MEMBER, *phases.BY_STATE]


def built(state: str, *, sealed: bool = True) -> dict[str, list[Any]]:
    return files_of(BLUEPRINTS / "gke-aks.yaml", SEALED_INPUTS if sealed else None, state=state)


def app(stage: str) -> str:
    return f"clusters/aks/argocd/{stages.BY_NAME[stage].wave:02}-{stage}.yaml"


def finalizers(files: dict[str, list[Any]]) -> set[str]:
    return {path for path, docs in files.items() for doc in docs if doc and doc.get("metadata", {}).get("finalizers")}


def test_every_stage_goes_once() -> None:
    taken = [stage for phase in phases.PHASES for stage in phase.takes]
    assert sorted(taken) == sorted(stages.BY_NAME)
    assert phases.gone(phases.MEMBER) == set()
    assert phases.gone(phases.LAST) == set(taken)


def test_what_others_hold_of_a_cluster_goes_first() -> None:
    when = {stage: number for number, phase in enumerate(phases.PHASES) for stage in phase.takes}
    assert when[stages.REMOTE_SECRET] < when[stages.WORKLOADS] == when[stages.EAST_WEST_GATEWAY]
    assert when[stages.EAST_WEST_GATEWAY] < when[stages.CONTROL_PLANE] < when[stages.NAMESPACES]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STATES, STATES)))
def test_one_phase_at_a_time(old: str, new: str) -> None:
    step = STATES.index(new) - STATES.index(old)
    back = new == phases.MEMBER and old != phases.LAST
    assert phases.may_follow(old, new) == (step in (0, 1) or back)


def test_the_blueprint_knows_the_states_of_the_table() -> None:
    data = fleet.blueprint(2)
    for state in phases.BY_STATE:
        data["clusters"][1]["state"] = state
        assert mesh.resolve(blueprint.convert(data), Inputs()).clusters[1].state == state


# What a commit changes, from a tree in which every gate is open
STEPS = {
    "leaving": ({app("remote-secret")}, set(), set()),
    "secret-gone": (
        {app("east-west-gateway"), app("workloads")},
        # The kustomization around the sealed file stays with it.
        {app("remote-secret")},
        set(),
    ),
    "gateways-gone": (
        {app("control-plane")},
        {
            app("east-west-gateway"),
            app("workloads"),
            "clusters/aks/east-west-gateway/istio-operator.yaml",
            "clusters/aks/east-west-gateway/kustomization.yaml",
            "clusters/aks/workloads/kustomization.yaml",
        },
        set(),
    ),
    "control-plane-gone": (
        {app("namespaces")},
        {
            app("control-plane"),
            "clusters/aks/control-plane/istio-operator.yaml",
            "clusters/aks/control-plane/kustomization.yaml",
        },
        set(),
    ),
    "gone": (
        set(),
        {
            app("base"),
            app("namespaces"),
            "clusters/aks/base/istio-operator.yaml",
            "clusters/aks/base/kustomization.yaml",
            "clusters/aks/namespaces/kustomization.yaml",
            "clusters/aks/namespaces/tokens.yaml",
        },
        {"clusters/aks/argocd/README.md"},
    ),
}


@pytest.mark.parametrize("state", STEPS)
def test_exactly_these_files_change(state: str) -> None:
    before, after = built(STATES[STATES.index(state) - 1]), built(state)
    prepared, taken, new = STEPS[state]
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    assert changed == prepared | {REMOTES}
    assert finalizers(after) == prepared
    assert before.keys() - after.keys() == taken
    assert after.keys() - before.keys() == new
    assert not any(path.startswith("clusters/gke/") for path in changed)


def test_the_list_says_how_far_a_cluster_is_and_nothing_else_does() -> None:
    member, leaving = built("")[REMOTES][0], built("leaving")[REMOTES][0]
    assert member["spec"]["generators"] == [{"list": {"elements": [{"cluster": "aks"}]}}]
    assert leaving["spec"]["generators"] == [{"list": {"elements": [{"cluster": "aks", "state": "leaving"}]}}]
    automated = leaving["spec"]["template"]["spec"]["syncPolicy"]["automated"]
    assert automated.pop("allowEmpty") is True
    leaving["spec"]["generators"] = member["spec"]["generators"]
    assert leaving == member


@pytest.mark.parametrize("state", phases.BY_STATE)
def test_what_waited_behind_a_gate_never_comes(state: str) -> None:
    files = built(state, sealed=False)
    listed = {path.partition("-")[2] for path in files if path.startswith("clusters/aks/argocd/") and ".yaml" in path}
    expected = {"namespaces.yaml", "remote-secret.yaml"} - {f"{stage}.yaml" for stage in phases.gone(state)}
    assert listed == expected


def test_a_project_keeps_its_destinations_to_the_end() -> None:
    assert built("gone")["argocd/install/projects.yaml"] == built("")["argocd/install/projects.yaml"]


def resolved(state: str, *, sealed: bool = True) -> mesh.Mesh:
    data = fleet.blueprint(3)
    if state:
        data["clusters"][1]["state"] = state
    name = data["clusters"][1]["name"]
    secrets = {(fleet.PRIMARY, name): fleet.sealed_secret(name)} if sealed else {}
    facts = Facts(addresses={fleet.PRIMARY: "203.0.113.10"})
    return mesh.resolve(blueprint.convert(data), Inputs(sealed=secrets, facts=facts))


def answer(found: mesh.Mesh) -> list[dict[str, Any]]:
    """Return what a good Argo CD has of the leaving cluster."""
    cluster = found.clusters[1].name
    apps = [
        {"metadata": {"name": name, "finalizers": [names.FINALIZER] if deletable else []}}
        for name, deletable in live.wanted(found, found.clusters[1]).items()
    ]
    status = {
        "sync": {"status": "Synced"},
        "health": {"status": "Healthy"},
        "operationState": {"phase": "Succeeded"},
    }
    return [{"metadata": {"name": names.chain(found.name, cluster)}, "status": status}, *apps]


@pytest.mark.parametrize("state", phases.BY_STATE)
@pytest.mark.parametrize("sealed", [True, False])
def test_a_phase_is_over(state: str, sealed: bool) -> None:
    found = resolved(state, sealed=sealed)
    assert live.waits(found, found.clusters[1], answer(found)) == []


@pytest.mark.parametrize(("state", "stage"), [(p.state, stage) for p in phases.PHASES for stage in p.takes])
def test_a_phase_is_not_over_while_what_it_takes_is_there(state: str, stage: str) -> None:
    found = resolved(state)
    cluster = found.clusters[1]
    name = names.application(found.name, cluster.name, stage)
    late = {"metadata": {"name": name, "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    (line,) = live.waits(found, cluster, [*answer(found), late])
    assert name in line
    assert "confirmed" in line


def test_what_else_keeps_a_phase_from_being_over() -> None:
    found = resolved("secret-gone")
    cluster, good = found.clusters[1], answer(found)
    own = names.chain(found.name, cluster.name)
    assert live.waits(found, cluster, []) != []
    for key, value, words_ in (
        ("sync", {"status": "OutOfSync"}, f"{own} is OutOfSync, not Synced"),
        ("health", {"status": "Progressing"}, f"{own} is Progressing, not Healthy"),
        ("health", None, f"{own} is Unknown, not Healthy"),
        ("operationState", {"phase": "Running"}, f"the sync of {own} is Running"),
    ):
        status = good[0]["status"] | {key: value}
        assert live.waits(found, cluster, [good[0] | {"status": status}, *good[1:]]) == [words_]
    gateway = names.application(found.name, cluster.name, stages.EAST_WEST_GATEWAY)
    bare = [doc if doc["metadata"]["name"] != gateway else {"metadata": {"name": gateway}} for doc in good]
    (line,) = live.waits(found, cluster, bare)
    assert line.startswith(f"{gateway} has no finalizer yet")
    (line,) = live.waits(found, cluster, [doc for doc in good if doc["metadata"]["name"] != gateway])
    assert line == f"{gateway} is not there"


def test_who_has_to_confirm_what() -> None:
    for state in phases.BY_STATE:
        found = resolved(state)
        cluster = found.clusters[1]
        lines = words.confirmations(found, cluster)
        stage = {"secret-gone": stages.REMOTE_SECRET, "gone": stages.NAMESPACES}.get(state)
        expected = [names.application(found.name, cluster.name, stage)] if stage else []
        assert [line.split()[5] for line in lines] == expected
        assert bool(words.warnings(cluster)) == (state == "gone")
    # A gate is deleted without a question.
    found = resolved("secret-gone", sealed=False)
    assert words.confirmations(found, found.clusters[1]) == []


def test_a_bootstrap_leaves_alone_what_leaves() -> None:
    member, leaving = resolved("", sealed=False), resolved("leaving", sealed=False)
    name = member.clusters[1].name
    again = Options(reseal=frozenset((name,)))
    assert needed(member.pairs[name], Options())
    assert not needed(leaving.pairs[name], Options())
    assert not needed(leaving.pairs[name], again)
    assert [pair.remote.name for pair in rotation.chosen(member, "")] == list(member.pairs)
    assert [pair.remote.name for pair in rotation.chosen(leaving, "")] == [n for n in member.pairs if n != name]


def test_inputs_without_a_cluster() -> None:
    one = Certificate(fingerprint="sha256:" + 64 * "0", not_after="2036-01-01")
    pushed, authority = Pushed(number=1, token="1"), Authority(number=1, root=one.fingerprint, expires="2028-11-29")
    facts = Facts(
        addresses={"gke": "203.0.113.1", "aks": "203.0.113.2"},
        tokens={"gke": {"aks": ["1", "2"], "eks": ["1"]}, "aks": {"eks": ["1"]}},
        certificates={"gke": one, "aks": one},
        pushed={"gke": {"aks": pushed, "eks": pushed}, "aks": {"eks": pushed}},
        authorities={"gke": authority, "aks": authority},
    )
    inputs = Inputs(
        facts=facts,
        sealed={("gke", "aks"): {}, ("gke", "eks"): {}},
        files={"clusters/gke/remote-secrets/aks/sealed-secret.yaml": b"", ".mcgen/facts.yaml": b""},
    )
    left = tidy.without(inputs, "aks")
    assert left.facts == Facts(
        addresses={"gke": "203.0.113.1"},
        tokens={"gke": {"eks": ["1"]}},
        certificates={"gke": one},
        pushed={"gke": {"eks": pushed}},
        authorities={"gke": authority},
    )
    assert list(left.sealed) == [("gke", "eks")]
    assert list(left.files) == [".mcgen/facts.yaml"]


def test_facts_without_a_cluster(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    shutil.copytree(BY_TREE["external-secrets"].folder, folder)
    assert tidy.remove(folder, load.read_inputs(folder), "aks") == [".mcgen/facts.yaml"]
    left = load.read_inputs(folder).facts
    assert (left.pushed, list(left.authorities)) == ({}, ["gke"])


@pytest.mark.parametrize(
    "raw", [b"", b"\xff", b"[]", b"a: [", b"spec: {generators: []}", b"spec: {generators: [{list: {elements: [1]}}]}"]
)
def test_what_is_no_list_says_nothing(raw: bytes) -> None:
    good = b"spec: {generators: [{list: {elements: [{cluster: a, state: gone}, {cluster: b, state: what}]}}]}"
    assert tree.states([raw, good]) == {"a": "gone"}
