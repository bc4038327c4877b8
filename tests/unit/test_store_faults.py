"""The system refuses one call of a build, or the build is killed at one: nothing may be half done afterwards."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import shutil
import signal
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import store
from mcgen.problems import ProblemsFound, ToolError
from tests.snapshots import FAST, build, files, merge, put, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CALLS = ["open", "read", "write", "close", "dup", "fstat", "stat", "lseek", "scandir"]
CALLS += ["replace", "unlink", "mkdir", "rmdir"]
UNFINISHED = ".mcgen/unfinished.tmp"
SAME = {"clusters/aks/stage.yaml": b"same\n"}
# A changed file, a new and a deleted one, a folder for a file and a file for a folder, and an input.
OLD = {
    "README.md": b"old\n",
    "clusters/eks/stage.yaml": b"old\n",
    **SAME,
    "file": b"old\n",
    "folder/deep/x.yaml": b"old\n",
}
NEW = {
    "README.md": b"new, and longer\n",
    "clusters/gke/stage.yaml": b"new\n",
    "file/x.yaml": b"new\n",
    **SAME,
    "folder": b"new\n",
}
THIRD = {"README.md": b"third\n", "clusters/eks/stage.yaml": b"third\n"}
OLD_INPUTS = {"sealed/gke.yaml": b"sealed\n"}
NEW_INPUTS = {"sealed/gke.yaml": b"sealed again\n"}
FOREIGN = {"notes.txt": b"mine\n", "clusters/aks/mine.yaml": b"mine\n"}


@pytest.fixture
def scratch() -> Iterator[Path]:
    with TemporaryDirectory(dir=FAST) as folder:
        yield Path(folder)


@pytest.fixture
def out(scratch: Path) -> Path:
    out = scratch / "out"
    build(out, OLD, OLD_INPUTS)
    for path, content in FOREIGN.items():
        put(out, path, content)
    (out / "empty-and-mine").mkdir()
    return out


def change(out: Path) -> None:
    build(out, NEW, NEW_INPUTS)


@contextmanager
def every_call(do: Callable[[int], None], calls: Sequence[str] = CALLS) -> Iterator[list[str]]:
    """Run `do(n)` before the n-th of some calls to the system, and yield the names of the calls."""
    names: list[str] = []

    def wrapped(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def function(*args: Any, **kwargs: Any) -> Any:
            names.append(name)
            try:
                do(len(names) - 1)
            except BaseException:
                if name == "close":
                    call(*args, **kwargs)
                raise
            return call(*args, **kwargs)

        return function

    with pytest.MonkeyPatch.context() as patch:
        for name in calls:
            patch.setattr(os, name, wrapped(name, getattr(os, name)))
        yield names


def count(out: Path) -> int:
    """Return how many calls the build makes, on a copy."""
    copy = out.parent / "copy"
    shutil.copytree(out, copy)
    with every_call(lambda _: None) as names:
        change(copy)
    shutil.rmtree(copy)
    assert len(names) > 100
    assert set(names) == set(CALLS)
    return len(names)


def check_whole(out: Path) -> None:
    """See that each file is old or new, and that nothing foreign was touched."""
    found = files(out) if out.exists() else {}
    found.pop(UNFINISHED, None)
    for path, content in found.items():
        assert content in [each.get(path) for each in (OLD, NEW, OLD_INPUTS, NEW_INPUTS, FOREIGN)]
    assert "notes.txt" not in found or found.items() >= (FOREIGN | SAME).items()


def check_completed(out: Path) -> None:
    build(out, NEW, NEW_INPUTS)
    expected = out.parent / "expected"
    if not expected.exists():
        build(expected, NEW, NEW_INPUTS)
        for path, content in FOREIGN.items():
            put(expected, path, content)
        (expected / "empty-and-mine").mkdir()
    assert snapshot(out) == snapshot(expected)


def restore(out: Path, before: dict[str, bytes]) -> None:
    """Go back to the first state; to delete everything instead makes some file systems very slow."""
    build(out, OLD, OLD_INPUTS)
    assert snapshot(out) == before


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EINTR])
def test_any_call_fails_once(out: Path, code: int) -> None:
    before = snapshot(out)
    start = descriptors()
    for n in range(count(out)):

        def fail(number: int, n: int = n) -> None:
            if number == n:
                raise OSError(code, os.strerror(code))

        error = None
        with every_call(fail) as names:
            try:
                change(out)
            except ToolError as caught:
                error = caught
        if error is None:
            # Nothing is lost when a folder cannot be closed, or created where it is.
            assert names[n] in {"close", "mkdir"}
            assert files(out) == {**NEW, **NEW_INPUTS, **FOREIGN}
        else:
            assert str(out) in str(error)
            assert os.strerror(code) in str(error)
            assert "nothing was changed" in str(error) or "every file is as it was or complete" in str(error)
        assert not (out / UNFINISHED).exists()
        assert descriptors() == start
        check_whole(out)
        check_completed(out)
        restore(out, before)


def test_every_call_fails_from_some_call_on(out: Path) -> None:
    """Not even the temporary file can be removed; the next build does it."""
    before = snapshot(out)
    for n in range(count(out)):

        def fail(number: int, n: int = n) -> None:
            if number >= n:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        with every_call(fail), suppress(ToolError):
            change(out)
        check_whole(out)
        check_completed(out)
        restore(out, before)


def _start(function: Callable[[], None]) -> int:
    with warnings.catch_warnings():
        # The child does nothing but file work, so that the threads of a test runner do not matter.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 99
        try:
            function()
            status = 0
        except ToolError:
            status = 1
        finally:
            os._exit(status)
    return child


def _status(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def in_child(function: Callable[[], None]) -> int:
    """Run a function in a forked process and return its status: 0, 1 for a ToolError, or minus the signal."""
    return _status(_start(function))


@pytest.mark.parametrize(("tree", "inputs"), [(NEW, NEW_INPUTS), (OLD, OLD_INPUTS), (THIRD, OLD_INPUTS)])
def test_killed_at_any_call_the_next_build_completes(
    out: Path, tree: dict[str, bytes], inputs: dict[str, bytes]
) -> None:
    before = snapshot(out)

    def killed(n: int) -> None:
        with every_call(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == n else None):
            change(out)

    for n in range(count(out)):
        assert in_child(lambda n=n: killed(n)) == -signal.SIGKILL  # type: ignore[misc]
        check_whole(out)
        has_new_input = (out / "sealed/gke.yaml").read_bytes() == NEW_INPUTS["sealed/gke.yaml"]
        # What a build without --inputs does: it takes the inputs that it finds in the output folder.
        build(out, tree, NEW_INPUTS if has_new_input else inputs)
        check_pruned(out, tree)
        restore(out, before)


def check_pruned(out: Path, tree: dict[str, bytes]) -> None:
    found = files(out)
    assert found.pop("sealed/gke.yaml")
    assert found == {**tree, **FOREIGN}
    folders = {path for path in snapshot(out) if path.endswith("/")}
    empty = {
        folder for folder in folders if not any(path.startswith(folder) for path in snapshot(out) if path != folder)
    }
    assert empty == {"empty-and-mine/"}


def test_killed_at_any_call_of_the_first_build(scratch: Path) -> None:
    out = scratch / "new" / "out"

    def killed(n: int) -> None:
        with every_call(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == n else None):
            build(out, OLD, OLD_INPUTS)

    n = 0
    while in_child(lambda n=n: killed(n)) == -signal.SIGKILL:  # type: ignore[misc]
        check_whole(out)
        build(out, THIRD)
        assert files(out).keys() - OLD_INPUTS.keys() == THIRD.keys()
        shutil.rmtree(scratch / "new")
        n += 1
    assert n > 50


def test_killed_at_any_call_while_a_merge_is_repaired(out: Path) -> None:
    """The conflict in the manifest is gone after the first step, and with it the reason to replace the file."""
    manifest = out / ".mcgen/manifest.json"
    ours = manifest.read_bytes()
    build(out, OLD | {"README.md": b"theirs\n"}, OLD_INPUTS)
    merged = merge(ours, manifest.read_bytes())

    def killed(n: int) -> None:
        with every_call(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == n else None):
            change(out)

    n, status = 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        build(out, OLD, OLD_INPUTS)
        manifest.write_bytes(merged)
        put(out, "README.md", b"what Git made of both\n")
        status = in_child(lambda n=n: killed(n))  # type: ignore[misc]
        check_completed(out)
        n += 1
    assert status == 0
    assert n > 100


def test_an_interrupt_leaves_no_temporary_file(out: Path) -> None:
    before = snapshot(out)
    for n in range(count(out)):

        def interrupt(number: int, n: int = n) -> None:
            if number == n:
                raise KeyboardInterrupt

        with every_call(interrupt), pytest.raises(KeyboardInterrupt):
            change(out)
        assert not (out / UNFINISHED).exists()
        check_whole(out)
        check_completed(out)
        restore(out, before)


def test_the_system_itself_refuses_a_file_that_is_too_large(out: Path) -> None:
    before = snapshot(out)
    tree = {**OLD, "clusters/gke/large.yaml": b"x" * 100_000}

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        build(out, tree, OLD_INPUTS)

    assert in_child(limited) == 1
    after = snapshot(out)
    assert {path: after.get(path) for path in before if path != ".mcgen/manifest.json"} == {
        path: content for path, content in before.items() if path != ".mcgen/manifest.json"
    }
    assert after.keys() - before.keys() == {"clusters/gke/"}
    build(out, tree, OLD_INPUTS)
    assert files(out) == {**tree, **OLD_INPUTS, **FOREIGN}


def test_a_folder_that_belongs_to_somebody_else(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(out)
    before = snapshot(out)
    for path in [out, *out.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def unprivileged() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        assert not store.plan(Path(), NEW, NEW_INPUTS, mesh="m").up_to_date
        change(Path())

    assert in_child(unprivileged) == 1
    for path in [out, *out.rglob("*")]:
        path.chmod(0o755)
    assert snapshot(out) == before


def test_another_build_at_work_is_told_apart(out: Path) -> None:
    before = snapshot(out)
    plan = store.plan(out, NEW, NEW_INPUTS, mesh="m")
    other = os.open(out, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(ToolError, match=rf"another mcgen is at work in '.*' \(process {os.getpid()}: .*\): wait until"):
        store.plan(out, NEW, NEW_INPUTS, mesh="m")
    fcntl.flock(other, fcntl.LOCK_SH)
    assert store.plan(out, NEW, NEW_INPUTS, mesh="m").lines() == plan.lines()
    with pytest.raises(ToolError, match="another mcgen is at work"):
        store.apply(plan)
    os.close(other)
    assert snapshot(out) == before
    store.apply(plan)


def test_a_plan_that_another_build_has_overtaken_is_not_applied(out: Path) -> None:
    plan = store.plan(out, NEW, NEW_INPUTS, mesh="m")
    build(out, THIRD, OLD_INPUTS)
    before = snapshot(out)
    with pytest.raises(ToolError, match="meanwhile"):
        store.apply(plan)
    assert snapshot(out) == before


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("README.md", "MC607"),
        ("clusters/eks/stage.yaml", "MC607"),
        ("clusters/gke/stage.yaml", "MC608"),
        ("sealed/gke.yaml", "MC610"),
    ],
)
def test_what_somebody_changes_between_the_plan_and_its_doing_is_kept(out: Path, path: str, code: str) -> None:
    plan = store.plan(out, NEW, NEW_INPUTS, mesh="m")
    put(out, path, b"somebody's\n")
    before = snapshot(out)
    with pytest.raises(ProblemsFound) as found:
        store.apply(plan)
    assert [problem.code for problem in found.value.problems] == [code]
    assert snapshot(out) == before
    forced = store.plan(out, NEW, NEW_INPUTS, mesh="m", force=True)
    put(out, path, b"somebody's again\n")
    store.apply(forced)
    assert files(out) == {**NEW, **NEW_INPUTS, **FOREIGN}


def test_a_file_system_without_locks_is_good_enough(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    check_completed(out)


def test_two_builds_at_once(out: Path) -> None:
    trees = [
        {"README.md": bytes([n]) * 50_000, **{f"clusters/c{n}-{k}/stage.yaml": b"x" * k for k in range(50)}}
        for n in range(2)
    ]

    def race(tree: dict[str, bytes]) -> None:
        for _ in range(20):
            with suppress(ToolError):
                build(out, tree, OLD_INPUTS)

    children = [_start(lambda tree=tree: race(tree)) for tree in trees]  # type: ignore[misc]
    assert [_status(child) for child in children] == [0, 0]
    build(out, trees[0], OLD_INPUTS)
    assert files(out) == {**trees[0], **OLD_INPUTS, **FOREIGN}
