"""Clusters that leave: what is still there, what deletes too much, and what would never be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.order import finding
from tests.helpers import BLUEPRINTS, SEALED_INPUTS, tree
from tests.unit.order_mutations.primaries import PEERS
from tests.unit.order_mutations.trees import (
    BLUEPRINT,
    PRIMARIES,
    REMOTES,
    Tree,
    application,
    mutation,
    opened,
    project,
    template,
    waiting,
)

if TYPE_CHECKING:
    from mcgen.tree import Data


def announced() -> Tree:
    return tree(BLUEPRINT, SEALED_INPUTS, state="leaving")


def cut_off() -> Tree:
    return tree(BLUEPRINT, SEALED_INPUTS, state="secret-gone")


def gone() -> Tree:
    return tree(BLUEPRINT, SEALED_INPUTS, state="gone")


def element(files: Tree) -> dict[str, Any]:
    return files[REMOTES][0]["spec"]["generators"][0]["list"]["elements"][0]  # type: ignore[no-any-return]


def automated(document: Data) -> dict[str, Any]:
    return document["spec"]["syncPolicy"]["automated"]  # type: ignore[no-any-return]


@mutation(announced, finding.DELETES)
def finalizer_on_a_stage_that_stays(files: Tree) -> None:
    files[application("aks", "control-plane")][0]["metadata"]["finalizers"] = [names.FINALIZER]


@mutation(cut_off, finding.DELETES)
def finalizer_on_a_stage_of_the_primary(files: Tree) -> None:
    files[application("gke", "control-plane")][0]["metadata"]["finalizers"] = [names.FINALIZER]


@mutation(announced, finding.UNREADABLE)
def another_finalizer(files: Tree) -> None:
    files[application("aks", "remote-secret")][0]["metadata"]["finalizers"].append("example.com/mine")


@mutation(announced, finding.PHASE)
def finalizer_that_is_missing(files: Tree) -> None:
    del files[application("aks", "remote-secret")][0]["metadata"]["finalizers"]


@mutation(announced, finding.DELETES)
def a_member_with_a_finalizer(files: Tree) -> None:
    del element(files)["state"]
    del automated(template(files, REMOTES))["allowEmpty"]


@mutation(announced, finding.PHASE)
def a_stage_that_was_to_go(files: Tree) -> None:
    element(files)["state"] = "secret-gone"


@mutation(cut_off, finding.DELETES, finding.SECRET_LATE, finding.UNREACHED)
def a_secret_that_went_too_early(files: Tree) -> None:
    element(files)["state"] = "leaving"


@mutation(opened, finding.SECRET_LATE, finding.UNREACHED)
def a_secret_that_a_member_lost(files: Tree) -> None:
    del files[application("aks", "remote-secret")]


@mutation(announced, finding.UNREADABLE, finding.UNREACHED, finding.TOO_WIDE)
def a_state_that_is_none(files: Tree) -> None:
    element(files)["state"] = "away"


@mutation(announced, finding.UNREADABLE, finding.UNREACHED, finding.TOO_WIDE)
def a_state_that_is_no_text(files: Tree) -> None:
    element(files)["state"] = 5


@mutation(gone, finding.PHASE)
def a_chain_that_argocd_would_not_empty(files: Tree) -> None:
    del automated(template(files, REMOTES))["allowEmpty"]


@mutation(waiting, finding.SYNC_POLICY)
def chains_that_may_be_emptied(files: Tree) -> None:
    automated(template(files, PRIMARIES))["allowEmpty"] = True


@mutation(announced, finding.SYNC_POLICY)
def a_stage_that_may_be_emptied(files: Tree) -> None:
    automated(files[application("aks", "base")][0])["allowEmpty"] = True


@mutation(gone, finding.NO_SUCH_PATH, finding.UNREACHED, finding.TOO_WIDE)
def an_empty_chain_without_a_folder(files: Tree) -> None:
    del files["clusters/aks/argocd/README.md"]


@mutation(gone, finding.UNREACHED)
def a_stage_whose_folder_stayed(files: Tree) -> None:
    files["clusters/aks/base/kustomization.yaml"] = files["clusters/gke/base/kustomization.yaml"]
    files["clusters/aks/base/istio-operator.yaml"] = files["clusters/gke/base/istio-operator.yaml"]


@mutation(gone, finding.TOO_WIDE)
def a_destination_that_nobody_leaves(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].append({"name": "gke", "namespace": "other"})


# With several primaries


def read_no_more() -> Tree:
    """Return the tree of two primaries of which the second leaves, and is announced."""
    return tree(BLUEPRINTS / "multi-primary.yaml", BLUEPRINTS / "multi-primary.inputs", state="leaving")


def unread() -> Tree:
    return tree(BLUEPRINTS / "multi-primary.yaml", BLUEPRINTS / "multi-primary.inputs", state="secret-gone")


def _elements(files: Tree) -> list[dict[str, Any]]:
    return files[PEERS][0]["spec"]["generators"][0]["list"]["elements"]  # type: ignore[no-any-return]


@mutation(read_no_more, finding.PHASE)
def peer_without_a_finalizer(files: Tree) -> None:
    del files[PEERS][0]["spec"]["templatePatch"]


@mutation(read_no_more, finding.UNREADABLE)
def peer_of_another_state(files: Tree) -> None:
    del next(one for one in _elements(files) if one["cluster"] == "aks")["state"]


@mutation(read_no_more, finding.UNREADABLE)
def peer_with_another_patch(files: Tree) -> None:
    files[PEERS][0]["spec"]["templatePatch"] = '{"metadata": {"labels": {"a": "b"}}}'


@mutation(read_no_more, finding.UNREADABLE)
def peer_that_stays_with_a_finalizer(files: Tree) -> None:
    next(one for one in _elements(files) if one["cluster"] == "gke")["state"] = "leaving"


@mutation(unread, finding.PHASE)
def peer_that_was_to_go(files: Tree) -> None:
    _elements(files).append({"consumer": "gke", "cluster": "aks", "state": "secret-gone"})


@mutation(unread, finding.UNREACHED)
def peer_that_went_too_early(files: Tree) -> None:
    _elements(files).remove({"consumer": "aks", "cluster": "gke"})


@mutation(unread, finding.DELETES)
def peers_that_all_get_a_finalizer(files: Tree) -> None:
    template(files, PEERS)["metadata"]["finalizers"] = [names.FINALIZER]
