"""What a tree says of itself, read from it alone: its clusters, how far each has left, and how far an upgrade is.

The state stands in the list of an ApplicationSet, beside the cluster that it is about: a reviewer sees it there, Git
merges it line by line, and the static proof compares it with the Applications and finalizers that are really there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import disk, layout, names, phases, reread, store, upgrades
from mcgen.problems import has_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mcgen.manifest import Manifest

# A manifest may come from anybody, and what is no name of a cluster is not printed in a command.
_IN_A_CHAIN = re.compile(r"clusters/([a-z0-9][-a-z0-9]{0,62})/argocd/[^/]+")
_NO_SET = (reread.Unreadable, AttributeError, IndexError, KeyError, TypeError)


def clusters(manifest: Manifest) -> list[str]:
    """Return the clusters that have a chain in a tree."""
    found = (_IN_A_CHAIN.fullmatch(path) for path in manifest.files)
    return sorted({match[1] for match in found if match})


def sets(manifest: Manifest) -> list[str]:
    """Return the files of a tree in which the states stand."""
    return sorted(path for path in manifest.files if path.startswith(f"{layout.APPLICATION_SETS}/"))


def has_remotes(manifest: Manifest) -> bool:
    """Return whether a tree has remotes, those whose control plane still waits behind its gate included."""
    return layout.application_set(names.REMOTES) in manifest.files


def _elements(raw: bytes) -> Any:
    """Return what an ApplicationSet lists; raise one of _NO_SET for what is none of mcgen's."""
    return reread.document(raw)["spec"]["generators"][0]["list"]["elements"]


def states(files: Iterable[bytes]) -> dict[str, str]:
    """Return the state of each cluster that leaves; what is no ApplicationSet of mcgen says nothing."""
    found: dict[str, str] = {}
    for raw in files:
        try:
            found |= {element["cluster"]: state for element in _elements(raw) if (state := _state(element))}
        except _NO_SET:
            continue
    return found


def listed(files: Iterable[bytes]) -> list[str]:
    """Return the clusters of ApplicationSets; what is no ApplicationSet of mcgen lists none."""
    found: list[str] = []
    for raw in files:
        try:
            found += [str(element["cluster"]) for element in _elements(raw)]
        except _NO_SET:
            continue
    return found


class Upgrade(NamedTuple):
    """What a tree says of an upgrade: its step, from which revision and to which; empty where there is none."""

    step: str = upgrades.NONE
    old: str = ""
    new: str = ""


def upgrade_in(files: Iterable[bytes]) -> Upgrade:
    """Return what ApplicationSets say of an upgrade: the first that says something; the proof compares them."""
    for raw in files:
        try:
            annotations = reread.document(raw)["metadata"]["annotations"]
            found = Upgrade(*(str(annotations[key]) for key in _UPGRADE))
        except _NO_SET:
            continue
        if upgrades.is_known(found.step):
            return found
    return Upgrade()


_UPGRADE = (names.UPGRADE_STEP, names.UPGRADE_FROM, names.UPGRADE_TO)


def upgrade(out: Path) -> Upgrade:
    """Return what the tree of a folder says of an upgrade; raise ToolError."""
    manifest, problems = store.load_manifest(out)
    if has_errors(problems):
        return Upgrade()
    return upgrade_in(contents(out, manifest))


def _state(element: Any) -> str:
    state = element.get(names.STATE, phases.MEMBER)
    return state if isinstance(state, str) and phases.is_known(state) else phases.MEMBER


def read(out: Path) -> dict[str, str]:
    """Return the state of each cluster in the tree of a folder, empty for members; raise ToolError."""
    return members(out, store.load_manifest(out)[0])


def members(out: Path, manifest: Manifest) -> dict[str, str]:
    """Return what `read` returns, by the manifest of the folder."""
    known = states(contents(out, manifest))
    return {cluster: known.get(cluster, phases.MEMBER) for cluster in clusters(manifest)}


def contents(out: Path, manifest: Manifest) -> Iterator[bytes]:
    """Return what is in the files of `sets` that are there."""
    found = (disk.content(out / path) for path in sets(manifest))
    return (raw for raw in found if raw is not None)
