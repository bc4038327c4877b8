"""A build takes no cluster away whose objects are still there, unless somebody says that they may stay behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names, phases
from mcgen.lifecycle import steps, tree
from mcgen.problems import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mcgen.load import Loaded
    from mcgen.manifest import Manifest


def taken_out(loaded: Loaded, out: Path, manifest: Manifest, forget: Collection[str]) -> list[Problem]:
    """Return a problem for each cluster of the tree that the blueprint has no more, although it has not left.

    forget: those about which somebody knows. Raises UsageError for one that the blueprint still has.
    """
    mesh = loaded.mesh
    for name in forget:
        if name in mesh.by_name:
            raise UsageError(f"'{name}' is a cluster of this blueprint: it can be forgotten when its lines are gone")
    if manifest.blueprint != mesh.name:
        # A tree of another mesh is refused as such.
        return []
    return [
        Problem(
            code="MC663",
            message=f'"{name}" is no longer in the blueprint, and what the mesh has there would stay behind for ever',
            pos=loaded.source.pos(("clusters",), key=True),
            advice=f"restore its lines and run `mcgen remove cluster {loaded.source.argument} {name}`; if the cluster "
            f"is dead, build with --forget {name}",
        )
        for name, state in tree.members(out, manifest).items()
        if name not in mesh.by_name and state != phases.LAST and name not in forget
    ]


def stages_gone(loaded: Loaded, out: Path, old: Manifest, new: Manifest) -> list[Problem]:
    """Return a warning for each stage that this build takes out of a chain although what it made stays."""
    mesh = loaded.mesh
    if old.blueprint != mesh.name or old.files.keys() <= new.files.keys():
        return []
    states = {cluster.name: cluster.state for cluster in mesh.clusters}
    return list(steps.left_behind(out, (old, tree.members(out, old)), (new, states)))


def left_behind(loaded: Loaded, cluster: str) -> list[str]:
    """Return what to do about a cluster that was forgotten, line by line."""
    mesh = loaded.mesh
    chosen = f"{names.PART_OF}={mesh.name},{names.CLUSTER}={cluster}"
    return [
        f"{cluster} is forgotten: its objects stay where they are, and so do its Applications in Argo CD. If the "
        "cluster is dead, take it out of Argo CD, and then these Applications (one that has a finalizer takes its "
        "objects along, the others do not):",
        f"  kubectl -n {mesh.gitops.argocd.namespace} delete applications.argoproj.io -l {chosen}",
    ]
