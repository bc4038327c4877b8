"""Upgrades: istiods that are missing or too many, followers of the wrong one, and what would never be deleted."""

from __future__ import annotations

from typing import Any

from mcgen import names
from mcgen.order import finding
from tests.helpers import SEALED_INPUTS, tree
from tests.unit.order_mutations.trees import BLUEPRINT, PRIMARIES, REMOTES, Tree, application, mutation, opened

TAG = "clusters/gke/revision-tag/{}/injector.yaml"
OPERATOR = "clusters/{}/{}/istio-operator.yaml"


def at(step: str) -> Tree:
    return tree(BLUEPRINT, SEALED_INPUTS, step=step)


def beside() -> Tree:
    return at("remotes")


def primaries() -> Tree:
    return at("primaries")


def switched() -> Tree:
    return at("switched")


def gateways() -> Tree:
    return at("gateways")


def marks(files: Tree, path: str) -> dict[str, Any]:
    return files[path][0]["metadata"]["annotations"]  # type: ignore[no-any-return]


def operator(files: Tree, cluster: str, stage: str) -> dict[str, Any]:
    return files[OPERATOR.format(cluster, stage)][0]["spec"]  # type: ignore[no-any-return]


@mutation(beside, finding.STEP)
def an_application_set_at_another_step(files: Tree) -> None:
    marks(files, REMOTES)[names.UPGRADE_STEP] = "switched"


@mutation(beside, finding.UNREADABLE, finding.STEP, finding.DELETES)
def a_step_that_is_none(files: Tree) -> None:
    for path in (PRIMARIES, REMOTES):
        marks(files, path)[names.UPGRADE_STEP] = "done"


@mutation(beside, finding.STEP, finding.DELETES)
def two_istiods_and_no_upgrade(files: Tree) -> None:
    for path in (PRIMARIES, REMOTES):
        for key in (names.UPGRADE_STEP, names.UPGRADE_FROM, names.UPGRADE_TO):
            del marks(files, path)[key]


@mutation(primaries, finding.UNREACHED, finding.STEP)
def the_new_istiod_is_not_listed(files: Tree) -> None:
    del files[application("gke", "control-plane-1-31")]


@mutation(switched, finding.STEP)
def the_tag_stays_behind(files: Tree) -> None:
    files[TAG.format("1-31")][0]["metadata"]["labels"][names.REVISION] = "default"


@mutation(beside, finding.CONTROL_PLANE_LATE)
def the_tag_comes_before_its_istiod(files: Tree) -> None:
    files[application("gke", "revision-tag")][0]["metadata"]["annotations"][names.SYNC_WAVE] = "18"


@mutation(switched, finding.STEP)
def a_gateway_runs_ahead(files: Tree) -> None:
    operator(files, "aks", "east-west-gateway")["revision"] = "1-31"


@mutation(beside, finding.STEP)
def two_injectors_for_one_pod(files: Tree) -> None:
    del operator(files, "gke", "control-plane")["values"]["global"]["operatorManageWebhooks"]


@mutation(primaries, finding.STEP)
def no_injector_that_is_known_to_work(files: Tree) -> None:
    operator(files, "aks", "control-plane")["values"]["global"]["operatorManageWebhooks"] = True


@mutation(beside, finding.RENDERING)
def the_plugin_of_another_minor(files: Tree) -> None:
    plugin = files[application("gke", "control-plane-1-31")][0]["spec"]["source"]["plugin"]
    plugin["name"] = "mcgen-istio-1.30"


@mutation(gateways, finding.PHASE)
def an_old_istiod_that_would_stay_for_ever(files: Tree) -> None:
    del files[application("gke", "control-plane")][0]["metadata"]["finalizers"]


@mutation(switched, finding.DELETES)
def a_finalizer_on_the_istiod_in_use(files: Tree) -> None:
    files[application("gke", "control-plane-1-31")][0]["metadata"]["finalizers"] = [names.FINALIZER]


@mutation(opened, finding.STEP, finding.CONTROL_PLANE_LATE)
def an_istiod_of_another_revision(files: Tree) -> None:
    operator(files, "aks", "control-plane")["revision"] = "1-32"
