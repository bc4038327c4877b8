"""The istioctl that `mcgen diff --rendered` renders with is of the stage's own minor, or there is an error."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from mcgen.changes import renderers
from mcgen.cli import run
from mcgen.problems import ToolError
from tests.changes.cases import trees

if TYPE_CHECKING:
    from pathlib import Path

OPERATOR = b"apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: base}\nspec: {tag: %s}\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(folder: Path, name: str, says: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("tag", "minor"),
    [(b"'1.31.1'", "1.31"), (b"1.30.4-distroless", "1.30"), (b"latest", ""), (b"{}", ""), (b"'1.31'", "")],
)
def test_the_minor_of_a_stage(tag: bytes, minor: str) -> None:
    assert renderers.minor("clusters/gke/base", {"clusters/gke/base/istio-operator.yaml": OPERATOR % tag}) == minor


def test_a_stage_without_an_operator_needs_no_minor() -> None:
    assert renderers.minor("clusters/gke/policies", {}) == ""
    assert renderers.minor("a", {"a/istio-operator.yaml": b"kind: [\n"}) == ""


def test_each_minor_has_its_own_istioctl(programs: Path, tmp_path: Path) -> None:
    program(programs, "istioctl", "1.31.2")
    program(programs, "istioctl-1.30", "1.30-9739e10eb9d7")
    found = renderers.environments(["1.31", "1.30", "", "1.31"], tmp_path)
    paths = {minor: shutil.which("istioctl", path=each["PATH"]) for minor, each in found.items()}
    assert os.path.realpath(paths["1.30"] or "") == str(programs / "istioctl-1.30")
    assert os.path.realpath(paths["1.31"] or "") == paths[""] == str(programs / "istioctl")


@pytest.mark.parametrize("name", ["istioctl", "istioctl-1.31"])
def test_another_minor_is_an_error(programs: Path, tmp_path: Path, name: str) -> None:
    program(programs, "istioctl", "1.30.0")
    program(programs, name, "1.30.0")
    with pytest.raises(ToolError, match=r"istioctl 1\.31 is needed.* is of version 1\.30\.0"):
        renderers.environments(["1.31"], tmp_path)


def test_diff_says_so_before_it_compares(programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program(programs, "istioctl", "1.29.3")
    program(programs, "kustomize", "nothing")
    for side, tree in zip(("old", "new"), trees("replicas-up"), strict=True):
        for path, raw in tree.items():
            (tmp_path / side / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / side / path).write_bytes(raw)
    assert run(["diff", str(tmp_path / "old"), str(tmp_path / "new"), "--verify", "--rendered"]) == 3
    assert "as istioctl-1.31\n" in capsys.readouterr().err
