"""mcgen remove cluster in a mesh of several primaries: a remote, and a primary that serves nobody."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from mcgen import edit
from mcgen.cli import run
from tests.lifecycle.steps import STATES, commit, git
from tests.lifecycle.test_remove import kubectl
from tests.samples import CHECKOUT

SAMPLE, OUT = "p.yaml", "output/multi-primary"
PEERS = f"{OUT}/argocd/applicationsets/peers.yaml"


@pytest.fixture
def opened(blueprint: Path) -> Path:
    """A repository whose first commit holds the sample with two primaries, with everything sealed."""
    Path(SAMPLE).write_text((CHECKOUT / "blueprints/multi-primary.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert run(["build", SAMPLE, "--inputs", str(CHECKOUT / "blueprints/multi-primary.inputs")]) == 0
    git("init", "-q")
    commit("opened")
    return blueprint.parent


def remove(name: str, *options: str) -> int:
    return run(["remove", "cluster", SAMPLE, name, *options])


def against(*options: str) -> int:
    return run(["validate", OUT, "--against", "HEAD", "--validator", "embedded", *options])


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("eks", {"secret-gone": ["eks-remote-secret", "aks-reads-eks"], "gone": ["eks-namespaces"]}),
        ("aks", {"secret-gone": ["gke-reads-aks"], "gone": ["aks-trust", "aks-namespaces"]}),
    ],
)
def test_a_cluster_leaves_commit_by_commit(
    name: str, asked: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(SAMPLE).read_text(encoding="utf-8")
    for state in STATES:
        capsys.readouterr()
        assert remove(name, "--assume-live") == 0
        said = capsys.readouterr().out
        confirmed = {line.split()[5] for line in said.splitlines() if "deletion-approved" in line}
        assert confirmed == {f"multi-primary-{one}" for one in asked.get(state, [])}
        assert run(["build", SAMPLE]) == 0
        assert against() == 0
        peers = Path(PEERS).read_text(encoding="utf-8") if Path(PEERS).exists() else ""
        assert ("templatePatch" in peers) == (state == "leaving")
        commit(state)
    assert remove(name, "--assume-live") == 0
    index = {"aks": 1, "eks": 2}[name]
    assert Path(SAMPLE).read_text(encoding="utf-8") == edit.remove(before, index)
    assert run(["build", SAMPLE]) == 0
    assert against() == 0
    assert not [path for path in Path(OUT).rglob("*") if name in path.relative_to(OUT).parts]
    facts = Path(OUT, ".mcgen/facts.yaml").read_text(encoding="utf-8")
    assert f"{name}:" not in facts


@pytest.mark.usefixtures("opened")
def test_a_primary_that_serves_a_remote_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert remove("gke", "--assume-live") == 2
    assert "'gke' serves eks: remove its remotes first" in capsys.readouterr().err
    for _ in (*STATES, ""):
        assert remove("eks", "--assume-live") == 0
        assert run(["build", SAMPLE]) == 0
    assert remove("gke", "--assume-live") == 0
    assert run(["build", SAMPLE]) == 0
    capsys.readouterr()
    assert remove("aks", "--assume-live") == 1
    assert "no primary would stay" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_a_phase_that_is_skipped_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(edit.set_state(text, 1, "secret-gone"), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    capsys.readouterr()
    assert against() == 1
    said = capsys.readouterr()
    assert "MC661" in said.out + said.err


@pytest.mark.usefixtures("opened")
def test_a_sealed_file_that_is_lost_is_no_phase(capsys: pytest.CaptureFixture[str]) -> None:
    inputs = Path("inputs")
    shutil.copytree(CHECKOUT / "blueprints/multi-primary.inputs", inputs)
    (inputs / "clusters/aks/remote-secrets/eks/sealed-secret.yaml").unlink()
    shutil.rmtree(OUT)
    assert run(["build", SAMPLE, "--inputs", str(inputs)]) == 0
    capsys.readouterr()
    assert against() == 1
    said = capsys.readouterr()
    assert '"aks" no longer reads "eks", and its remote secret stays behind' in said.out + said.err


@pytest.mark.usefixtures("opened")
def test_a_primary_that_is_dead_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    assert remove("aks", "--forget") == 0
    assert run(["build", SAMPLE, "--forget", "aks"]) == 0
    assert against() == 1
    assert against("--forget", "aks") == 0
    assert "MC660" in capsys.readouterr().err


@pytest.mark.usefixtures("opened")
def test_argo_cd_is_asked_about_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert remove("aks") == 0
    assert run(["build", SAMPLE]) == 0
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    stages = [path.stem.partition("-")[2] for path in Path(OUT, "clusters/aks/argocd").glob("*.yaml")]
    own: dict[str, Any] = {"metadata": {"name": "multi-primary-aks", "labels": {"mcgen/cluster": "aks"}}}
    own["status"] = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    items: list[dict[str, Any]] = [
        own,
        *({"metadata": {"name": f"multi-primary-aks-{one}", "labels": {"mcgen/cluster": "aks"}}} for one in stages),
        *(
            {"metadata": {"name": f"multi-primary-{pair}", "labels": {"mcgen/cluster": pair[-3:]}}}
            for pair in ("gke-reads-aks", "aks-reads-gke", "aks-reads-eks")
        ),
        {"metadata": {"name": "multi-primary-eks", "labels": {"mcgen/cluster": "eks"}}},
    ]
    Path("answer.json").write_text(json.dumps({"items": items}), encoding="utf-8")
    kubectl(tmp_path, 'echo "$@" > asked; cat answer.json')
    capsys.readouterr()
    assert remove("aks", "--argocd-context", "tools") == 1
    waiting = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  ")]
    assert waiting == [
        "  multi-primary-gke-reads-aks has no finalizer yet: the next phase would leave its objects behind"
    ]
    items[-4]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    Path("answer.json").write_text(json.dumps({"items": items}), encoding="utf-8")
    assert remove("aks", "--argocd-context", "tools") == 0
