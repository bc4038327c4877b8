"""The steps of an upgrade: the table, what each commit changes, and what must not change."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mcgen import names, upgrades
from mcgen.order import OrderProof
from tests.helpers import BLUEPRINTS, SEALED_INPUTS
from tests.helpers import tree as files_of

STEPS = [upgrades.NONE, *upgrades.BY_NAME]
REVISIONS = pytest.mark.parametrize("revision", ["", "1-30"])
SETUP = "argocd/setup/"


def built(step: str, revision: str = "") -> dict[str, list[Any]]:
    return files_of(BLUEPRINTS / "gke-aks.yaml", SEALED_INPUTS, step=step, revision=revision)


def applications(files: dict[str, list[Any]]) -> dict[str, Any]:
    return {path: docs[0] for path, docs in files.items() if "/argocd/" in path and path.startswith("clusters/")}


@REVISIONS
@pytest.mark.parametrize("step", list(upgrades.BY_NAME))
def test_the_order_of_each_step_is_proved(step: str, revision: str) -> None:
    proof = OrderProof()
    for path, docs in built(step, revision).items():
        proof.add(path, docs)
    assert proof.finish() == []


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STEPS, STEPS)))
def test_one_step_at_a_time(old: str, new: str) -> None:
    step = STEPS.index(new) - STEPS.index(old)
    over = old == upgrades.REMOVED and new == upgrades.NONE
    back = step == -1 and old not in (upgrades.NONE, upgrades.REMOVED)
    assert upgrades.may_follow(old, new, remotes=True) == (step in (0, 1) or back or over)


def test_without_remotes_their_step_is_left_out() -> None:
    seen = [upgrades.NONE]
    while (step := upgrades.following(seen[-1], remotes=False)) != upgrades.NONE:
        seen.append(step)
    assert seen == [step for step in STEPS if step != upgrades.REMOTES]
    assert upgrades.before(upgrades.SWITCHED, remotes=False) == upgrades.PRIMARIES


@REVISIONS
def test_what_runs_changes_in_its_own_step_only(revision: str) -> None:
    """Who follows whom, by step: the table of docs/upgrading.md, read from the trees."""
    old = revision or "default"
    seen = {}
    for step in upgrades.BY_NAME:
        files = built(step, revision)
        planes = tuple(
            tuple(sorted({path.split("/")[2] for path in files if path.startswith(f"clusters/{name}/control-plane")}))
            for name in ("gke", "aks")
        )
        (tag,) = (docs[0] for path, docs in files.items() if "aks/revision-tag/" in path and "injector" in path)
        gateway = files["clusters/aks/east-west-gateway/istio-operator.yaml"][0]["spec"]
        seen[step] = (planes, tag["metadata"]["labels"][names.REVISION], gateway.get("revision", "default"))
    one, two = names.control_plane(revision), names.control_plane("1-31")
    assert seen == {
        "prepared": (((one,), (one,)), old, old),
        "primaries": (((one, two), (one,)), old, old),
        "remotes": (((one, two), (one, two)), old, old),
        "switched": (((one, two), (one, two)), "1-31", old),
        "gateways": (((one, two), (one, two)), "1-31", "1-31"),
        "removed": (((two,), (two,)), "1-31", "1-31"),
    }


@REVISIONS
def test_a_step_shows_in_the_sources_that_argo_cd_compares(revision: str) -> None:
    """The health check of chains compares sources: a step that showed in no source would seem over at once."""
    trees = [applications(built(step, revision)) for step in upgrades.BY_NAME]
    for before, after in itertools.pairwise(trees):
        gone_or_new = before.keys() ^ after.keys()
        both = before.keys() & after.keys()
        changed = [path for path in both if before[path]["spec"]["source"] != after[path]["spec"]["source"]]
        assert gone_or_new or changed


@REVISIONS
def test_what_goes_has_a_finalizer_before_and_nothing_else_ever(revision: str) -> None:
    steps = list(upgrades.BY_NAME)
    trees = {step: applications(built(step, revision)) for step in steps}
    for step, following in [*itertools.pairwise(steps), *[(b, a) for a, b in itertools.pairwise(steps[:-1])]]:
        for path in trees[step].keys() - trees[following].keys():
            assert trees[step][path]["metadata"].get("finalizers") == [names.FINALIZER], (path, step)
    used = {(step, path) for step in steps for path, app in trees[step].items() if app["metadata"].get("finalizers")}
    assert {path.rpartition("/")[2] for step, path in used if step == "switched"} == set()
    assert all("control-plane" in path or (step == "prepared" and "revision-tag" in path) for step, path in used)


def test_the_first_step_gives_argo_cd_the_second_plugin_and_the_last_takes_the_first() -> None:
    before = files_of(BLUEPRINTS / "gke-aks.yaml", SEALED_INPUTS)
    assert f"{SETUP}plugin/mcgen-istio-1.30.yaml" not in before
    for step in upgrades.BY_NAME:
        for minor in ("1.30", "1.31"):
            assert f"{SETUP}plugin/mcgen-istio-{minor}.yaml" in built(step)


def test_the_remotes_ask_for_each_istiod_by_its_own_name() -> None:
    gateway, routes = built("remotes")["bases/exposure/expose-istiod.yaml"]
    hosts = gateway["spec"]["servers"][0]["hosts"]
    assert {host.removeprefix("./").partition(".")[0] for host in hosts} == {"istiod", "istiod-1-31"}
    for route in routes["spec"]["tls"]:
        (target,) = {host.partition(".")[0] for host in route["match"][0]["sniHosts"]}
        assert route["route"][0]["destination"]["host"].startswith(f"{target}.istio-system")


def test_namespaces_never_change() -> None:
    trees = [built(step) for step in upgrades.BY_NAME]
    spaces = [{p: d for p, d in files.items() if "/namespaces/" in p} for files in trees]
    assert all(other == spaces[0] for other in spaces)
