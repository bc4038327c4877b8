"""What the manifests of two trees say of them: by which mcgen, of which mesh, and of files that are what they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import layout
from mcgen.cli import run
from tests.changes.cases import trees

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Capture = pytest.CaptureFixture[str]
Manifest = dict[str, Any]


def found(
    tmp_path: Path, capsys: Capture, change: Callable[[Manifest], object] = lambda _: None, indent: int = 1
) -> Any:
    """Return what is said of a tree whose manifest alone is another one; indent: how that is written."""
    tree, _ = trees("replicas-up")
    for side in ("old", "new"):
        for path, raw in tree.items():
            (tmp_path / side / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / side / path).write_bytes(raw)
    file = tmp_path / "new" / layout.MANIFEST
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest, indent=indent))
    code = run(["diff", str(tmp_path / "old"), str(tmp_path / "new"), "--format", "json"])
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert code == int(bool(changes))
    return [(each["risk"], each["kind"], each["turn"], each["what"]) for each in changes]


def test_another_mcgen_has_made_it(tmp_path: Path, capsys: Capture) -> None:
    ((risk, kind, _, what),) = found(tmp_path, capsys, lambda manifest: manifest.update(generator="mcgen 99.0.0"))
    assert (risk, kind) == ("medium", "mcgen")
    assert '"mcgen 99.0.0"' in what


def test_it_is_the_tree_of_another_mesh(tmp_path: Path, capsys: Capture) -> None:
    ((risk, kind, turn, what),) = found(tmp_path, capsys, lambda manifest: manifest.update(blueprint="other.yaml"))
    assert (risk, kind, turn) == ("high", "identity", "changed")
    assert '"other.yaml"' in what


def test_a_file_is_said_to_be_another_one_and_is_what_it_was(tmp_path: Path, capsys: Capture) -> None:
    def lie(manifest: Manifest) -> None:
        manifest["files"]["README.md"] = manifest["files"]["RUNBOOK.md"]

    said = found(tmp_path, capsys, lie)
    assert (
        "high",
        "edited",
        "changed",
        'the manifest says something else of "README.md", which is what it was',
    ) in said


def test_another_way_to_write_it_is_of_low_risk(tmp_path: Path, capsys: Capture) -> None:
    assert found(tmp_path, capsys, indent=7) == [("low", "edited", "changed", "the manifest is written in another way")]
