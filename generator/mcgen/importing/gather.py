"""Reading what is to be imported: the only part of an import that touches the disk."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.problems import UsageError
from mcgen.source import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MANIFESTS = (".yaml", ".yml", ".json")
_ELSEWHERE = {".git", ".venv", "node_modules"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was read. files: content by name, as it was given on the command line.

    own: whether it is one folder that mcgen built, whose files are then all here, by their path below it.
    """

    folder: str
    files: dict[str, bytes]
    own: bool


def gather(paths: Sequence[str]) -> Gathered:
    """Return what stands in files and folders; raise UsageError for what is not there or cannot be read."""
    if len(paths) == 1 and (Path(paths[0]) / layout.MANIFEST).is_file():
        folder = paths[0].rstrip("/") or "/"
        return Gathered(folder=folder, files={path: _read(Path(folder, path)) for path in _below(folder)}, own=True)
    files: dict[str, bytes] = {}
    for path in paths:
        if Path(path).is_dir():
            names = [os.path.join(path, name) for name in _below(path) if name.endswith(_MANIFESTS)]  # noqa: PTH118
            _refuse_trees(names)
        else:
            names = [path]
        files |= {name: _read(Path(name)) for name in names}
    return Gathered(folder=paths[0], files=files, own=False)


def _refuse_trees(names: Sequence[str]) -> None:
    for name in names:
        if name.endswith(f"/{layout.MANIFEST}"):
            tree = name.removesuffix(f"/{layout.MANIFEST}")
            raise UsageError(f"'{tree}' is a tree that mcgen built: import it alone, or name the folders beside it")


def _below(folder: str) -> Iterator[str]:
    """Yield the files of a folder by their paths below it, sorted; no links, and no folders of other programs."""

    def refused(error: OSError) -> None:
        raise UsageError(f"'{error.filename}' cannot be read: {error.strerror}") from error

    for where, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if name not in _ELSEWHERE)
        inside = os.path.relpath(where, folder)
        for name in sorted(names):
            if stat.S_ISREG(os.lstat(os.path.join(where, name)).st_mode):  # noqa: PTH118
                yield name if inside == "." else f"{inside}/{name}"


def _read(path: Path) -> bytes:
    """Return a file's content, a byte more than may be read of it when it is too large."""
    try:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "does not exist: check the path"
            raise UsageError(f"'{path}' {what}")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error
