"""mcgen remove cluster: one phase with each call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcgen import edit
from mcgen.cli import run
from tests.lifecycle.steps import EKS, SAMPLE, STATES, against, commit, remove, set_state


def test_a_cluster_leaves_commit_by_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(SAMPLE).read_text(encoding="utf-8")
    for number, state in enumerate(STATES, 1):
        capsys.readouterr()
        assert remove("--assume-live") == 0
        said = capsys.readouterr().out
        assert f"aks is '{state}' now, phase {number} of 5" in said
        assert said.endswith("after that: mcgen remove cluster b.yaml aks\n")
        assert ("deletion-approved" in said) == (state in ("secret-gone", "gone"))
        assert Path(SAMPLE).read_text(encoding="utf-8").count(f"state: {state}\n") == 1
        assert run(["build", SAMPLE]) == 0
        assert f"`{state}`" in Path("output/gke-aks/README.md").read_text(encoding="utf-8")
        assert against() == 0
        commit(state)
    assert remove("--assume-live") == 0
    assert "delete crd" in capsys.readouterr().out
    assert Path(SAMPLE).read_text(encoding="utf-8") == edit.remove(before, 1)
    assert not Path("output/gke-aks/clusters/gke/remote-secrets/aks/sealed-secret.yaml").exists()
    assert run(["build", SAMPLE]) == 0
    assert against() == 0
    assert not Path("output/gke-aks/clusters/aks").exists()
    assert not Path("output/gke-aks/clusters/gke/remote-secrets").exists()
    assert "aks" not in Path("output/gke-aks/.mcgen/facts.yaml").read_text(encoding="utf-8").replace("gke-aks", "")
    assert repository == Path.cwd()


def kubectl(folder: Path, script: str) -> None:
    program = folder / "bin" / "kubectl"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.usefixtures("repository")
def test_argo_cd_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    kubectl(tmp_path, "exit 9")
    assert remove() == 0, "nobody has to be asked about a member"
    assert run(["build", SAMPLE]) == 0
    found: dict[str, list[Any]] = {
        "items": [
            {
                "metadata": {"name": "gke-aks-aks"},
                "status": {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}},
            },
            *(
                {"metadata": {"name": f"gke-aks-aks-{stage}", "finalizers": []}}
                for stage in ("namespaces", "remote-secret", "base", "control-plane", "east-west-gateway", "workloads")
            ),
        ]
    }
    Path("answer.json").write_text(json.dumps(found), encoding="utf-8")
    kubectl(tmp_path, 'echo "$@" > asked; cat answer.json')
    old = Path(SAMPLE).read_bytes()
    capsys.readouterr()
    assert remove("--argocd-context", "tools") == 1
    assert "gke-aks-aks-remote-secret has no finalizer yet" in capsys.readouterr().err
    assert Path(SAMPLE).read_bytes() == old
    asked = Path("asked").read_text(encoding="utf-8")
    assert "--context=tools" in asked
    assert "--selector=app.kubernetes.io/part-of=gke-aks,mcgen/cluster=aks" in asked
    found["items"][2]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    Path("answer.json").write_text(json.dumps(found), encoding="utf-8")
    assert remove("--kubeconfig", "k.yaml") == 0
    assert "state: secret-gone" in Path(SAMPLE).read_text(encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    # Deleted, but nobody has confirmed it yet.
    capsys.readouterr()
    assert remove("--kubeconfig", "k.yaml") == 1
    error = capsys.readouterr().err
    assert "gke-aks-aks-remote-secret is still there" in error
    assert "deletion-approved" in error


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("script", ["echo 'connection refused' >&2; exit 1", "echo '[]'", "echo what"])
def test_what_is_unknown_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_state(1, "leaving")
    old = Path(SAMPLE).read_bytes()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    kubectl(tmp_path, script)
    assert remove("--argocd-context", "tools") == 3
    assert "--assume-live" in capsys.readouterr().err
    assert Path(SAMPLE).read_bytes() == old
    assert remove("--argocd-context", "tools", "--assume-live") == 0


@pytest.mark.usefixtures("repository")
def test_the_tree_must_have_the_phase(capsys: pytest.CaptureFixture[str]) -> None:
    assert remove() == 0
    assert remove("--assume-live") == 2
    assert "mcgen build" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_who_cannot_leave(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["remove", "cluster", SAMPLE, "gke"]) == 2
    assert "'gke' serves aks" in capsys.readouterr().err
    assert run(["remove", "cluster", SAMPLE, "nowhere"]) == 2
    assert "its clusters: gke, aks" in capsys.readouterr().err
    Path("one.yaml").write_text(edit.remove(Path(SAMPLE).read_text(encoding="utf-8"), 1), encoding="utf-8")
    assert run(["remove", "cluster", "one.yaml", "gke", "--forget"]) == 2
    assert "last cluster" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_a_cluster_that_never_was_in_the_tree_goes_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    old = Path(SAMPLE).read_bytes()
    assert run(["add", "cluster", SAMPLE, "eks", *EKS, "--server", "https://eks.example.com"]) == 0
    assert Path(SAMPLE).read_bytes() != old
    assert run(["remove", "cluster", SAMPLE, "eks"]) == 0
    assert "eks are out, which is not in the tree" in capsys.readouterr().out
    assert Path(SAMPLE).read_bytes() == old


@pytest.mark.usefixtures("repository")
def test_what_still_names_a_cluster_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8").replace("sleep-gke]", "sleep-aks]")
    Path(SAMPLE).write_text(text, encoding="utf-8")
    for state in STATES:
        capsys.readouterr()
        assert remove("--assume-live") == 0
        assert "sleep-aks" in capsys.readouterr().out
        assert f"state: {state}" in Path(SAMPLE).read_text(encoding="utf-8")
        assert run(["build", SAMPLE]) == 0
    text = Path(SAMPLE).read_text(encoding="utf-8")
    assert remove("--assume-live") == 1
    assert "MC215" in capsys.readouterr().err
    assert Path(SAMPLE).read_text(encoding="utf-8") == text
    assert Path("output/gke-aks/clusters/gke/remote-secrets/aks/sealed-secret.yaml").exists()


def test_a_mistake_is_told_where_it_stands(blueprint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And not where it would stand without the lines of the cluster."""
    text = blueprint.read_text(encoding="utf-8").replace("sleep-aks]", "sleep-gke]")
    after = "  - {name: eks, platform: generic, role: remote, egress: [203.0.113.2/24], bootstrap: {credentials: "
    after += "{argocdSecret: eks}}}\n"
    text = text.replace("demo:\n", f"{after}demo:\n", 1)
    blueprint.write_text(text, encoding="utf-8")
    line = text.splitlines().index(after.rstrip("\n")) + 1
    assert remove() == 1
    said = capsys.readouterr().err
    assert f"b.yaml:{line}:" in said
    assert "MC227" in said
    assert said.endswith("b.yaml: not changed\n")
    # What is only wrong afterwards has no other place than that.
    blueprint.write_text(text.replace("203.0.113.2/24", "203.0.113.2/32").replace("sleep-gke]", "sleep-aks]"))
    assert remove() == 1
    assert "b.yaml: not changed; the places above are those of the file as it would be" in capsys.readouterr().err
