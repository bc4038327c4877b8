"""How much work a build of 100 clusters is, in counts that no machine changes, and that it grows with the fleet only.

A count above its limit means that something is done twice, or for every pair of clusters. Where the tree itself
has grown, or a check was added, raise the limit.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import build, chain, emit, source, store
from mcgen.cli import run
from mcgen.validators import embedded
from tests.bench import fleet, jinja2_tree, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

CLUSTERS = 100
# Of the 1,767 files, 99 are inputs, three are no YAML, and the manifest is written twice.
FIRST = {
    "chains made": 1,
    "manifests loaded": 1,
    "documents emitted": 1_900,
    "schemas compiled": 25,
    "blueprints and inputs read": 100,
    "files read": 1,
    "files written": 1_800,
    "files renamed": 1_800,
    "folders made": 950,
    "folders opened": 950,
}
UNCHANGED = {
    "chains made": 1,
    "manifests loaded": 1,
    "documents emitted": 1_900,
    "schemas compiled": 25,
    "blueprints and inputs read": 100,
    "files read": 1_800,
    "folders opened": 850,
}

LINES_PER_CLUSTER = 16_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("fleet")
    fleet.write(CLUSTERS, found)
    return found


def built(folder: Path, *options: str) -> int:
    argv = ["build", str(folder / "fleet.yaml"), "-o", str(folder / "tree"), "--validator", "embedded", *options]
    return run(argv)


def work(folder: Path, *options: str) -> Counter[str]:
    """Build, and return how often what was done."""
    counts: Counter[str] = Counter()

    def count(where: Any, name: str, key: Callable[..., tuple[str, int]]) -> None:
        original = getattr(where, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            what, number = key(*args)
            counts[what] += number
            return original(*args, **kwargs)

        patch.setattr(where, name, counted)

    with pytest.MonkeyPatch.context() as patch:
        count(build, "emit", lambda documents, *_: ("documents emitted", len(documents)))
        count(chain, "chains", lambda *_: ("chains made", 1))
        count(store, "load_manifest", lambda *_: ("manifests loaded", 1))
        count(embedded, "load_schema", lambda *_: ("schemas compiled", 1))
        count(source, "read", lambda *_: ("blueprints and inputs read", 1))
        count(os, "open", lambda _, flags, *__: (opened(flags), 1))
        count(os, "replace", lambda *_: ("files renamed", 1))
        count(os, "mkdir", lambda *_: ("folders made", 1))
        assert built(folder, *options) == 0
    return counts


def opened(flags: int) -> str:
    if flags & os.O_DIRECTORY:
        return "folders opened"
    return "files written" if flags & (os.O_WRONLY | os.O_RDWR) else "files read"


def beyond(limits: dict[str, int], counts: Counter[str]) -> dict[str, int]:
    """Return the counts that are above their limits; what has no limit must not happen at all."""
    return {what: number for what, number in counts.items() if number > limits.get(what, 0)}


def test_work_is_done_once(folder: Path) -> None:
    """Also that nothing is written where nothing changed: neither a file nor a folder."""
    first = work(folder, "--inputs", str(folder / "inputs"))
    assert beyond(FIRST, first) == {}
    assert first["files written"] > 16 * CLUSTERS
    assert beyond(UNCHANGED, work(folder)) == {}


def lines_of_a_build(clusters: int, folder: Path) -> int:
    """Return how many lines of Python run in a first build, each pass through a comprehension counted."""
    fleet.write(clusters, folder)
    emit._VALUES.clear()
    emit._KEYS.clear()
    lines = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert built(folder, "--inputs", str(folder / "inputs")) == 0
    finally:
        sys.settrace(before)
    return lines


def test_a_further_cluster_costs_what_the_last_one_did(tmp_path: Path) -> None:
    # The first build compiles templates. The others are beyond the size of the README's picture.
    _, small, middle, large = (lines_of_a_build(n, tmp_path / str(n)) for n in (2, 41, 82, 164))
    assert middle - small < 41 * LINES_PER_CLUSTER
    assert large - middle < 1.003 * 2 * (middle - small)


def test_the_plain_script_writes_the_same_tree(tmp_path: Path) -> None:
    blueprint = fleet.write(9, tmp_path)
    assert built(tmp_path, "--inputs", str(tmp_path / "inputs")) == 0
    jinja2_tree.main(str(blueprint), str(tmp_path / "inputs"), str(tmp_path / "plain"))
    assert same.differences(tmp_path / "tree", tmp_path / "plain") == []
