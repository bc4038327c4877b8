"""A tree that somebody changed, and whose manifest says that it is as it was built."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.manifest import digest

if TYPE_CHECKING:
    from pathlib import Path


def tamper(tree: Path, path: str, content: bytes) -> None:
    """Put a content into a file of a tree, and its digest into the manifest, so that nobody notices."""
    manifest = json.loads((tree / layout.MANIFEST).read_text(encoding="utf-8"))
    kind = "inputs" if path in manifest["inputs"] else "files"
    assert path in manifest[kind], f"{path} is no file of the tree"
    manifest[kind][path] = digest(content)
    (tree / layout.MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (tree / path).write_bytes(content)
