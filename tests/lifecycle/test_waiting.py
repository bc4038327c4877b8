"""A mesh in which nothing was sealed yet: what happens to it between two commits is judged as in any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgen import edit, layout, upgrades
from mcgen.cli import run
from tests.lifecycle.steps import SAMPLE, STATES, against, commit, git, remove
from tests.samples import CHECKOUT

pytestmark = pytest.mark.usefixtures("waiting")


@pytest.fixture
def waiting(blueprint: Path) -> None:
    """The sample on the older minor, with its remote at the first gate, committed."""
    text = blueprint.read_text(encoding="utf-8").replace("sleep-aks]", "sleep-gke]")
    blueprint.write_text(text.replace('version: "1.31.1"', 'version: "1.30.4"'), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    git("init", "-q")
    commit("waits")


def test_it_is_upgraded_commit_by_commit() -> None:
    """The remote has no control plane in the tree, and is a remote all the same."""
    for step in upgrades.BY_NAME:
        assert run(["upgrade", SAMPLE, "--assume-live", "--to", "1.31.1"]) == 0
        assert f"step: {step}" in Path(SAMPLE).read_text(encoding="utf-8")
        assert run(["build", SAMPLE]) == 0
        assert against() == 0
        commit(step)


def test_it_is_upgraded_while_the_remote_waits_for_the_address() -> None:
    """At the second gate, where its control plane will be."""
    sealed = Path(layout.sealed_secret("gke", "aks"))
    place = Path("output/gke-aks") / sealed
    place.write_bytes((CHECKOUT / "blueprints/gke-aks.inputs" / sealed).read_bytes())
    assert run(["build", SAMPLE]) == 0
    assert Path("output/gke-aks/clusters/aks/argocd/20-control-plane.yaml").exists()
    commit("sealed")
    test_it_is_upgraded_commit_by_commit()


def test_a_cluster_that_was_added_by_mistake_leaves_commit_by_commit() -> None:
    """There is no remote secret that could stay behind: only a gate."""
    before = Path(SAMPLE).read_text(encoding="utf-8")
    for state in STATES:
        assert remove("--assume-live") == 0
        assert run(["build", SAMPLE]) == 0
        assert against() == 0, state
        commit(state)
    assert remove("--assume-live") == 0
    assert Path(SAMPLE).read_text(encoding="utf-8") == edit.remove(before, 1)
    assert run(["build", SAMPLE]) == 0
    assert against() == 0
    assert not Path("output/gke-aks/clusters/aks").exists()
