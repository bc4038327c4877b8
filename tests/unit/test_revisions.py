"""What may happen to the istiods between two commits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcgen import upgrades
from mcgen.lifecycle import revisions
from mcgen.lifecycle.tree import Upgrade

TREE = Path("tree")
GKE, AKS = "clusters/gke/control-plane/istio-operator.yaml", "clusters/aks/control-plane/istio-operator.yaml"
OLD, NEW = "default", "1-31"
IDLE = Upgrade()


def at(step: str, old: str = OLD, new: str = NEW) -> Upgrade:
    return Upgrade(step, old, new)


def operators(*revisions: str, tag: str = "1.31.1") -> dict[str, Any]:
    """Return the specs of one cluster's control planes."""
    return {f"{GKE}-{each}": {"revision": each, "tag": tag} for each in revisions}


def found(
    before: tuple[Upgrade, dict[str, Any]],
    after: tuple[Upgrade, dict[str, Any]],
    *,
    remotes: bool = False,
    leaving: bool = False,
) -> list[tuple[str, str]]:
    problems = revisions.compare(TREE, before, after, remotes=remotes, leaving=leaving)
    return [(each.code, each.message) for each in problems]


def test_a_mesh_that_was_not_there_may_begin_with_anything() -> None:
    assert found((IDLE, {}), (at(upgrades.SWITCHED), operators(OLD, NEW))) == []


def test_an_upgrade_and_a_leaving_cluster_are_two_commits() -> None:
    before, after = (IDLE, operators(OLD)), (at(upgrades.PREPARED), operators(OLD))
    assert found(before, after) == []
    ((code, message),) = found(before, after, leaving=True)
    assert code == "MC666"
    assert "in the same commit a cluster leaves a phase further" in message


def test_a_skipped_step_says_which_is_next() -> None:
    before, after = (at(upgrades.PREPARED), operators(OLD)), (at(upgrades.SWITCHED), operators(OLD, NEW))
    (problem,) = revisions.compare(TREE, before, after, remotes=False, leaving=False)
    assert problem.code == "MC665"
    assert problem.message == "the upgrade is at 'prepared' at the other revision, and now at 'switched'"
    assert problem.advice == "take one step in each commit: 'primaries' is next"


@pytest.mark.parametrize("remotes", [True, False])
def test_the_step_of_the_remotes_is_left_out_where_there_are_none(remotes: bool) -> None:
    """Whatever is installed: a remote that waits behind its gate has no control plane in the tree."""
    before, after = (at(upgrades.PRIMARIES), operators(OLD, NEW)), (at(upgrades.REMOTES), operators(OLD, NEW))
    switched = (at(upgrades.SWITCHED), operators(OLD, NEW))
    assert (found(before, after, remotes=remotes) == []) == remotes
    assert (found(before, switched, remotes=remotes) == []) != remotes


def test_one_upgrade_cannot_become_another() -> None:
    before = (at(upgrades.PREPARED), operators(OLD))
    ((code, message),) = found(before, (at(upgrades.PREPARED, new="1-32"), operators(OLD)))
    assert (code, message) == ("MC665", "the upgrade from default to 1-31 becomes one from default to 1-32")


def test_a_revision_does_not_change_without_a_step() -> None:
    ((code, message),) = found((IDLE, operators(OLD)), (IDLE, operators(NEW)))
    assert code == "MC664"
    assert message == "the istiods are default at the other revision, and now 1-31, without any step"
    ((_, message),) = found((IDLE, operators(OLD)), (IDLE, {}))
    assert message == "the istiods are default at the other revision, and now gone, without any step"


def test_another_minor_does_not_come_in_place() -> None:
    before = (IDLE, operators(OLD, tag="1.30.4"))
    (problem,) = revisions.compare(TREE, before, (IDLE, operators(OLD)), remotes=False, leaving=False)
    assert problem.code == "MC664"
    assert problem.message.startswith("a control plane goes from Istio 1.30.4 to 1.31.1 in place")
    assert problem.pos.file == f"tree/{GKE}-{OLD}"
    assert found(before, (IDLE, operators(OLD, tag="1.30.9"))) == []


@pytest.mark.parametrize(("step", "left", "expected"), [(upgrades.REMOVED, OLD, NEW), (upgrades.PREPARED, NEW, OLD)])
def test_an_upgrade_ends_with_the_istiod_that_it_has_led_to(step: str, left: str, expected: str) -> None:
    assert found((at(step), operators(OLD, NEW)), (IDLE, operators(expected))) == []
    ((code, message),) = found((at(step), operators(OLD, NEW)), (IDLE, operators(left)))
    assert (code, message) == ("MC665", f"the upgrade is over, and the istiods are {left}, not {expected}")
