"""Files that are too large, too deep or no files at all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import walk
from mcgen.problems import Pos, UsageError
from mcgen.source import MAX_BYTES, Source, parse, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "mesh.yaml"


def source(text: str) -> Source:
    return parse(text.encode(), FILE)


def codes(read: Source) -> list[str]:
    return [problem.code for problem in read.problems]


DEPTHS: dict[str, Callable[[int], str]] = {
    "list": lambda n: "[" * n + "]" * n,
    "mapping": lambda n: "{a: " * n + "1" + "}" * n,
    "unclosed": lambda n: "[" * n,
    "items": lambda n: "- " * n + "1",
    "keys": lambda n: "? " * n + "1",
    "keys of flow": lambda n: "{" * n + "a" + "}" * n,
    "lines": lambda n: "".join(" " * d + "a:\n" for d in range(min(n, 3000))),
}


@pytest.mark.parametrize("shape", sorted(DEPTHS))
def test_ten_thousand_levels_are_refused(shape: str) -> None:
    start = time.process_time()
    assert codes(source(DEPTHS[shape](10_000) + "\n"))[-1] == "MC014"
    assert time.process_time() - start < 5


def test_a_hundred_levels_are_read_and_no_more() -> None:
    assert codes(source("[" * 100 + "1" + "]" * 100)) == []
    assert codes(source("[" * 101 + "1" + "]" * 101)) == ["MC014"]


def test_an_alias_bomb_expands_to_nothing() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghijk", "bcdefghijkl", strict=True)
    )
    assert set(codes(source(bomb))) == {"MC012"}


def test_keys_are_bounded() -> None:
    assert codes(source("x" * 500 + ": 1\n")) == []
    assert codes(source("x" * 501 + ": 1\n")) == ["MC010"]


def test_problems_are_all_reported_up_to_a_bound() -> None:
    assert len(source("- yes\n" * 999).problems) == 999
    assert len(source("- yes\n" * 5000).problems) == walk.MAX_PROBLEMS


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_VALUES", 10)
    assert codes(source("- x\n" * 9)) == []
    assert codes(source("- x\n" * 10)) == ["MC004"]


def test_reads_a_file(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("a: 1\n")
    assert read(path).data == {"a": 1}
    assert read(str(path)).pos(("a",)) == Pos(file=str(path), line=1, col=4)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    assert read(link).data == {"a": 1}


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with path.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    huge = read(path)
    assert codes(huge) == ["MC004"]
    assert huge.data is None
    assert huge.text == ""
    path.write_bytes(b"#" * (MAX_BYTES - 5) + b"\na: 1")
    assert codes(read(path)) == []
    path.write_bytes(b"#" * (MAX_BYTES - 4) + b"\na: 1")
    assert codes(read(path)) == ["MC004"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "does not exist"),
        ("folder", "is a directory"),
        ("folder/", "is a directory"),
        ("pipe", "is not a regular file"),
        ("file/mesh.yaml", "cannot be read: Not a directory"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
        ("dangling", "does not exist"),
        ("x" * 300, "cannot be read: File name too long"),
        ("nul\0", "cannot be read: "),
    ],
)
def test_what_is_no_file_is_wrong_use(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a: 1\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(UsageError, match=message):
        read(f"{tmp_path}/{name}")


def test_a_file_without_permission_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    path.write_text("a: 1\n")

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mcgen.source.open", refuse, raising=False)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        read(path)
