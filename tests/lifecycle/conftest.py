"""A folder with the sample's blueprint, and a repository in which its tree is committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgen.cli import run
from tests.lifecycle.steps import SAMPLE, commit, git
from tests.samples import CHECKOUT


@pytest.fixture(autouse=True)
def blueprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = (CHECKOUT / "blueprints/gke-aks.yaml").read_text(encoding="utf-8")
    Path("b.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "b.yaml"


@pytest.fixture
def repository(blueprint: Path) -> Path:
    """A repository whose first commit holds the sample, opened, with nothing else that names aks."""
    text = blueprint.read_text(encoding="utf-8").replace("sleep-aks]", "sleep-gke]")
    blueprint.write_text(text, encoding="utf-8")
    assert run(["build", SAMPLE, "--inputs", str(CHECKOUT / "blueprints/gke-aks.inputs")]) == 0
    git("init", "-q")
    commit("opened")
    return blueprint.parent
