"""Checks a tree as it lies in a folder: what was built, and whether it still is."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from mcgen import disk, layout, reread, sealed, stages, store, validators
from mcgen.backends import external_secrets
from mcgen.manifest import digest
from mcgen.order import OrderProof, order_problems
from mcgen.problems import Pos, Problem, Severity, UsageError, has_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from mcgen.manifest import Manifest

_FEW = 3
_JUDGES: Final[dict[str, Callable[[Any, str], Iterator[str]]]] = {
    layout.SEALED_SECRET: sealed.differences,
    layout.EXTERNAL_SECRET: external_secrets.differences,
}
# Where the tree says a cluster's ID: where a remote's proxies ask for their injection, and among a primary's values.
_CLUSTER: Final = re.compile(r"/inject/cluster/([^/]+)/net/|'clusterName': '([^']+)'")

_TAKES_OVER = {"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml"}


def tree(folder: Path, validator: str, watch: Callable[[int], None] = lambda _: None) -> list[Problem]:
    """Return what is wrong with a built tree: its files, its documents, its order.

    watch: told how many files were judged.
    Raises UsageError when the folder is no tree of mcgen, ToolError when it cannot be read.
    """
    if not (folder / layout.MANIFEST).exists():
        raise UsageError(f"'{folder}' is no tree that mcgen built: {layout.MANIFEST} is not there{_below(folder)}")
    manifest, problems = store.load_manifest(folder)
    if has_errors(problems):
        return problems
    contents = {path: disk.content(folder / path) for path in sorted(manifest.files | manifest.inputs)}
    problems += [
        *_changed(folder, manifest, contents),
        *foreign(folder, manifest.files),
        *overriding(folder, manifest.files),
    ]
    choice = validators.choose(validator)
    problems += _documents(folder, {path: raw for path, raw in contents.items() if raw is not None}, choice, watch)
    return problems


def _below(folder: Path) -> str:
    """Return a hint at the trees in a folder of trees."""
    try:
        trees = [f"'{path.parent.parent}'" for path in sorted(folder.glob(f"*/{layout.MANIFEST}"))]
    except OSError:
        return ""
    more = f" and {len(trees) - _FEW} more" if len(trees) > _FEW else ""
    return f"; did you mean {' or '.join(trees[:_FEW])}{more}?" if trees else ""


def _changed(folder: Path, manifest: Manifest, contents: dict[str, bytes | None]) -> Iterator[Problem]:
    for path, wanted in sorted((manifest.files | manifest.inputs).items()):
        raw = contents[path]
        if raw is not None and digest(raw) == wanted:
            continue
        # Several digests: a build or a merge has not come to its end.
        there = os.path.lexists(folder / path)
        gone = "is no regular file" if there else "is missing"
        what = "is half built" if " " in wanted else gone if raw is None else "was changed after it was built"
        advice = "restore it (`git checkout`) and build again"
        if path in manifest.files:
            advice = "build the tree again"
            if raw is not None and " " not in wanted:
                advice += ", with --force if the change is to be thrown away, or put it into the blueprint first"
        yield Problem(code="MC650", message=f"{path} {what}", pos=Pos(file=str(folder / path)), advice=advice)


def foreign(folder: Path, owned: Collection[str], severity: Severity = Severity.ERROR) -> Iterator[Problem]:
    """Yield the files of others in folders that Argo CD applies as a whole, without a kustomization."""
    chains = (layout.chain(cluster) for cluster in _names(folder / "clusters"))
    for place in (layout.APPLICATION_SETS, *chains):
        for name in _names(folder / place):
            if (path := f"{place}/{name}") not in owned:
                yield _not_ours(folder, path, "Argo CD would apply it with the rest of its folder", severity)


def overriding(folder: Path, owned: Collection[str]) -> Iterator[Problem]:
    """Yield the files of others by which Argo CD or Kustomize takes a folder for something else than its own files say.

    Argo CD merges .argocd-source.yaml and .argocd-source-APPLICATION.yaml of a source's folder over the Application
    (reposerver/repository/repository.go); Kustomize reads its file under three names, and a Chart.yaml makes a chart.
    """
    places = sorted({path.rpartition("/")[0] for path in owned if path.startswith(("clusters/", "bases/"))})
    for place in places:
        for name in _names(folder / place):
            path = f"{place}/{name}"
            if path not in owned and (name.startswith(".argocd-source") or name in _TAKES_OVER):
                yield _not_ours(folder, path, "changes what Argo CD applies of its folder")


def _not_ours(folder: Path, path: str, effect: str, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(
        code="MC653",
        message=f"{path} is not part of the tree, and {effect}",
        pos=Pos(file=str(folder / path)),
        advice="take it out of this folder",
        severity=severity,
    )


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - a fleet has thousands of files there
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []


def _documents(
    folder: Path, contents: dict[str, bytes], choice: validators.Choice, watch: Callable[[int], None]
) -> Iterator[Problem]:
    proof = OrderProof()
    findings: list[validators.Finding] = []
    check = validators.checker(choice)
    read: dict[str, list[Any]] = {}
    for number, (path, raw) in enumerate(contents.items(), 1):
        watch(number)
        if not path.endswith(".yaml") or path == layout.FACTS:
            proof.add(path, ())
            continue
        try:
            documents = reread.documents(raw)
        except reread.Unreadable as error:
            message = f"{path} cannot be read as YAML: {error.problem}"
            where = Pos(file=str(folder / path), line=error.line)
            yield Problem(code=validators.UNREADABLE, message=message, pos=where)
            continue
        if layout.is_object_file(path):
            findings += check(documents, path)
        proof.add(path, documents)
        read[path] = documents
    yield from _sealed(folder, read)
    if choice.kubeconform:
        from mcgen.validators import kubeconform

        findings += kubeconform.check((i for i in contents.items() if layout.is_object_file(i[0])), choice.kubeconform)
    yield from validators.problems(findings, lambda path: Pos(file=str(folder / path)))
    yield from order_problems(proof.finish(), lambda path: Pos(file=str(folder / path)))


def _sealed(folder: Path, read: dict[str, list[Any]]) -> Iterator[Problem]:
    """Yield what is wrong with remote secrets, should somebody have swapped them and told the manifest so."""
    sealing = "seal for this cluster again; a file of another cluster or name is of no use"
    found = {path: documents[0] for path, documents in read.items() if layout.is_sealed_secret(path) and documents}
    several = [path for path in found if len(read[path]) != 1]
    messages = [
        *_misfits(read),
        *((path, f"it holds {len(read[path])} documents instead of one") for path in several),
        *sealed.copied(found, found),
    ]
    for path, message in messages:
        advice = "build the tree again" if path.endswith(layout.EXTERNAL_SECRET) else sealing
        yield Problem(code="MC235", message=f"{path}: {message}", pos=Pos(file=str(folder / path)), advice=advice)


def _misfits(read: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """Yield (path, message) of remote secrets that are not those of the cluster of their folder, and of sealed CAs."""
    for path, documents in read.items():
        if path.endswith(f"/{stages.TRUST}/{layout.SEALED_SECRET}"):
            for document in documents:
                yield from ((path, message) for message in sealed.authority_differences(document))
        judge = _JUDGES.get(path.rpartition("/")[2])
        if judge is None or "/remote-secrets/" not in path:
            continue
        _, _, rest = path.partition("/remote-secrets/")
        remote = rest.partition("/")[0]
        # During an upgrade there may be two control planes, and both say the same of the cluster.
        control_plane = layout.overlay(remote, stages.CONTROL_PLANE, None)
        found = _CLUSTER.search(str([each for at, each in read.items() if at.startswith(control_plane)]))
        if not found:
            # Of a cluster that has left, the file may lie here still; nothing applies it.
            continue
        for document in documents:
            yield from ((path, message) for message in judge(document, found[1] or found[2]))
