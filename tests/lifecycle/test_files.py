"""A blueprint that cannot be read, or makes no sense after an edit, stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgen.cli import run
from mcgen.lifecycle import files
from mcgen.problems import ToolError
from tests.lifecycle.steps import EKS, SAMPLE

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("command", [["add", "cluster", "{}", "eks", *EKS], ["upgrade", "{}", "--to", "1.31.1"]])
@pytest.mark.parametrize(
    ("content", "code", "words"),
    [(None, 2, "x.yaml does not exist: check the path"), (b"a: \xff\n", 1, "x.yaml:1:4: byte 3 (0xff) is not UTF-8")],
)
def test_what_cannot_be_read_is_told(
    command: list[str], content: bytes | None, code: int, words: str, capsys: Capture
) -> None:
    if content is not None:
        Path("x.yaml").write_bytes(content)
    assert run([word.replace("{}", "x.yaml") for word in command]) == code
    assert words in capsys.readouterr().err
    assert content is None or Path("x.yaml").read_bytes() == content


def test_what_is_gone_when_it_is_edited_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot be read: No such file or directory"):
        files.text(str(tmp_path / "nowhere.yaml"))
    (tmp_path / "binary.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(ToolError, match="cannot be read: 'utf-8' codec"):
        files.text(str(tmp_path / "binary.yaml"))


def test_an_edit_that_makes_no_sense_changes_nothing(capsys: Capture) -> None:
    before = Path(SAMPLE).read_bytes()
    assert run(["add", "cluster", SAMPLE, "aks", *EKS]) != 0
    assert "aks" in capsys.readouterr().err
    assert Path(SAMPLE).read_bytes() == before


def test_a_file_that_goes_meanwhile_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="No such file or directory"):
        files.replace(tmp_path / "gone.yaml", "b: 1\n", "a: 1\n")
