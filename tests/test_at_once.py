"""Several programs at work on one tree at the same time: each ends with words, nothing is lost, nothing is half."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcgen.bootstrap import record
from mcgen.cli import run
from mcgen.lifecycle import files
from mcgen.problems import ToolError
from tests.samples import CHECKOUT
from tests.snapshots import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS = 6
OUT = "output/gke-aks"
BUILD = ("build", "blueprints/gke-aks.yaml", "--validator", "embedded")
SEALED = (*BUILD, "--inputs", "blueprints/gke-aks.inputs")
SUFFIX = ".mcgen/unfinished.tmp"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(*arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "mcgen", *arguments]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(started: Sequence[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    try:
        return [(one.wait(timeout=300), one.communicate()[0]) for one in started]
    finally:
        for one in started:
            one.kill()


def built(*arguments: str) -> dict[str, bytes]:
    """Return the tree that a command gives in an empty folder."""
    assert run([*arguments, "-o", "alone"]) == 0
    found = snapshot(Path("alone"))
    shutil.rmtree("alone")
    return found


def check(found: dict[str, bytes], *trees: dict[str, bytes]) -> None:
    """See that every file is of one of the trees; the manifest may own those of both."""
    assert SUFFIX not in found
    for path, content in found.items():
        assert path == ".mcgen/manifest.json" or content in [tree.get(path) for tree in trees], path


def test_two_builds(workplace: Path) -> None:
    """Two versions of a blueprint, built into one folder by two people."""
    other = workplace / "blueprints/other.yaml"
    other.write_text(Path(BUILD[1]).read_text().replace("    ingressGateway: true\n", ""))
    second = ("build", str(other), "--validator", "embedded")
    # The header of every file names its blueprint.
    trees = [built(*BUILD), built(*second)]
    for _ in range(ROUNDS):
        for code, said in end([start(*BUILD), start(*second)]):
            assert code == 0 or (code == 3 and ("another mcgen" in said)), said
        check(snapshot(workplace / OUT), *trees)
        assert run([*BUILD]) == 0
        assert snapshot(workplace / OUT) == trees[0]


def forked(function: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            function()
            code = 0
        finally:
            os._exit(code)
    return child


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_build_and_a_bootstrap(workplace: Path) -> None:
    """The bootstrap writes facts and sealed files; a build in between neither loses them nor stops it."""
    assert run([*BUILD]) == 0
    out = workplace / OUT
    sealed = next((workplace / "blueprints/gke-aks.inputs").glob("clusters/**/sealed-secret.yaml"))
    path = str(sealed.relative_to(workplace / "blueprints/gke-aks.inputs"))

    def bootstrap() -> None:
        for number in range(40):
            with record.locked(out):
                address = f"203.0.113.{number}"
                record.change_facts(out, partial(record.set_address, cluster="gke", address=address))
                record.write(out, path, sealed.read_text())

    child = forked(bootstrap)
    said = [end([start(*BUILD)])[0] for _ in range(ROUNDS)]
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for code, words in said:
        # An input may come or change while a build reads; then it says so, and nothing is written.
        assert code in {0, 1, 3}, words
        assert "Traceback" not in words
    assert '"203.0.113.39"' in (out / ".mcgen/facts.yaml").read_text()
    assert (out / path).read_bytes() == sealed.read_bytes()
    assert run([*BUILD, "--force"]) == 0
    assert run([*BUILD, "--check"]) == 0
    assert not (out / SUFFIX).exists()


def git(*arguments: str) -> subprocess.Popen[str]:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.Popen(["git", *identity, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def done(*arguments: str) -> None:
    ((code, said),) = end([git(*arguments)])
    assert code == 0, said


def test_a_build_and_a_git_checkout(workplace: Path) -> None:
    """A branch is checked out while a build of another one runs."""
    trees = []
    done("init", "-q")
    for branch, command in (("plain", BUILD), ("sealed", SEALED)):
        done("checkout", "-q", "-b", branch)
        trees.append(built(*command))
        assert run([*command]) == 0
        done("add", "-A")
        done("commit", "-qm", branch)
    (workplace / OUT / "notes.txt").write_text("a person's\n")
    for number in range(ROUNDS):
        branch = ("plain", "sealed")[number % 2]
        (code, said), _ = end([start(*BUILD), git("checkout", "-q", branch)])
        assert code in {0, 1, 3}, said
        assert "Traceback" not in said
        found = snapshot(workplace / OUT)
        assert found.pop("notes.txt") == b"a person's\n"
        check(found, *trees)
        # What Git has is not lost: the branch as it was committed is one command away, and its tree is up to date.
        done("checkout", "-q", "-f", branch)
        assert run([*BUILD, "--check"]) == 0


def test_two_edits_of_a_blueprint(workplace: Path) -> None:
    """The second does not undo the first: it says that the file has changed."""
    path = workplace / "blueprints/minimal.yaml"
    old = path.read_text()
    (workplace / "blueprints/.minimal.yaml.unfinished").write_text("of a command that was killed")
    files.replace(path, f"{old}# one\n", old)
    with pytest.raises(ToolError, match="was changed meanwhile"):
        files.replace(path, f"{old}# two\n", old)
    assert path.read_text() == f"{old}# one\n"
    commands = [
        ["add", "cluster", "blueprints/minimal.yaml", name, "--platform", "eks", "--role", "remote"]
        for name in ("one", "two", "three")
    ]
    for code, said in end([start(*command) for command in commands]):
        assert code == 0 or "meanwhile" in said or "another mcgen is at work" in said, said
    for command in commands:
        with chdir(workplace):
            run(command)
    assert [path.read_text().count(f"name: {name}") for name in ("one", "two", "three")] == [1, 1, 1]
    assert not list(path.parent.glob(".*"))


def test_a_bootstrap_of_what_is_no_tree_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot read"), record.locked(tmp_path / "nowhere"):
        pass
