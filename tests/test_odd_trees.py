"""A tree in which somebody has put what no build writes: it is told, and ends no program."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcgen import go_yaml, layout, reread
from mcgen.cli import run
from tests.samples import BY_TREE
from tests.tampered import tamper

if TYPE_CHECKING:
    from collections.abc import Iterator

BOMB = "a: &a [x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(9 * [f'*{chr(97 + i)}'])}]\n" for i in range(20)
)
ODD = {
    "deep flow": 40_000 * "[",
    "deep mappings": "a: " + 40_000 * "{a: ",
    "deep block": 40_000 * "- ",
    "deep keys": 40_000 * "? ",
    "deep lines": "\n".join(i * " " + "a:" for i in range(3_000)),
    "bomb": BOMB,
    "month": "a: 2020-13-45",
    "integer": "a: " + 5_000 * "9",
    "tag": "a: !!int ''",
    "timestamp": "a: !!timestamp x",
    "object": "!!python/object/apply:os.getcwd []",
    "unhashable": "{[a]: b}",
    "hexadecimal": "a: 0x" + 6_000 * "f",
    "no text for a key": "{.nan: b}",
    "binary": "\x00\x01",
    "deep behind a mark": "\ufeff" + 40_000 * "- ",
    "deep behind an old line end": "a:\r" + 40_000 * "- ",
    "deep behind NEL": "# x\x85" + 40_000 * "- ",
    "deep behind LS": "# x\u2028" + 40_000 * "- ",
    "half": "a: [",
}
FILES = {
    "ApplicationSet": f"{layout.APPLICATION_SETS}/primaries.yaml",
    "IstioOperator": "clusters/gke/control-plane/istio-operator.yaml",
    "sealed secret": layout.sealed_secret("gke", "aks"),
    "kustomization": "clusters/gke/control-plane/kustomization.yaml",
    "Application": "clusters/aks/argocd/10-remote-secret.yaml",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    shutil.copytree(BY_TREE["gke-aks-sealed"].folder, folder / "tree")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "built")
    return folder


@pytest.fixture
def tree(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a committed tree in the current folder, that is put right afterwards."""
    monkeypatch.chdir(repository)
    yield Path("tree")
    git(repository, "checkout", "-q", "--", ".")
    git(repository, "clean", "-qfd")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("odd", ODD)
def test_what_no_build_writes_is_told(tree: Path, file: str, odd: str, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(tree, FILES[file], ODD[odd].encode())
    assert run(["validate", "tree", "--validator", "embedded", "--against", "HEAD"]) == 1
    error = capsys.readouterr().err
    assert f"{FILES[file]} cannot be read as YAML: " in error
    assert "Traceback" not in error
    assert len(error) < 50_000
    assert run(["diff", "tree", "--against", "HEAD"]) == 1
    assert FILES[file].rpartition("/")[2] in capsys.readouterr().out


@pytest.mark.parametrize("command", [["validate"], ["validate", "--against", "HEAD"], ["diff", "--against", "HEAD"]])
def test_a_pipe_in_the_place_of_the_manifest(
    tree: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / layout.MANIFEST).unlink()
    os.mkfifo(tree / layout.MANIFEST)
    assert run([command[0], "tree", *command[1:]]) in (1, 2)
    assert "Traceback" not in capsys.readouterr().err
    (tree / layout.MANIFEST).unlink()


@pytest.mark.parametrize("leads", ["/dev/zero", "nowhere", ".", "README.md"])
def test_a_link_is_no_file_of_a_tree(tree: Path, leads: str, capsys: pytest.CaptureFixture[str]) -> None:
    for path in FILES.values():
        (tree / path).unlink()
        (tree / path).symlink_to(leads)
    assert run(["validate", "tree", "--validator", "embedded", "--against", "HEAD"]) == 1
    error = capsys.readouterr().err
    for path in FILES.values():
        assert f"{path} is no regular file" in error
    assert run(["diff", "tree", "--against", "HEAD"]) == 1


@pytest.mark.parametrize("odd", ODD)
def test_what_programs_print_is_read_with_the_same_care(odd: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - in words that are not this program's own
        go_yaml.documents((ODD[odd] if odd != "month" else "a").encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("deep", [40_000 * "- ", 40_000 * "[", "a:\r" + 40_000 * "- ", "a:\x85" + 40_000 * "? "])
def test_nothing_deep_gets_through_in_another_encoding(encoding: str, deep: str) -> None:
    with pytest.raises(reread.Unreadable):
        reread.documents(deep.encode(encoding))
    with pytest.raises(reread.Unreadable):
        reread.documents(f"\ufeff{deep}")


def test_what_is_deep_and_what_is_not() -> None:
    assert reread.document(150 * "[" + 150 * "]")
    assert reread.documents("a: '[[['\n---\nb: &c {d: e}\n") == [{"a": "[[["}, {"b": {"d": "e"}}]
    with pytest.raises(reread.Unreadable, match="nested deeper than 200 levels") as found:
        reread.document("a:\n  " + 201 * "[" + 201 * "]")
    assert found.value.line == 2
