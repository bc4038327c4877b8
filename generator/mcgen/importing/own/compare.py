"""Whether a blueprint gives the tree that it was read from: it is built in memory, and every file is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import __version__, build, layout, manifest, rendering, validators
from mcgen.importing import findings
from mcgen.problems import Pos

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcgen.importing.own.tree import Tree
    from mcgen.load import Loaded
    from mcgen.problems import Problem

_ELSEWHERE = "keep it elsewhere in the repository: the folder of a tree is mcgen's alone"
_EDITED = "say it in the blueprint (a field, or a patch under `patches`), keep it beside the tree, or drop it"


def differences(tree: Tree, loaded: Loaded, folder: Path) -> Iterator[Problem]:
    """Yield a finding for each file of a tree that the build of a blueprint would not give, or give otherwise.

    folder: where the tree lies; without istioctl, what it rendered is taken from there.
    """
    complete, problems = rendering.complete(loaded, folder)
    made = build.build(complete, validators.Choice(embedded=False, kubeconform=None)).files
    yield from (problem for problem in problems if problem.code == "MC404")
    known, _ = manifest.parse(tree.files[layout.MANIFEST], tree.name(layout.MANIFEST))
    other = "" if known.generator == __version__ else f" (the tree was built by mcgen {known.generator or 'of old'})"
    ignored = {layout.MANIFEST, *loaded.inputs.files}
    for path in sorted((made.keys() | tree.files.keys()) - ignored):
        if made.get(path) != tree.files.get(path):
            yield _difference(tree, path, made, other, owned=path in known.files)


def _difference(tree: Tree, path: str, made: Mapping[str, bytes], other: str, *, owned: bool) -> Problem:
    pos = Pos(file=tree.name(path))
    if path not in tree.files:
        message = f"the blueprint gives this file, and the tree does not have it{other}"
        return findings.found(findings.TREE, pos, message, "see whether it was deleted by hand, and build the tree")
    if path not in made:
        if owned:
            message = f"this file belongs to the tree, and the blueprint does not give it{other}"
            return findings.found(findings.TREE, pos, message, _EDITED)
        return findings.found(findings.TREE, pos, "this file is no part of the tree", _ELSEWHERE)
    line = _first_difference(tree.files[path], made[path])
    message = f"from here on the file says something else than what the blueprint gives{other}"
    return findings.found(findings.TREE, Pos(file=pos.file, line=line, col=1), message, _EDITED)


def _first_difference(one: bytes, other: bytes) -> int:
    """Return the first line, counted from 1, in which two contents differ."""
    ours, theirs = one.split(b"\n"), other.split(b"\n")
    same = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return min(same + 1, len(ours))
