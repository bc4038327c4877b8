"""The last cluster on another network leaves: the gateways of those that stay go with its lines, and no sooner."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcgen.cli import run
from tests.lifecycle.steps import STATES, commit, git
from tests.lifecycle.test_remove import kubectl
from tests.samples import CHECKOUT

SAMPLE, OUT = "p.yaml", "output/multi-primary"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
GOES = {f"{cluster}-{stage}" for cluster in ("gke", "aks") for stage in ("east-west-gateway", "exposure")}


@pytest.fixture(autouse=True)
def opened(blueprint: Path) -> Path:
    """A repository with two primaries on one network and a remote on another one, with everything sealed."""
    text = (CHECKOUT / "blueprints/multi-primary.yaml").read_text(encoding="utf-8")
    Path(SAMPLE).write_text(text.replace("network-azure", "network-google"), encoding="utf-8")
    assert run(["build", SAMPLE, "--inputs", str(CHECKOUT / "blueprints/multi-primary.inputs")]) == 0
    git("init", "-q")
    commit("opened")
    return blueprint.parent


def remove(*options: str) -> int:
    return run(["remove", "cluster", SAMPLE, "eks", *options])


def against(*options: str) -> int:
    return run(["validate", OUT, "--against", "HEAD", "--validator", "embedded", *options])


def deletable() -> set[str]:
    """Return the Applications with a finalizer in the chains of those that stay."""
    files = [path for name in ("gke", "aks") for path in Path(OUT, "clusters", name, "argocd").glob("*.yaml")]
    found = [path for path in files if FINALIZER in path.read_text(encoding="utf-8")]
    return {f"{path.parent.parent.name}-{path.stem.partition('-')[2]}" for path in found}


def gateways() -> list[str]:
    return sorted(path.parent.name for path in Path(OUT, "clusters").glob("*/east-west-gateway"))


def test_gateways_go_with_the_lines_of_the_last_who_came_through_them(capsys: pytest.CaptureFixture[str]) -> None:
    told = "With the lines of eks goes the gateway of aks and gke"
    for state in STATES:
        capsys.readouterr()
        assert remove("--assume-live") == 0
        assert (told in capsys.readouterr().out) == (state == "gone")
        assert run(["build", SAMPLE]) == 0
        assert against() == 0
        assert deletable() == (GOES if state == "gone" else set())
        assert (told in Path(OUT, "README.md").read_text(encoding="utf-8")) == (state == "gone")
        commit(state)
    assert gateways() == ["aks", "gke"]
    assert remove("--assume-live") == 0
    assert run(["build", SAMPLE]) == 0
    capsys.readouterr()
    assert against() == 0
    assert "MC662" not in capsys.readouterr().err
    assert gateways() == []


def test_argo_cd_is_asked_about_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in STATES:
        assert remove("--assume-live") == 0
        assert run(["build", SAMPLE]) == 0
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    own: dict[str, Any] = {"metadata": {"name": "multi-primary-eks", "labels": {"mcgen/cluster": "eks"}}}
    own["status"] = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
    items = [own]
    for name in sorted(GOES):
        labels = {"mcgen/cluster": name.partition("-")[0]}
        items.append({"metadata": {"name": f"multi-primary-{name}", "labels": labels, "finalizers": [FINALIZER]}})
    late = items[1]["metadata"]
    late["finalizers"] = []
    Path("answer.json").write_text(json.dumps({"items": items}), encoding="utf-8")
    kubectl(tmp_path, "cat answer.json")
    capsys.readouterr()
    assert remove("--argocd-context", "tools") == 1
    waiting = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  multi-primary")]
    assert waiting == [f"  {late['name']} has no finalizer yet: the next phase would leave its objects behind"]
    late["finalizers"] = [FINALIZER]
    Path("answer.json").write_text(json.dumps({"items": items}), encoding="utf-8")
    assert remove("--argocd-context", "tools") == 0


def test_the_gateways_of_one_that_is_forgotten_stay_behind(capsys: pytest.CaptureFixture[str]) -> None:
    assert remove("--forget") == 0
    assert run(["build", SAMPLE, "--forget", "eks"]) == 0
    capsys.readouterr()
    assert against("--forget", "eks") == 0
    said = capsys.readouterr().err
    assert 'nobody comes through the gateway of "gke" any more, and its objects stay behind' in said
    assert "delete them by hand, the Service with its load balancer first" in said
