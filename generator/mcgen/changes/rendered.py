"""What will reach the clusters on both sides: stages that differ, rendered as Argo CD renders them."""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgen import istioctl, layout, proc, reread, stages
from mcgen.changes import renderers
from mcgen.changes.context import Context
from mcgen.changes.documents import Delta, documents_of
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.manifests.setup_plugin import COMMAND
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.changes.documents import Key
    from mcgen.changes.trees import Side, Trees
    from mcgen.tree import Data

_BASES = "bases/"
_FOLDER = re.compile(
    r"(clusters/[^/]+/(?:remote-secrets/[^/]+|(?!argocd/|remote-secrets/)[^/]+))(?:/manifests)?/kustomization\.yaml"
)
# What mcgen writes. Others could run programs or ask the network, and a pull request may hold anything.
_FIELDS = {"apiVersion", "kind", "resources", "patches", "namePrefix"}
_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A stage of a side: its objects by key, or why there are none."""

    objects: Mapping[Key, Data]
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The objects that differ, and a finding for each stage that cannot be rendered."""

    deltas: list[Delta]
    failed: list[Finding]


def compare(trees: Trees) -> Rendering:
    """Return what differs in the objects that will reach the clusters.

    Only stages whose files differ are rendered, not those of a cluster that comes or goes, and none that no chain
    lists. Raises ToolError where kustomize, or istioctl of a stage's Istio minor, is missing.
    """
    context = Context(trees)
    folders = _differ(context)
    before, after = (_render(side, [f for f in folders if _place(side, f)]) for side in _sides(context))
    deltas: list[Delta] = []
    failed: list[Finding] = []
    for folder in folders:
        old, new = (
            side.get(folder, _CHARTED if _is_charted(tree, folder) else _NOTHING)
            for side, tree in zip((before, after), _sides(context), strict=True)
        )
        if failures := [side for side in (old, new) if side.failure]:
            failed.append(_failure(folder, failures[-1], context))
        else:
            deltas += _deltas(folder, old, new, context)
    return Rendering(deltas=deltas, failed=failed)


_NOTHING = Rendered(objects={})
_CHARTED = Rendered(objects={}, failure="Argo CD makes it of a chart of Istio, which is not fetched here")


def _is_charted(side: Side, stage: str) -> bool:
    return f"{stage}/{layout.ISTIO_OPERATOR}" in side.paths and not _place(side, stage)


def _sides(context: Context) -> tuple[Side, Side]:
    return context.old, context.new


def _kustomization(folder: str) -> str:
    return f"{folder}/{layout.KUSTOMIZATION}"


def _place(side: Side, stage: str) -> str:
    """Return the folder from which Argo CD applies a stage: where the tree holds its objects, one below."""
    held = layout.manifests(stage)
    return next((folder for folder in (held, stage) if _kustomization(folder) in side.paths), "")


def _differ(context: Context) -> list[str]:
    changed = set(context.changed)
    bases = {posixpath.dirname(path) for path in changed if path.startswith(_BASES)}
    found: set[str] = set()
    for side in _sides(context):
        folders = sorted({match[1] for path in side.paths if (match := _FOLDER.fullmatch(path))})
        folders = [folder for folder in folders if not context.whole(f"{folder}/") and _listed(folder, context)]
        found |= {folder for folder in folders if any(path.startswith(f"{folder}/") for path in changed)}
        if bases:
            reach = _Reach(side)
            found |= {folder for folder in folders if bases & reach.of(_place(side, folder))}
    return sorted(found)


def _listed(folder: str, context: Context) -> bool:
    """Return whether a chain lists the stage, before or after: what is withheld reaches no cluster."""
    _, cluster, stage, *remote = folder.split("/")
    name = stages.BY_NAME.get(stages.REMOTE_SECRET if remote else stage)
    if name is None:
        return False
    path = layout.application(remote[0] if remote else cluster, name.wave, name.name)
    return any(path in side.paths for side in _sides(context))


class _Reach:
    """The folders that an overlay takes in, itself among them."""

    def __init__(self, side: Side) -> None:
        wanted = [path for path in side.paths if path.endswith(f"/{layout.KUSTOMIZATION}")]
        self._raw = side.read(wanted)
        self._known: dict[str, frozenset[str]] = {}

    def of(self, folder: str) -> frozenset[str]:
        if folder not in self._known:
            self._known[folder] = frozenset((folder,))
            below = (posixpath.normpath(f"{folder}/{entry}") for entry in self._resources(folder))
            reached = (self.of(path) for path in below if _kustomization(path) in self._raw)
            self._known[folder] = frozenset((folder,)).union(*reached)
        return self._known[folder]

    def _resources(self, folder: str) -> list[str]:
        found = documents_of(_kustomization(folder), self._raw.get(_kustomization(folder)))
        entries = [entry for document in (found or {}).values() for entry in document.get("resources") or []]
        return [entry for entry in entries if isinstance(entry, str)]


def _render(side: Side, folders: list[str]) -> dict[str, Rendered]:
    if not folders:
        return {}
    for name in ("kustomize", "istioctl"):
        if shutil.which(name) is None:
            raise ToolError(f"'{name}' is not there: --rendered needs it on PATH")
    starts = (_BASES, *(f"{folder}/" for folder in folders))
    files = side.read([path for path in side.paths if path.startswith(starts)])
    with tempfile.TemporaryDirectory(prefix="mcgen-") as temporary:
        root = Path(temporary) / "tree"
        minors = {folder: renderers.minor(_place(side, folder), files) for folder in folders}
        environments = renderers.environments(minors.values(), Path(temporary))
        for path, raw in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            made = pool.map(
                lambda folder: _stage(root, _place(side, folder), files, environments[minors[folder]]), folders
            )
            return dict(zip(folders, made, strict=True))


def _stage(root: Path, folder: str, files: Mapping[str, bytes], environment: dict[str, str]) -> Rendered:
    if odd := next(_odd(folder, files, set()), ""):
        return Rendered(objects={}, failure=odd)
    plugin = f"{folder}/{layout.ISTIO_OPERATOR}" in files
    argv = list(COMMAND) if plugin else ["kustomize", "build", "."]
    done = proc.run(argv, timeout=_SECONDS, cwd=root / folder, env=environment)
    if done.code:
        return Rendered(objects={}, failure=done.words)
    found = documents_of(f"{folder}/{layout.ISTIO_OPERATOR}", done.stdout, empty=True)
    if found is None:
        return Rendered(objects={}, failure="what comes out is no YAML")
    return Rendered(objects={key: _unfolded(istioctl.plain(document)) for key, document in found.items()})


def _odd(folder: str, files: Mapping[str, bytes], seen: set[str]) -> Iterator[str]:
    """Yield what keeps a folder from being rendered safely."""
    seen.add(folder)
    found = documents_of(_kustomization(folder), files.get(_kustomization(folder)))
    for document in (found or {}).values():
        if fields := sorted(str(field) for field in document if field not in _FIELDS):
            yield f"{_kustomization(folder)} has fields that mcgen does not write: {', '.join(fields)}"
        for entry in document.get("resources") or []:
            path = posixpath.normpath(f"{folder}/{entry}")
            if _kustomization(path) in files:
                yield from () if path in seen else _odd(path, files, seen)
            elif path not in files:
                yield f"{_kustomization(folder)} takes in {entry}, which is not in the tree"
    if not found:
        yield f"{_kustomization(folder)} cannot be read"


def _unfolded(document: Data) -> Data:
    """Return an object, the YAML and JSON in a ConfigMap read, so that its fields are compared and not its lines."""
    if document.get("kind") != "ConfigMap" or not isinstance(document.get("data"), dict):
        return document
    return {**document, "data": {key: _data(value) for key, value in document["data"].items()}}


def _data(value: Any) -> Any:
    try:
        found = reread.document(value) if isinstance(value, str) else value
    except reread.Unreadable:
        return value
    return found if isinstance(found, dict) else value


def _deltas(folder: str, old: Rendered, new: Rendered, context: Context) -> Iterator[Delta]:
    file, clusters = _kustomization(folder), context.touched(f"{folder}/")
    for key in [*old.objects, *(key for key in new.objects if key not in old.objects)]:
        before, after = old.objects.get(key), new.objects.get(key)
        if before != after:
            yield Delta(files=(file,), key=key, old=before, new=after, clusters=clusters)


def _failure(folder: str, failed: Rendered, context: Context) -> Finding:
    return Finding(
        kind="rendered",
        turn=Turn.CHANGED,
        risk=Risk.HIGH,
        what=f"stage {quote(folder.split('/')[2])} cannot be rendered: {quote(failed.failure)}",
        why="Argo CD may not be able to either, or makes of it what mcgen cannot see",
        files=(_kustomization(folder),),
        clusters=context.touched(f"{folder}/"),
        rendered=True,
    )
