"""Files outside of a tree: a full disk, a link, a pipe and somebody else's file, with the plain way as the control."""

from __future__ import annotations

import errno
import os
import resource
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from mcgen import locks, single
from mcgen.bootstrap import authority, root_folder
from mcgen.cli import run
from mcgen.problems import ToolError
from tests.samples import CHECKOUT
from tests.unit.test_store_faults import every_call, in_child

OLD, NEW = b"old\n", b"new, and longer\n"
CALLS = ["open", "write", "close", "fchmod", "fsync", "replace", "unlink"]
BLUEPRINT = str(CHECKOUT / "blueprints/minimal.yaml")
REPO = "https://git.example.com/shop.git"
COMMANDS = {
    "init": ["init", "mesh", "--name", "shop", "--repo", REPO, "--cluster", "one=gke", "--force"],
    "import": ["import", str(CHECKOUT / "tests/importing/cases/multi-primary"), "-o", "mesh", "--force"],
    "graph": ["graph", BLUEPRINT, "-o", "mesh"],
    "add": ["add", "cluster", "mesh", "new", "--platform", "eks", "--role", "remote"],
}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mesh"
    path.write_bytes(OLD)
    return path


def only(path: Path) -> bytes:
    """Return what a file holds, beside which there is no unfinished one."""
    assert list(path.parent.glob(".*")) == []
    return path.read_bytes()


def plainly(path: Path, content: bytes, **_: object) -> None:
    path.write_bytes(content)


def limited(command: list[str]) -> int:
    """Run a command, in a process of its own, that may write 200 bytes into a file, and return its exit code."""

    def there() -> None:
        # What a test runner keeps of the output is a file, too; and Python keeps what it could write of compiled code.
        sys.dont_write_bytecode = True
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
            os._exit(run(command))

    return in_child(there)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_disk_that_is_full_leaves_the_old_file(name: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "add":
        file.write_bytes(Path(BLUEPRINT).read_bytes())
    old = file.read_bytes()
    assert limited(COMMANDS[name]) == 3
    assert only(file) == old
    # The control: the plain way cuts it. `init` writes the schema for editors before the blueprint.
    monkeypatch.setattr(single, "write", plainly)
    cut = file.with_name("blueprint.schema.json") if name == "init" else file
    limited(COMMANDS[name])
    assert len(cut.read_bytes()) == 200


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR])
@pytest.mark.parametrize("new", [False, True])
def test_any_call_fails_once(code: int, new: bool, file: Path) -> None:
    with every_call(lambda _: None, CALLS) as names:
        single.write(file, OLD)
    assert set(names) == set(CALLS)
    for n in range(len(names)):

        def fail(number: int, n: int = n) -> None:
            if number == n:
                raise OSError(code, os.strerror(code))

        file.unlink(missing_ok=True)
        if not new:
            file.write_bytes(OLD)
        said = ""
        with every_call(fail, CALLS):
            try:
                single.write(file, NEW, new=new, mode=0o600)
            except ToolError as error:
                said = str(error)
        assert list(file.parent.glob(".*")) == []
        assert (file.read_bytes() if file.exists() else b"") == ((b"" if new else OLD) if said else NEW)
        # Nothing is lost when the folder cannot be closed, and what is not there need not be removed.
        assert f"{os.strerror(code)}; every file is as it was or complete" in said or names[n] == "close"


def test_a_root_is_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "_BITS", 2048)
    made = authority.new_root("shop", authority.now())
    monkeypatch.setattr(authority, "new_root", lambda *_: made)
    with every_call(lambda _: None, CALLS) as names:
        root_folder.make(tmp_path / "calm", "shop")
    for n in range(len(names)):

        def fail(number: int, n: int = n) -> None:
            if number == n:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        folder = tmp_path / str(n)
        with every_call(fail, CALLS), suppress(ToolError):
            root_folder.make(folder, "shop")
        if root_folder.read(folder) is None:
            assert list(folder.iterdir()) == []
            root_folder.make(folder, "shop")
        assert (folder / root_folder.KEY).stat().st_mode & 0o777 == 0o600
        assert (folder / root_folder.CERTIFICATE).stat().st_mode & 0o777 == 0o644


def test_half_a_root_says_what_to_do(tmp_path: Path) -> None:
    """A process that is killed between the two files leaves the key alone."""
    (tmp_path / root_folder.KEY).write_text("x")
    with pytest.raises(ToolError, match=rf"no {root_folder.CERTIFICATE}.*remove '.*{root_folder.KEY}' and run"):
        root_folder.read(tmp_path)


def test_modes_are_kept(file: Path) -> None:
    for mode in (0o600, 0o640, 0o755):
        file.chmod(mode)
        single.write(file, NEW)
        assert file.stat().st_mode & 0o777 == mode
    umask = os.umask(0o027)
    try:
        single.write(file.parent / "fresh" / "one", NEW)
    finally:
        os.umask(umask)
    assert (file.parent / "fresh/one").stat().st_mode & 0o777 == 0o640


def test_the_file_behind_a_link_changes(file: Path) -> None:
    link = file.parent / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(file)
    single.write(link, NEW)
    assert link.is_symlink()
    assert only(file) == NEW
    (link.parent / "dangling").symlink_to("target")
    single.write(link.parent / "dangling", NEW)
    assert (link.parent / "target").read_bytes() == NEW


def test_a_link_in_the_place_of_the_unfinished_file_is_not_followed(file: Path) -> None:
    other = file.parent / "other"
    other.write_bytes(OLD)
    (file.parent / ".mesh.unfinished").symlink_to(other)
    single.write(file, NEW)
    assert only(file) == NEW
    assert other.read_bytes() == OLD


def test_what_has_come_meanwhile_stays(file: Path) -> None:
    with pytest.raises(ToolError, match="File exists"):
        single.write(file, NEW, new=True)
    assert only(file) == OLD


def test_what_is_in_the_way_stays(file: Path) -> None:
    folder = file.parent / "folder"
    folder.mkdir()
    for place, why in ((folder, "Is a directory"), (file / "below", "Not a directory|File exists")):
        with pytest.raises(ToolError, match=why):
            single.write(place, NEW)
    assert only(file) == OLD
    assert list(folder.iterdir()) == []


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    single.write(pipe, NEW)
    reader.join(60)
    assert found == [NEW]
    assert pipe.is_fifo()
    single.write(Path(os.devnull), NEW)
    assert Path(os.devnull).is_char_device()


def test_another_at_work_is_waited_for(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.open(file.parent, os.O_RDONLY)
    locks.take(other, file)
    timer = threading.Timer(0.3, os.close, [other])
    timer.start()
    single.write(file, NEW)
    assert only(file) == NEW
    other = os.open(file.parent, os.O_RDONLY)
    locks.take(other, file)
    monkeypatch.setattr(locks, "_PATIENCE", 0.2)
    with pytest.raises(locks.Locked, match=rf"process {os.getpid()}: .*wait until"):
        single.write(file, OLD)
    os.close(other)
    assert only(file) == NEW
