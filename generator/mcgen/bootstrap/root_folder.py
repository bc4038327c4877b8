"""The folder in which the root of a mesh is kept: outside every Git work tree, and nobody else's to read."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from mcgen import disk, single
from mcgen.bootstrap import authority
from mcgen.problems import ToolError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.bootstrap.authority import Root

CERTIFICATE, KEY = "root-cert.pem", "root-key.pem"
_KEY_MODE, _FOLDER_MODE = 0o600, 0o700


def read(folder: Path) -> Root | None:
    """Return the root in a folder, None when there is none yet.

    Raises UsageError for a folder inside a Git repository, and ToolError for one that does not hold a root as a whole,
    or whose key others could read.
    """
    _refuse_git(folder)
    key, certificate = folder / KEY, folder / CERTIFICATE
    there = [path for path in (key, certificate) if os.path.lexists(path)]
    if not there:
        return None
    if len(there) == 1:
        missing = CERTIFICATE if there == [key] else KEY
        raise ToolError(
            f"'{there[0]}' is there, and no {missing}: put that back. If no mesh has this root yet (a command that was "
            f"killed leaves it so), remove '{there[0]}' and run the command again"
        )
    return authority.parse(_read(certificate), _read_key(key), str(folder))


def make(folder: Path, mesh: str) -> Root:
    """Return a new root for a mesh, and keep it in a folder; raise UsageError or ToolError as `read`."""
    _refuse_git(folder)
    key, certificate = folder / KEY, folder / CERTIFICATE
    made = authority.new_root(mesh, authority.now())
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise disk.failure("write", folder, error) from error
    single.write(key, authority.key_pem(made.key), new=True, mode=_KEY_MODE)
    try:
        single.write(certificate, made.pem, new=True, mode=0o644)
    except BaseException:
        # Nobody has seen this root yet, and half of one would be in the way of the same command again.
        with suppress(OSError):
            key.unlink()
        raise
    return made


def _refuse_git(folder: Path) -> None:
    """Raise UsageError where a folder is inside a Git work tree, or inside a repository."""
    for place in (whole := folder.resolve(), *whole.parents):
        if (place / ".git").exists() or ((place / "HEAD").is_file() and (place / "objects").is_dir()):
            raise UsageError(
                f"--ca {folder}: this is inside the Git repository {place}; the key of the root belongs where no "
                "commit can take it along, such as on a disk that is kept offline"
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ToolError(f"'{path}' cannot be read: {error.strerror or error}") from error


def _read_key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise ToolError(f"'{path}' cannot be read: {error.strerror or error}") from error
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid != os.geteuid() or mode & 0o077:
            raise ToolError(
                f"'{path}' has the mode {mode:04o} and belongs to user {found.st_uid}: only you may read it "
                "(chmod 600); if others could, begin with another root"
            )
        return stream.read()
