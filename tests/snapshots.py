"""What stands in a folder, as a value that tests can compare."""

from __future__ import annotations

import os
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from mcgen import store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Thousands of small files come and go; in memory that is quick everywhere.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def snapshot(out: Path) -> dict[str, bytes]:
    """Return path -> content of the files (`-> target` of a link), and path/ -> b"" of the folders."""
    found: dict[str, bytes] = {}
    for folder, names, files in os.walk(out):
        for name in [*names, *files]:
            path = os.path.join(folder, name)
            key = os.path.relpath(path, out)
            if os.path.islink(path):
                found[key] = b"-> " + os.readlink(path).encode()
            elif name in names:
                found[f"{key}/"] = b""
            elif not os.path.isfile(path):
                found[key] = b"special"
            else:
                with open(path, "rb") as file:
                    found[key] = file.read()
    return found


def files(out: Path) -> dict[str, bytes]:
    """Return path -> content of all files but mcgen's own state."""
    return {
        path: content
        for path, content in snapshot(out).items()
        if not path.endswith("/") and path != ".mcgen/manifest.json"
    }


def put(out: Path, path: str, content: bytes) -> None:
    """Write a file as a person would."""
    target = out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def build(
    out: Path,
    tree: Mapping[str, bytes],
    inputs: Mapping[str, bytes] | None = None,
    *,
    mesh: str = "m",
    force: bool = False,
) -> store.Plan:
    """Plan and apply."""
    made = store.plan(out, tree, inputs or {}, mesh=mesh, force=force)
    store.apply(made)
    return made


def merge(ours: bytes, theirs: bytes, *, base: bool = False) -> bytes:
    """Return two versions of a file as Git leaves them when every difference is a conflict."""
    one, two = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    merged = []
    for kind, i, j, k, m in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            merged += one[i:j]
        else:
            middle = [b"||||||| base\n", b'    "base/only": "%s",\n' % (b"0" * 64)] if base else []
            merged += [b"<<<<<<< HEAD\n", *one[i:j], *middle, b"=======\n", *two[k:m], b">>>>>>> branch\n"]
    return b"".join(merged)
