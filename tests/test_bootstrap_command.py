"""mcgen bootstrap before it asks anybody: what it needs to be told, and what it says of a tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mcgen.cli import run
from tests.samples import CHECKOUT

BLUEPRINT = "blueprints/gke-aks.yaml"


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    shutil.copytree(CHECKOUT / "blueprints", "blueprints")


@pytest.mark.parametrize("options", [[], ["--status"], ["--dry-run"], ["--rotate"]], ids=str)
def test_without_a_tree_nothing_is_said_of_it(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bootstrap", BLUEPRINT, *options]) == 3
    assert "there is no tree in 'output/gke-aks': run `mcgen build` first" in capsys.readouterr().err
    assert not Path("output").exists()


def test_a_lost_sealed_file_is_not_taken_for_one_that_never_was(capsys: pytest.CaptureFixture[str]) -> None:
    inputs, tree = Path("blueprints/gke-aks.inputs"), Path("output/gke-aks")
    shutil.copytree(inputs, tree)
    assert run(["build", BLUEPRINT]) == 0
    (tree / "clusters/gke/remote-secrets/aks/sealed-secret.yaml").unlink()
    capsys.readouterr()
    for command in (["bootstrap", BLUEPRINT, "--status"], ["validate", BLUEPRINT], ["build", BLUEPRINT]):
        assert run(command) == 1
        assert "MC237" in capsys.readouterr().err


def test_what_would_be_sealed_is_said_without_any_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", BLUEPRINT]) == 0
    capsys.readouterr()
    assert run(["bootstrap", BLUEPRINT, "--dry-run"]) == 0
    assert "planned  aks for gke: istio-reader-gke-1-token -> " in capsys.readouterr().out
    assert run(["bootstrap", BLUEPRINT]) == 3
    assert "istioctl 1.31 is needed" in capsys.readouterr().err
