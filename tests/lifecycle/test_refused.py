"""What builds and commits refuse while clusters leave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcgen import edit
from mcgen.cli import run
from tests.lifecycle.steps import EKS, SAMPLE, STATES, against, commit, git, remove, set_state
from tests.snapshots import snapshot


def take_out() -> None:
    Path(SAMPLE).write_text(edit.remove(Path(SAMPLE).read_text(encoding="utf-8"), 1), encoding="utf-8")
    Path("output/gke-aks/clusters/gke/remote-secrets/aks/sealed-secret.yaml").unlink()
    facts = Path("output/gke-aks/.mcgen/facts.yaml")
    facts.write_text('apiVersion: mcgen/v1alpha1\nkind: Facts\naddresses: {gke: "203.0.113.10"}\n', encoding="utf-8")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("state", ["", "leaving", "control-plane-gone"])
def test_a_build_takes_no_cluster_away(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    if state:
        set_state(1, state)
    take_out()
    old = snapshot(Path("output"))
    assert run(["build", SAMPLE]) == 1
    error = capsys.readouterr().err
    assert "MC663" in error
    assert f"mcgen remove cluster {SAMPLE} aks" in error
    assert snapshot(Path("output")) == old
    assert run(["build", SAMPLE, "--forget", "gke"]) == 2
    assert run(["build", SAMPLE, "--forget", "aks"]) == 0
    assert "delete applications.argoproj.io -l" in capsys.readouterr().out
    assert run(["build", SAMPLE, "--check"]) == 0
    assert run(["build", SAMPLE, "--forget", "aks"]) == 0
    said = "".join(capsys.readouterr())
    assert "--forget aks: no cluster of that name is in the tree" in said
    assert "delete applications" not in said


@pytest.mark.usefixtures("repository")
def test_what_a_field_took_out_stays_and_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(text.replace("    ingressGateway: true\n", ""), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    told = capsys.readouterr().err
    assert told.count("[MC668]") == 1
    assert 'give the Application "gke-aks-gke-ingress-gateway" a finalizer' in told
    assert against() == 0
    assert capsys.readouterr().err.count("[MC668]") == 1
    commit("no ingress gateway")
    assert run(["build", SAMPLE]) == against() == 0
    # The demo's workloads go with its namespace, and a new stage is nothing that goes.
    without = text[: text.index("demo:")]
    Path(SAMPLE).write_text(without, encoding="utf-8")
    assert run(["build", SAMPLE]) == against() == 0
    assert "MC668" not in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_a_dead_cluster_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    assert remove("--forget") == 0
    assert "next: mcgen build b.yaml --forget aks" in capsys.readouterr().out
    assert run(["build", SAMPLE, "--forget", "aks"]) == 0
    assert against() == 1
    assert "MC660" in capsys.readouterr().err
    assert against("--forget", "aks") == 0


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ([], "leaving", False),
        ([], "secret-gone", True),
        ([], "gone", True),
        (["leaving"], "gateways-gone", True),
        (["leaving", "secret-gone"], "leaving", True),
        (["leaving", "secret-gone"], "", False),
        (STATES, "", True),
        (STATES[:4], "gone", False),
    ],
)
def test_phases_between_commits(
    before: list[str], after: str, *, refused: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    for state in before:
        set_state(1, state)
    commit("before")
    if after:
        set_state(1, after)
    else:
        text = Path(SAMPLE).read_text(encoding="utf-8")
        Path(SAMPLE).write_text(text.replace(f"    state: {before[-1]}\n", ""), encoding="utf-8")
        assert run(["build", SAMPLE]) == 0
    capsys.readouterr()
    assert against() == int(refused)
    assert capsys.readouterr().err.count("MC661") == int(refused)


@pytest.mark.usefixtures("repository")
def test_two_clusters_may_leave_in_one_commit() -> None:
    assert run(["add", "cluster", SAMPLE, "eks", *EKS, "--server", "https://eks.example.com"]) == 0
    assert run(["build", SAMPLE]) == 0
    assert against() == 0, "a cluster may come"
    commit("eks")
    for index in (1, 2):
        set_state(index, "leaving")
    assert against() == 0


@pytest.mark.usefixtures("repository")
def test_a_stage_that_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """As if another generator had left out a stage with all that belongs to it."""
    tree = Path("output/gke-aks")
    paths = ["clusters/aks/argocd/30-east-west-gateway.yaml"]
    paths += [f"clusters/aks/east-west-gateway/{name}" for name in ("istio-operator.yaml", "kustomization.yaml")]
    manifest = json.loads((tree / ".mcgen/manifest.json").read_text(encoding="utf-8"))
    for path in paths:
        (tree / path).unlink()
        del manifest["files"][path]
    (tree / ".mcgen/manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    assert against() == 1
    error = capsys.readouterr().err
    assert error.count("MC662") == 1
    assert "MC651" not in error


@pytest.mark.usefixtures("repository")
def test_a_sealed_file_that_is_lost_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    """It shows that the gate was open: without it the stages behind would go before their phase."""
    set_state(1, "leaving")
    set_state(1, "secret-gone")
    Path("output/gke-aks/clusters/gke/remote-secrets/aks/sealed-secret.yaml").unlink()
    assert run(["build", SAMPLE]) == 1
    assert "MC237" in capsys.readouterr().err


def test_a_shallow_clone_says_what_to_fetch(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git("commit", "-q", "--allow-empty", "-m", "later")
    git("clone", "-q", "--depth=1", f"file://{repository}", str(tmp_path / "clone"))
    monkeypatch.chdir(tmp_path / "clone")
    assert run(["validate", "output/gke-aks", "--against", "HEAD~1"]) == 3
    assert "git fetch --depth=1 origin REV" in capsys.readouterr().err
    assert against() == 0
