"""Reading and changing files below one output folder, without ever following a symbolic link in it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from mcgen import locks
from mcgen.layout import MANIFEST
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE: Final = MANIFEST.rpartition("/")[0]
_TEMPORARY: Final = "unfinished.tmp"
UNFINISHED: Final = f"{STATE}/{_TEMPORARY}"
"""The one temporary file: whatever the folder, each file is written here and then renamed to its place."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# A pipe in the place of a file must not make the build wait for a writer.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_CHUNK = 1 << 20
_LARGEST = 64 << 20

NOT_THERE: Final = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_NOT_EMPTY = {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}
_NO_FILE = {errno.ELOOP, errno.ENXIO, errno.EOPNOTSUPP}
_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "give yourself the rights to write there",
    errno.EPERM: "give yourself the rights to write there",
    errno.EROFS: "choose a folder that can be written to",
    errno.EXDEV: f"keep the whole folder on the file system of its {STATE!r}",
}


class Found(Enum):
    """What stands in a file's place when it is no regular file; OTHER is a symbolic link, a pipe or a device."""

    NOTHING = auto()
    FOLDER = auto()
    OTHER = auto()


class Folders:
    """Open folders below a root; paths that come in sorted order open each folder about once."""

    def __init__(self, root: int) -> None:
        """Take over the descriptor of the root."""
        self._open = [("", root)]

    def __enter__(self) -> Folders:
        return self

    def __exit__(self, *_: object) -> None:
        for _name, descriptor in self._open:
            close(descriptor)

    def open(self, folder: str, *, create: bool = False) -> int:
        """Return the folder's descriptor, good until one outside it is opened; raise OSError, also for a link."""
        while not _is_within(folder, self._open[-1][0]):
            close(self._open.pop()[1])
        here, descriptor = self._open[-1]
        while here != folder:
            name = folder[len(here) :].lstrip("/").partition("/")[0]
            if create:
                with suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=descriptor)
            descriptor = os.open(name, _FOLDER, dir_fd=descriptor)
            here = f"{here}/{name}" if here else name
            self._open.append((here, descriptor))
        return descriptor

    def blocker(self, folder: str) -> tuple[str, bool]:
        """Return what kept `open` from getting to a folder, and whether that is a symbolic link; raise OSError."""
        here, descriptor = self._open[-1]
        name = folder[len(here) :].lstrip("/").partition("/")[0]
        mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
        return f"{here}/{name}".lstrip("/"), stat.S_ISLNK(mode)


def close(descriptor: int) -> None:
    """Close a folder, of which nothing can be lost."""
    with suppress(OSError):
        os.close(descriptor)


def _is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def below(folders: Folders, top: str) -> Iterator[tuple[str, bool]]:
    """Yield everything below a folder, each with whether it is a folder, parents first; raise OSError."""
    pending = [top]
    while pending:
        folder = pending.pop()
        with os.scandir(folders.open(folder)) as entries:
            found = sorted((f"{folder}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries)
        yield from found
        pending += [path for path, is_folder in found if is_folder]


def open_root(out: Path) -> int:
    """Return the descriptor of the output folder; raise OSError, also for a symbolic link."""
    return os.open(out, _FOLDER)


def look(folder: int | None, name: str, expected: bytes = b"") -> bytes | Found:
    """Return a file's content, or what stands there instead; raise OSError when it cannot be read.

    Of a file too large to be generated only the beginning is read. folder: None for a name that is a whole path.
    """
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return Found.NOTHING
    except OSError as error:
        if error.errno in _NO_FILE:
            return Found.OTHER
        raise
    try:
        # One call suffices for nearly every file; an empty answer may also come from a pipe.
        if expected and os.read(descriptor, len(expected) + 1) == expected:
            return expected
        return _read(descriptor)
    except IsADirectoryError:
        return Found.FOLDER
    finally:
        os.close(descriptor)


def content(path: Path) -> bytes | None:
    """Return what is in a regular file, at most 64 MiB of it; None for a link and anything else; raise ToolError."""
    try:
        found = look(None, os.fspath(path))
    except OSError as error:
        if error.errno in NOT_THERE:
            return None
        raise failure("read", path, error) from error
    return found if isinstance(found, bytes) else None


def _read(descriptor: int) -> bytes | Found:
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        return Found.FOLDER if stat.S_ISDIR(mode) else Found.OTHER
    os.lseek(descriptor, 0, os.SEEK_SET)
    content = bytearray()
    while len(content) < _LARGEST and (chunk := os.read(descriptor, _CHUNK)):
        content += chunk
    return bytes(content)


def fill(descriptor: int, content: bytes) -> None:
    """Write all of a content; raise OSError."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, memoryview(content)[written:])


class Writer:
    """Changes what stands below an output folder, one whole file at a time; raises ToolError when that fails."""

    def __init__(self, out: Path, folders: Folders, state: int) -> None:
        self._out = out
        self._folders = folders
        self._state = state

    def write(self, path: str, content: bytes) -> None:
        """Create or replace a file, and create its folders."""
        try:
            self._replace(path, content)
        except OSError as error:
            raise failure("write", self._out / path, error) from error

    def _replace(self, path: str, content: bytes) -> None:
        folder, _, name = path.rpartition("/")
        target = self._folders.open(folder, create=True)
        try:
            self._fill(content)
            os.replace(_TEMPORARY, name, src_dir_fd=self._state, dst_dir_fd=target)
        except BaseException:
            with suppress(OSError):
                os.unlink(_TEMPORARY, dir_fd=self._state)
            raise

    def _fill(self, content: bytes) -> None:
        descriptor = os.open(_TEMPORARY, _WRITE, 0o644, dir_fd=self._state)
        try:
            fill(descriptor, content)
        finally:
            os.close(descriptor)

    def remove(self, path: str) -> None:
        """Remove a file, if it is there."""
        folder, _, name = path.rpartition("/")
        try:
            os.unlink(name, dir_fd=self._folders.open(folder))
        except OSError as error:
            if error.errno not in NOT_THERE:
                raise failure("remove", self._out / path, error) from error

    def remove_folder(self, path: str) -> None:
        """Remove a folder, if it is there and empty."""
        folder, _, name = path.rpartition("/")
        try:
            os.rmdir(name, dir_fd=self._folders.open(folder))
        except OSError as error:
            if error.errno not in NOT_THERE | _NOT_EMPTY:
                raise failure("remove", self._out / path, error) from error


@contextmanager
def writer(out: Path) -> Iterator[tuple[Writer, Folders]]:
    """Create and lock the output folder, and yield what changes it; raise ToolError when that is impossible.

    What is created gets the modes 0644 and 0755, whatever the umask.
    """
    umask = os.umask(0o022)
    try:
        with ExitStack() as stack:
            try:
                out.mkdir(parents=True, exist_ok=True)
                folders = stack.enter_context(Folders(open_root(out)))
                locks.take(folders.open(""), out)
                state = os.dup(folders.open(STATE, create=True))
                stack.callback(close, state)
            except OSError as error:
                raise failure("write", out, error) from error
            changes = Writer(out, folders, state)
            changes.remove(UNFINISHED)
            yield changes, folders
    finally:
        os.umask(umask)


def failure(action: str, path: Path, error: OSError) -> ToolError:
    """Return the exception for what the operating system refused."""
    message = f"cannot {action} '{path}': {error.strerror or error}"
    if action == "read":
        return ToolError(f"{message}; nothing was changed")
    remedy = _REMEDIES.get(error.errno or 0, "put that right")
    return ToolError(f"{message}; every file is as it was or complete: {remedy} and run the same command again")
