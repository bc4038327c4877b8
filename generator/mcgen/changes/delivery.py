"""How the objects of a stage reach Argo CD: by its plugin, in the tree, or by a chart of Istio.

Objects have the same names in each way, so Argo CD keeps what runs when the way changes; but for the gateways, whose
chart is another one than istioctl's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.changes.finding import Finding, Risk, Turn
from mcgen.changes.leaves import get
from mcgen.changes.order import called
from mcgen.delivery import HELM, MANIFESTS, PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta
    from mcgen.changes.trees import Side
    from mcgen.tree import Data

_SOURCE = ("spec", "source")
_WORDS = {
    PLUGIN: "are made by the render plugin",
    MANIFESTS: "stand in the tree, as istioctl made them",
    HELM: "are made by Argo CD of Istio's chart",
}
_SAME = "they have the same names, and nothing that runs is replaced"
_REPLACED = (
    "its Deployment must be made anew, because the selector is another one and cannot be changed: docs/delivery.md has "
    "the command that keeps its pods running"
)


def sources(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield a stage that Argo CD gets in another way."""
    if delta.kind != "Application" or delta.old is None or delta.new is None:
        return
    before, after = _way(delta.old), _way(delta.new)
    paths = {str(path).removesuffix(f"/{layout.MANIFESTS}") for path in _paths(delta.old, delta.new)}
    # Another folder besides is another source, and that has its own finding.
    if before == after or not before or not after or len(paths) > 1:
        return
    replaced = HELM in (before, after) and get(delta.new, "metadata", "labels", names.STAGE) == stages.EAST_WEST_GATEWAY
    yield Finding(
        kind="delivery",
        turn=Turn.CHANGED,
        risk=Risk.HIGH if replaced else Risk.MEDIUM,
        what=f"the objects of {called(delta)} {_WORDS[after]}",
        why=_REPLACED if replaced else _SAME,
        before=before,
        after=after,
        # Another repository has a finding of its own.
        covers=(
            *((*_SOURCE, field) for field in ("path", "plugin", "chart", "targetRevision", "helm")),
            ("metadata", "annotations", names.GENERATE_PATHS),
        ),
    )


def _paths(*applications: Data) -> list[str]:
    return [path for one in applications if isinstance(path := get(one, *_SOURCE, "path"), str)]


def _way(application: Data) -> str:
    """Return how an Application's stage is delivered; empty for stages that are not rendered at all."""
    stage = stages.BY_NAME.get(str(get(application, "metadata", "labels", names.STAGE)))
    if stage is None or not stage.rendered:
        return ""
    if get(application, *_SOURCE, "plugin"):
        return PLUGIN
    if get(application, *_SOURCE, "chart"):
        return HELM
    return MANIFESTS if layout.is_manifests(_below_clusters(str(get(application, *_SOURCE, "path")))) else ""


def _below_clusters(path: str) -> str:
    """Return a source's path from the tree's folder on, wherever in the repository that is."""
    return path[path.rfind("clusters/") :] if "clusters/" in path else path


def switched(delta: Delta, context: Context) -> Finding | None:
    """Return the finding for a document that comes or goes because its stage is delivered in another way."""
    if (delta.old is None) is (delta.new is None) or not _of_a_switch(delta.file, context):
        return None
    added, folder = delta.old is None, delta.file.rpartition("/")[0]
    held = layout.is_manifests(folder) or folder == layout.base(stages.BASE)
    what = "what istioctl makes of a stage" if held else "the overlay that the render plugin reads"
    return Finding(
        kind="delivery",
        turn=Turn.ADDED if added else Turn.REMOVED,
        risk=Risk.LOW,
        what=f"{what} {'stands in the tree now' if added else 'stands in the tree no more'}",
        why="the IstioOperator says what it is; `mcgen build --check` with istioctl compares them"
        if added and held
        else "",
        covers=((),),
    )


def _of_a_switch(file: str, context: Context) -> bool:
    folder, _, name = file.rpartition("/")
    if folder == layout.base(stages.BASE):
        return _held(context.old) is not _held(context.new)
    source = layout.rendered_from(folder)
    if source == folder and name != layout.KUSTOMIZATION:
        return False
    ways = {_form(side, source) for side in (context.old, context.new)}
    return len(ways) == 2 and "" not in ways


def _held(side: Side) -> bool:
    return f"{layout.base(stages.BASE)}/{layout.KUSTOMIZATION}" in side.paths


def _form(side: Side, source: str) -> str:
    """Return how a stage is delivered, told by where its kustomization is; that of a gate lies in the same place."""
    places = ((layout.manifests(source), MANIFESTS), (layout.gate(source), HELM), (source, PLUGIN))
    found = (way for folder, way in places if f"{folder}/{layout.KUSTOMIZATION}" in side.paths)
    return next(found, HELM if f"{source}/{layout.ISTIO_OPERATOR}" in side.paths else "")
