"""Every sample gives exactly the tree that is kept in output/, wherever and however it is built."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mcgen.cli import run
from tests.samples import BY_TREE, CHECKOUT, SAMPLES, TREES, Sample
from tests.snapshots import snapshot

if TYPE_CHECKING:
    from pathlib import Path


def differences(old: dict[str, bytes], new: dict[str, bytes]) -> str:
    lines: list[str] = []
    for path in sorted(old.keys() | new.keys()):
        before, after = (tree.get(path, b"").decode(errors="replace").splitlines() for tree in (old, new))
        lines += difflib.unified_diff(before, after, f"kept/{path}", f"built/{path}", lineterm="")
    return "\n".join(lines[:200])


@pytest.fixture
def checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)


@pytest.mark.parametrize("sample", SAMPLES, ids=TREES)
@pytest.mark.usefixtures("checkout")
def test_samples_give_the_trees_that_are_kept(sample: Sample, tmp_path: Path) -> None:
    assert run(["build", *sample.arguments, "-o", str(tmp_path / "tree")]) == 0
    kept, built = snapshot(sample.folder), snapshot(tmp_path / "tree")
    assert kept == built, f"run `make golden` and read the diff\n{differences(kept, built)}"


@pytest.mark.parametrize("sample", SAMPLES, ids=TREES)
@pytest.mark.usefixtures("checkout")
def test_kept_trees_are_up_to_date_and_valid(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", *sample.arguments, "-o", str(sample.folder), "--check"]) == 0
    assert run(["validate", str(sample.folder), "--validator", "embedded"]) == 0
    assert capsys.readouterr().err.count("error") == 0


def test_the_article_stays_small() -> None:
    files = [content for path, content in snapshot(BY_TREE["gke-aks"].folder).items() if not path.endswith("/")]
    assert len(files) < 90
    assert sum(content.count(b"\n") for content in files) < 3700
    assert len((CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8").splitlines()) < 15


ENVIRONMENTS = (
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns", "PYTHONUTF8": "0"},
)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["C", "Turkish"])
def test_the_environment_changes_no_byte(environment: dict[str, str], tmp_path: Path) -> None:
    sample = BY_TREE["gke-aks-sealed"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    arguments = [str(CHECKOUT / sample.blueprint), "--inputs", str(CHECKOUT / sample.inputs), "--validator", "embedded"]
    subprocess.run(
        [sys.executable, "-m", "mcgen", "build", *arguments, "-o", str(tmp_path / "tree")],
        cwd=elsewhere, env={**os.environ, **environment}, umask=0o077, check=True, capture_output=True,
    )  # fmt: skip
    assert snapshot(tmp_path / "tree") == snapshot(sample.folder)
    modes = {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "tree").rglob("*") if path.is_file()}
    assert modes == {"0o644"}
