"""One file outside of a tree, such as a blueprint or a picture: filled beside its place, then renamed to it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from mcgen import disk, locks

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def write(path: Path, content: bytes, *, new: bool = False, mode: int | None = None) -> None:
    """Put content in the place of a file as a whole, and create its folders; raise ToolError, the old one still there.

    new: a file that has come meanwhile stays, and that is an error. mode: the file's; else that of the old one, or
    what the umask leaves. A pipe or a device is written to as it is.
    """
    try:
        if not new and _is_stream(path):
            with path.open("wb") as stream:
                stream.write(content)
            return
        # The file behind a link changes, and the link stays.
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(target.parent, _FOLDER)
        try:
            # The unfinished file has one name, so that it never becomes two; another's is there for a moment only.
            locks.patiently(lambda: locks.take(folder, target.parent))
            _put(folder, target.name, content, new=new, mode=mode)
        finally:
            disk.close(folder)
    except OSError as error:
        raise disk.failure("write", path, error) from error


def _is_stream(path: Path) -> bool:
    """Return whether a path leads to what cannot be replaced: `/dev/stdout`, or a pipe of the shell."""
    try:
        found = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(found) or stat.S_ISDIR(found))


def _put(folder: int, name: str, content: bytes, *, new: bool, mode: int | None) -> None:
    unfinished = f".{name}.unfinished"
    with suppress(FileNotFoundError):
        # A command that was killed left it.
        os.unlink(unfinished, dir_fd=folder)
    mode = _mode(folder, name) if mode is None else mode
    # Nobody reads it before it is whole and has its mode.
    descriptor = os.open(unfinished, _FRESH, 0o666 if mode is None else 0o600, dir_fd=folder)
    try:
        try:
            disk.fill(descriptor, content)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            _require_free(folder, name)
        os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished, dir_fd=folder)
        raise


def _mode(folder: int, name: str) -> int | None:
    """Return the mode of a file that is there."""
    try:
        return stat.S_IMODE(os.stat(name, dir_fd=folder).st_mode)
    except FileNotFoundError:
        return None


def _require_free(folder: int, name: str) -> None:
    if _mode(folder, name) is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
