"""Trees that somebody changed after they were built, and whose manifest says that they are as they were built."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from mcgen import layout
from tests.fuzz import hostile, nearly
from tests.samples import BY_TREE
from tests.snapshots import snapshot
from tests.tampered import tamper

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ("gke-aks-sealed", "multi-primary-sealed", "external-secrets")


def _files(sample: str) -> list[str]:
    manifest = json.loads((BY_TREE[sample].folder / layout.MANIFEST).read_text(encoding="utf-8"))
    return sorted(manifest["files"] | manifest["inputs"])


FILES = {sample: _files(sample) for sample in SAMPLES}
_DATA = st.tuples(st.just("data"), st.lists(nearly.CHANGES, min_size=1, max_size=3))
_BYTES = st.tuples(st.just("bytes"), hostile.CHANGES)
_OTHER = st.tuples(st.just("other"), st.one_of(hostile.TEXTS, st.sampled_from(hostile.CORPUS)))
CHANGES = st.lists(st.tuples(st.integers(0, 1000), st.one_of(_DATA, _DATA, _BYTES, _OTHER)), min_size=1, max_size=3)
TREES = st.tuples(st.sampled_from(SAMPLES), CHANGES)


def spoil(tree: Path, sample: str, changes: list[Any]) -> bool:
    """Change files of a copy of a sample tree, and let its manifest say that they were built so.

    Return whether one that a build makes is another one now.
    """
    before = snapshot(tree)
    for number, (how, what) in changes:
        path = FILES[sample][number % len(FILES[sample])]
        tamper(tree, path, _spoilt((tree / path).read_bytes(), path, how, what))
    after, made = snapshot(tree), json.loads((tree / layout.MANIFEST).read_text(encoding="utf-8"))["files"]
    return any(after[path] != before[path] for path in made)


def _spoilt(content: bytes, path: str, how: str, what: Any) -> bytes:
    if how == "other":
        return bytes(what)
    if how == "bytes" or not path.endswith(".yaml"):
        return hostile.spoilt(content, what) if how == "bytes" else content
    try:
        documents = copy.deepcopy(list(yaml.safe_load_all(content)))
    except (yaml.YAMLError, ValueError):
        # It was changed before.
        return content
    for kind, where, value in what:
        nearly.change(documents, kind, where, value)
    return "\n---\n".join(json.dumps(document) for document in documents).encode("utf-8", "surrogatepass")
