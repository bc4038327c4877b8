"""mcgen upgrade: one step with each call."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mcgen import source, upgrades
from mcgen.cli import run
from tests.lifecycle.steps import SAMPLE, against, commit, git, set_state
from tests.lifecycle.test_remove import kubectl

STEPS = list(upgrades.BY_NAME)
pytestmark = pytest.mark.usefixtures("old")


@pytest.fixture
def old(repository: Path) -> None:
    """The sample on the older minor, committed."""
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(text.replace('version: "1.31.1"', 'version: "1.30.4"'), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    commit("older")
    assert repository == Path.cwd()


def upgrade(*options: str) -> int:
    return run(["upgrade", SAMPLE, *options])


def istio() -> Any:
    return source.parse(Path(SAMPLE).read_bytes(), SAMPLE).data["istio"]


def to(step: str) -> None:
    """Bring the tree to a step, without a word."""
    text = Path(SAMPLE).read_text(encoding="utf-8")
    version = '  version: "1.30.4"\n'
    text = text.replace(version, f'{version}  upgrade: {{to: "1.31.1", step: {step}}}\n')
    Path(SAMPLE).write_text(text, encoding="utf-8")
    assert run(["build", SAMPLE]) == 0


def test_a_mesh_is_upgraded_commit_by_commit(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(SAMPLE).read_text(encoding="utf-8")
    for number, step in enumerate(STEPS, 1):
        capsys.readouterr()
        assert upgrade("--assume-live", *(["--to", "1.31.1"] if number == 1 else [])) == 0
        said = capsys.readouterr().out
        assert f"is at '{step}', step {number} of 6" in said
        assert ("--back" in said) == (step != upgrades.REMOVED)
        assert istio()["upgrade"] == {"to": "1.31.1", "step": step}
        assert run(["build", SAMPLE]) == 0
        assert f"is at `{step}`" in Path("output/gke-aks/README.md").read_text(encoding="utf-8")
        assert against() == 0
        commit(step)
    assert upgrade("--assume-live") == 0
    assert "the mesh is of Istio 1.31.1 now, revision 1-31" in capsys.readouterr().out
    assert {key: istio().get(key) for key in ("version", "revision", "upgrade")} == {
        "version": "1.31.1", "revision": "1-31", "upgrade": None,
    }  # fmt: skip
    assert run(["build", SAMPLE]) == 0
    assert against() == 0
    # Comments and everything else stay.
    changed = set(Path(SAMPLE).read_text(encoding="utf-8").splitlines()) ^ set(before.splitlines())
    assert len(changed) == 3


def test_every_step_but_the_last_can_be_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(SAMPLE).read_bytes()
    for step in STEPS[:-1]:
        assert upgrade("--assume-live", "--to", "1.31.1") == 0
        assert run(["build", SAMPLE]) == 0
        commit(step)
    for _ in STEPS[:-1]:
        assert upgrade("--back") == 0
        assert run(["build", SAMPLE]) == 0
        assert against() == 0
        commit("back")
    assert "is given up" in capsys.readouterr().out
    assert Path(SAMPLE).read_bytes() == before
    assert upgrade("--back") == 2


def test_a_step_that_was_not_built_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    for step in STEPS:
        before = Path(SAMPLE).read_bytes()
        assert upgrade("--assume-live", "--to", "1.31.1") == 0
        assert upgrade("--back") == 0
        assert Path(SAMPLE).read_bytes() == before, step
        assert upgrade("--assume-live", "--to", "1.31.1") == 0
        assert run(["build", SAMPLE]) == 0
        commit(step)
    capsys.readouterr()
    assert upgrade("--back") == 2
    assert "there is no way back" in capsys.readouterr().err


def test_a_patch_release_is_one_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert upgrade("--to", "1.30.5") == 0
    assert "in place" in capsys.readouterr().out
    assert istio()["version"] == "1.30.5"
    assert "upgrade" not in istio()
    assert run(["build", SAMPLE]) == 0
    assert against() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "say --to VERSION"),
        (["--to", "1.30.4"], "is of Istio 1.30.4 already"),
        (["--to", "1.30.3"], "is older than 1.30.4"),
        (["--to", "latest"], "is no version such as"),
        (["--back"], "no upgrade is under way"),
    ],
)
def test_what_is_no_upgrade(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(SAMPLE).read_bytes()
    assert upgrade(*options) == 2
    assert words in capsys.readouterr().err
    assert Path(SAMPLE).read_bytes() == before


def test_an_unknown_minor_is_refused_by_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(SAMPLE).read_bytes()
    assert upgrade("--to", "1.32.0") == 1
    said = capsys.readouterr()
    assert "MC209" in said.out + said.err
    assert Path(SAMPLE).read_bytes() == before


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("prepared", "remotes", "MC665"),
        ("primaries", "switched", "MC665"),
        ("switched", "removed", "MC665"),
        ("switched", "primaries", "MC665"),
        ("removed", "gateways", "MC665"),
    ],
)
def test_validate_refuses_a_step_that_is_skipped(
    before: str, after: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    to(before)
    commit(before)
    Path(SAMPLE).write_text(text, encoding="utf-8")
    to(after)
    capsys.readouterr()
    assert against() == 1
    assert code in capsys.readouterr().err


def test_validate_refuses_another_minor_without_an_upgrade(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(text.replace('"1.30.4"', '"1.31.1"'), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
    capsys.readouterr()
    assert against() == 1
    assert "MC664" in capsys.readouterr().err


def test_validate_refuses_an_upgrade_and_a_removal_in_one_commit(capsys: pytest.CaptureFixture[str]) -> None:
    set_state(1, "leaving")
    commit("leaving")
    git("show", "--stat", "HEAD")
    text = Path(SAMPLE).read_text(encoding="utf-8").replace("    state: leaving\n", "")
    Path(SAMPLE).write_text(text, encoding="utf-8")
    to("prepared")
    capsys.readouterr()
    assert against() == 1
    assert "MC666" in capsys.readouterr().err


def test_argo_cd_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    kubectl(tmp_path, "exit 9")
    assert upgrade("--to", "1.31.1") == 0, "nobody has to be asked before the first step"
    assert upgrade() == 2, "the tree is not built yet"
    assert run(["build", SAMPLE]) == 0
    assert upgrade() == 3
    assert "look yourself" in capsys.readouterr().err
    live(tmp_path, containers=["argocd-repo-server", "mcgen-istio-1-30"])
    assert upgrade() == 1
    assert "no container mcgen-istio-1-31" in capsys.readouterr().err
    live(tmp_path, containers=["argocd-repo-server", "mcgen-istio-1-30", "mcgen-istio-1-31"])
    assert upgrade() == 0
    assert istio()["upgrade"]["step"] == "primaries"
    assert run(["build", SAMPLE]) == 0
    # Argo CD has not seen the commit: it still has the sources of the step before.
    assert upgrade() == 1
    said = capsys.readouterr().err
    assert "gke-aks-gke-base does not have the source of this step yet" in said
    assert "gke-aks-gke-control-plane-1-31 is not there" in said


def test_the_old_istiod_stays_while_anything_of_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    to("gateways")
    live(tmp_path, containers=[], pods="shop/cart-2 multi-cluster/sleep-1")
    assert upgrade() == 1
    said = capsys.readouterr().err
    assert "aks: of the old istiod there are still multi-cluster/sleep-1, shop/cart-2" in said
    live(tmp_path, containers=[])
    assert upgrade() == 0
    assert istio()["upgrade"]["step"] == "removed"


def live(folder: Path, containers: list[str], pods: str = "") -> None:
    """A kubectl that answers as clusters do that have the tree as it is."""
    import yaml

    applications = []
    for path in sorted(Path("output/gke-aks").glob("clusters/*/argocd/*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        applications.append({"metadata": document["metadata"], "spec": document["spec"]})
    for name in ("gke", "aks"):
        good = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
        labels = {"mcgen/cluster": name}
        applications.append({"metadata": {"name": f"gke-aks-{name}", "labels": labels}, "status": good})
    pod = {"template": {"spec": {"containers": [{"name": name} for name in containers]}}, "replicas": 1}
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
    deployment = {"metadata": {"generation": 1}, "spec": pod, "status": status}
    (folder / "applications.json").write_text(json.dumps({"items": applications}), encoding="utf-8")
    (folder / "deployments.json").write_text(json.dumps({"items": [deployment]}), encoding="utf-8")
    kubectl(
        folder,
        f'case "$*" in *applications*) cat {folder}/applications.json;; *deployments*) cat {folder}/deployments.json;; '
        f"*) printf '%s\\n' {pods};; esac",
    )
