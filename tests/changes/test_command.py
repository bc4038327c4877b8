"""mcgen diff on the command line: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from mcgen.cli import run
from tests.changes.cases import trees
from tests.changes.test_sources import git, put
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def old(tmp_path: Path) -> str:
    return str(put(tmp_path / "old", trees("sources-everybody")[0]))


@pytest.fixture
def new(tmp_path: Path) -> str:
    return str(put(tmp_path / "new", trees("sources-everybody")[1]))


def risky(output: str) -> list[Any]:
    return [change for change in orjson.loads(output)["changes"] if change["risk"] != "low"]


def test_exit_codes(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", old, old]) == 0
    assert capsys.readouterr().out == "no changes\n"
    assert run(["diff", old, new]) == 1
    assert run(["diff", old, new, "--fail-on", "high"]) == 1
    # Narrower is of medium risk.
    assert run(["diff", new, old, "--fail-on", "high"]) == 0
    assert run(["diff", new, old, "--fail-on", "medium"]) == 1
    assert run(["diff", new, old, "--fail-on", "low"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [["OLD"], ["OLD", "NEW", "--against", "HEAD"], ["OLD", "NEW", "--to", "HEAD"], ["OLD", "nowhere"],
     ["OLD", "NEW", "-o", "x"], ["blueprint.yaml", "NEW"], ["blueprint.yaml", "--against", "HEAD"],
     ["OLD", "NEW", "--format", "xml"]],
)  # fmt: skip
def test_wrong_use(arguments: list[str], old: str, new: str) -> None:
    assert run(["diff", *({"OLD": old, "NEW": new}.get(word, word) for word in arguments)]) == 2


def test_no_revision(old: str) -> None:
    git_folder = old
    assert run(["diff", git_folder, "--against", "HEAD"]) == 3


def test_a_blueprint_names_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    shutil.copytree(CHECKOUT / "output", tmp_path / "output")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "blueprints/three-clouds.yaml"
    text = path.read_text()
    assert run(["diff", str(path)]) == 0
    path.write_text(text.replace("sourceRanges: [198.51.100.64/29, ", "sourceRanges: [0.0.0.0/0, "))
    capsys.readouterr()
    assert run(["diff", "blueprints/three-clouds.yaml", "--format", "json"]) == 1
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if "0.0.0.0/0" in text)
    [change] = risky(capsys.readouterr().out)
    assert (change["kind"], change["blueprint"]["file"], change["blueprint"]["line"]) == (
        "sources", "blueprints/three-clouds.yaml", line,
    )  # fmt: skip
    # Nothing is written, and somebody's edit is told of rather than refused.
    gateway = tmp_path / "output/three-clouds/bases/policies/shop.nobody-deletes.yaml"
    gateway.write_text(gateway.read_text().replace("DENY", "AUDIT"))
    assert run(["diff", "blueprints/three-clouds.yaml", "--format", "json"]) == 1
    assert {c["kind"] for c in risky(capsys.readouterr().out)} == {"sources", "policy", "edited"}
    assert "AUDIT" in gateway.read_text()


def test_a_build_that_is_refused_has_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b.yaml"
    path.write_text((CHECKOUT / "blueprints/minimal.yaml").read_text().replace("role: remote", "role: other"))
    assert run(["diff", str(path), "-o", str(tmp_path / "tree")]) == 1
    assert "b.yaml:9:" in capsys.readouterr().err


def test_colours_are_for_terminals(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(["diff", old, new])
    assert "\x1b" not in capsys.readouterr().out


def test_git_on_the_command_line(tmp_path: Path, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "old")
    put(tmp_path / "old", trees("sources-everybody")[1])
    assert run(["diff", old, "--against", "HEAD", "--format", "sarif"]) == 1
    result, _ = orjson.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("sources", "error")


def test_a_folder_that_is_in_git_alone(tmp_path: Path, old: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As after a pull request that takes a mesh away, and before one that brings it."""
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "nothing yet")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "old")
    revisions = ["--against", "HEAD~", "--to", "HEAD", "--format", "json"]
    assert run(["diff", old, *revisions]) == 1
    there = capsys.readouterr().out
    shutil.rmtree(old)
    assert run(["diff", old, *revisions]) == 1
    assert capsys.readouterr().out == there
    assert run(["diff", old, "--against", "HEAD", "--format", "json"]) == 1
    lying = capsys.readouterr().out
    assert run(["diff", old, "--against", "HEAD", "--to", "HEAD~", "--format", "json"]) == 1
    assert capsys.readouterr().out == lying
    assert orjson.loads(lying)["changes"]
    assert run(["diff", f"{tmp_path}/nowhere", "--against", "HEAD"]) == 2
    assert "is no tree that mcgen built" in capsys.readouterr().err
