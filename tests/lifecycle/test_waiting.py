"""A mesh in which nothing was sealed yet: what happens to it between two commits is judged as in any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgen import upgrades
from mcgen.cli import run
from tests.lifecycle.steps import SAMPLE, against, commit, git

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
