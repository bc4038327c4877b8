"""mcgen add cluster."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from mcgen.cli import run
from tests.lifecycle.steps import EKS


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


@pytest.mark.parametrize(
    ("arguments", "argument", "code", "help_"),
    [
        (["AA"], "NAME", "MC106", "use lower-case letters"),
        (["eks", "--cidr", "10.0.0.0/8", "--cidr", "wide"], "--cidr", "MC106", 'write it like "203.0.113.0/28"'),
        (["eks", "--address", "a b"], "--address", "MC106", 'write it like "203.0.113.10"'),
        (["eks", "--argocd-secret", "No"], "--argocd-secret", "MC106", "write it like"),
        (["eks", "--id", "x" * 64], "--id", "MC107", "shorten it"),
    ],
)
def test_what_does_not_fit_is_told_as_in_a_blueprint(
    arguments: list[str], argument: str, code: str, help_: str, blueprint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["add", "cluster", "b.yaml", *arguments, "--platform", "eks", "--role", "remote"]) == 2
    told, remedy, count, end = capsys.readouterr().err.splitlines()
    assert told.startswith(f"{argument}: ")
    assert told.endswith(f"[{code}]")
    assert "regex" not in told
    assert remedy.startswith(f"  help: {help_}")
    assert (count, end) == ("1 error", "b.yaml: not changed")


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
    said = capsys.readouterr().err
    assert "MC207" in said
    assert said.endswith("b.yaml: not changed; the places above are those of the file as it would be\n")
    assert blueprint.read_bytes() == old
    assert sorted(os.listdir(blueprint.parent)) == ["b.yaml"]


def test_a_link_to_a_blueprint_stays_one(blueprint: Path) -> None:
    Path("link.yaml").symlink_to("b.yaml")
    assert run(["add", "cluster", "link.yaml", "eks", *EKS]) == 0
    assert Path("link.yaml").is_symlink()
    assert "eks" in blueprint.read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_old_file(blueprint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = blueprint.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert run(["add", "cluster", "b.yaml", "eks", *EKS]) == 3
    assert blueprint.read_bytes() == old
    assert sorted(os.listdir(blueprint.parent)) == ["b.yaml"]
