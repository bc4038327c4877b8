"""What stands in a folder at a Git revision, be it there now or not: read by Git, never checked out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from mcgen import proc
from mcgen.problems import ToolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECONDS = 60.0
_BLOB = "blob"
# Git tells its hooks where they run, in a linked worktree at least; whoever gives a folder means the repository around
# it, and with these Git takes the folder for the top of the one that the hook is in (`git rev-parse --local-env-vars`).
PLACES: Final = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}
)


def check(folder: Path, revision: str) -> None:
    """Raise UsageError for what can be no revision, ToolError for one that the repository of a folder does not have."""
    if revision.startswith("-") or not revision:
        raise UsageError(f"'{revision}' is no Git revision")
    _git(folder, ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], f"there is no revision '{revision}'")


def has(folder: Path, revision: str, path: str) -> bool:
    """Return whether a file of the folder was there."""
    return not _run(folder, ["cat-file", "-e", f"{revision}:./{_below(folder)[1]}{path}"]).code


def show(folder: Path, revision: str, path: str) -> bytes:
    """Return a file of the folder; raise ToolError where it cannot be read."""
    return _git(folder, ["show", f"{revision}:./{_below(folder)[1]}{path}"], f"'{path}' cannot be read at {revision}")


def blobs(folder: Path, revision: str) -> dict[str, str]:
    """Return the files below a folder by their paths in it, each with the ID of its content."""
    rest = _below(folder)[1]
    listed = ["ls-tree", "-r", "-z", revision, *(["--", rest] if rest else [])]
    raw = _git(folder, listed, f"the files at {revision} cannot be listed")
    found = {}
    for entry in raw.decode(errors="surrogateescape").split("\0"):
        described, tab, path = entry.partition("\t")
        if tab and described.split()[1] == _BLOB:
            found[path.removeprefix(rest)] = described.split()[2]
    return found


def contents(folder: Path, ids: Mapping[str, str]) -> dict[str, bytes]:
    """Return the contents of files by path, all in one go; ids: as from `blobs`."""
    if not ids:
        return {}
    wanted = "".join(f"{name}\n" for name in ids.values()).encode()
    raw = _git(folder, ["cat-file", "--batch"], "files cannot be read", stdin=wanted)
    found, at = {}, 0
    for path in ids:
        end = raw.index(b"\n", at)
        size = int(raw[at:end].split()[-1])
        found[path] = raw[end + 1 : end + 1 + size]
        at = end + size + 2
    return found


def changed(folder: Path, revision: str) -> set[str]:
    """Return the files below a folder that are not what they were: changed, gone, or not under Git yet."""
    options = ["--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--ignore-submodules"]
    listed = _git(folder, ["diff", *options, revision, "--", "."], f"the folder cannot be compared with {revision}")
    return _paths(listed) | _untracked(folder)


def present(folder: Path) -> set[str]:
    """Return the files below a folder that Git knows or would take in."""
    return _paths(_git(folder, ["ls-files", "-z"], "files cannot be listed")) | _untracked(folder)


def _untracked(folder: Path) -> set[str]:
    return _paths(_git(folder, ["ls-files", "--others", "--exclude-standard", "-z"], "files cannot be listed"))


def _paths(raw: bytes) -> set[str]:
    return set(filter(None, raw.decode(errors="surrogateescape").split("\0")))


def _git(folder: Path, arguments: list[str], failure: str, *, stdin: bytes = b"") -> bytes:
    done = _run(folder, arguments, stdin)
    if done.code:
        words = done.stderr.decode(errors="replace").strip()
        if _run(folder, ["rev-parse", "--git-dir"]).code:
            raise ToolError(f"'{folder}' is in no Git repository that can be read: {words or failure}")
        advice = "in a shallow clone, `git fetch --depth=1 origin REV` brings it"
        raise ToolError(f"{failure} in the Git repository of '{folder}' ({advice}) {words}".strip())
    return done.stdout


def _below(folder: Path) -> tuple[Path, str]:
    """Return the next folder that is there, from which Git can look at one that is gone, and the way on from it."""
    there = next((one for one in (folder, *folder.parents) if one.is_dir()), folder)
    rest = folder.relative_to(there).as_posix()
    return there, "" if rest == "." else f"{rest}/"


def _run(folder: Path, arguments: list[str], stdin: bytes = b"") -> proc.Done:
    around = {name: value for name, value in os.environ.items() if name not in PLACES}
    return proc.run(["git", "-C", str(_below(folder)[0]), *arguments], timeout=_SECONDS, stdin=stdin, env=around)
