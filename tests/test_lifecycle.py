"""Clusters come and go: mcgen add cluster, mcgen remove cluster."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen import edit
from mcgen.cli import run
from tests.samples import CHECKOUT
from tests.snapshots import snapshot

EKS = ["--platform", "generic", "--role", "remote", "--egress", "203.0.113.128/29", "--argocd-secret", "cluster-eks"]


@pytest.fixture(autouse=True)
def blueprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = (CHECKOUT / "blueprints/gke-aks.yaml").read_text(encoding="utf-8")
    Path("b.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "b.yaml"


def test_an_added_cluster_builds(blueprint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = blueprint.read_text(encoding="utf-8")
    blueprint.chmod(0o640)
    assert run(["add", "cluster", "b.yaml", "eks", *EKS, "--server", "https://eks.example.com"]) == 0
    assert "next: mcgen build b.yaml" in capsys.readouterr().out
    new = blueprint.read_text(encoding="utf-8")
    assert yaml.safe_load(new)["clusters"][2] == {
        "name": "eks",
        "platform": "generic",
        "role": "remote",
        "egress": ["203.0.113.128/29"],
        "bootstrap": {"server": "https://eks.example.com", "credentials": {"argocdSecret": "cluster-eks"}},
    }
    assert [line for line in old.splitlines() if line not in new.splitlines()] == []
    assert blueprint.stat().st_mode & 0o777 == 0o640
    assert run(["build", "b.yaml", "-o", "tree"]) == 0
    assert Path("tree/clusters/eks/argocd/10-remote-secret.yaml").exists()


def test_all_options_end_in_the_blueprint(blueprint: Path) -> None:
    more = ["--id", "eks-1", "--primary", "gke", "--network", "vpc", "--cidr", "10.7.0.0/16", "--context", "admin"]
    more += ["--address", "203.0.113.9", "--ingress-gateway", "--server", "https://[2001:db8::1]:443"]
    assert run(["add", "cluster", "b.yaml", "eks", *EKS[:6], *more, "--kubeconfig-secret", "eks"]) == 0
    assert yaml.safe_load(blueprint.read_text(encoding="utf-8"))["clusters"][2] == {
        "name": "eks",
        "id": "eks-1",
        "platform": "generic",
        "role": "remote",
        "primary": "gke",
        "network": "vpc",
        "cidrs": ["10.7.0.0/16"],
        "egress": ["203.0.113.128/29"],
        "gateway": {"address": "203.0.113.9"},
        "ingressGateway": True,
        "bootstrap": {
            "context": "admin",
            "server": "https://[2001:db8::1]:443",
            "credentials": {"kubeconfigSecret": "eks"},
        },
    }


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "-x", "../x", "a\n", "a: {b", "x" * 41, "on#", "${HOME}", "'", "é", "\x1b[31m"]
)
def test_hostile_names_are_wrong_use(blueprint: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    old = blueprint.read_bytes()
    assert run(["add", "cluster", "b.yaml", *EKS, "--", name]) == 2
    assert "\x1b" not in capsys.readouterr().err
    assert blueprint.read_bytes() == old


@pytest.mark.parametrize("field", ["--network", "--id", "--primary", "--egress", "--cidr", "--address", "--server"])
@pytest.mark.parametrize("value", ["a\nb: c", "}, {", "", "\u2028"])
def test_hostile_values_are_wrong_use(blueprint: Path, field: str, value: str) -> None:
    old = blueprint.read_bytes()
    assert run(["add", "cluster", "b.yaml", "eks", *EKS, f"{field}={value}"]) == 2
    assert blueprint.read_bytes() == old


def test_what_the_rules_refuse_is_not_written(blueprint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = blueprint.read_bytes()
    assert run(["add", "cluster", "b.yaml", "gke", *EKS]) == 1
    assert "MC201" in capsys.readouterr().err
    assert run(["add", "cluster", "b.yaml", "two", "--platform", "gke", "--role", "primary"]) == 1
    assert "MC207" in capsys.readouterr().err
    assert blueprint.read_bytes() == old
    assert sorted(os.listdir(blueprint.parent)) == ["b.yaml"]


def test_a_link_to_a_blueprint_stays_one(blueprint: Path) -> None:
    Path("link.yaml").symlink_to("b.yaml")
    assert run(["add", "cluster", "link.yaml", "eks", *EKS]) == 0
    assert Path("link.yaml").is_symlink()
    assert "eks" in blueprint.read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_old_file(blueprint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = blueprint.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert run(["add", "cluster", "b.yaml", "eks", *EKS]) == 3
    assert blueprint.read_bytes() == old
    assert sorted(os.listdir(blueprint.parent)) == ["b.yaml"]


# Removing


SAMPLE = "b.yaml"
STATES = ["leaving", "secret-gone", "gateways-gone", "control-plane-gone", "gone"]


@pytest.fixture
def repository(blueprint: Path) -> Path:
    """A repository whose first commit holds the sample, opened, with nothing else that names aks."""
    text = blueprint.read_text(encoding="utf-8").replace("sleep-aks]", "sleep-gke]")
    blueprint.write_text(text, encoding="utf-8")
    assert run(["build", SAMPLE, "--inputs", str(CHECKOUT / "blueprints/gke-aks.inputs")]) == 0
    git("init", "-q")
    commit("opened")
    return blueprint.parent


def git(*arguments: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *author, *arguments], check=True, capture_output=True)


def commit(words: str) -> None:
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", words)


def remove(*options: str) -> int:
    return run(["remove", "cluster", SAMPLE, "aks", *options])


def against(*options: str) -> int:
    return run(["validate", "output/gke-aks", "--against", "HEAD", "--validator", "embedded", *options])


def set_state(index: int, state: str) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(edit.set_state(text, index, state), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0


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


# What builds and commits refuse


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
    assert "mcgen remove cluster blueprints/gke-aks.yaml aks" in error
    assert snapshot(Path("output")) == old
    assert run(["build", SAMPLE, "--forget", "gke"]) == 2
    assert run(["build", SAMPLE, "--forget", "aks"]) == 0
    assert "delete applications.argoproj.io -l" in capsys.readouterr().out
    assert run(["build", SAMPLE, "--check"]) == 0


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
