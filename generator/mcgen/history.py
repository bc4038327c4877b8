"""Compares a tree with what it was at a Git revision: changes that a running mesh does not survive."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcgen import disk, layout, manifest, phases, reread, roots, sealed
from mcgen import revision as git
from mcgen.lifecycle import revisions, steps, tree
from mcgen.problems import Pos, Problem, Severity, ToolError, has_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

# What identities are made of: (stage, path in its IstioOperator, what breaks).
_FIXED = (
    (("meshConfig", "trustDomain"), "every workload's identity changes at once, and policies and mutual TLS with it"),
    (("values", "global", "meshID"), "the proxies that run belong to the old mesh"),
    (("values", "global", "multiCluster", "clusterName"), "the remote secrets name the old cluster"),
    (
        ("values", "istiodRemote", "injectionPath"),
        "new proxies join under another cluster or network than the old ones",
    ),
    (("values", "global", "network"), "endpoints are looked for on the wrong network until every pod was restarted"),
)


def compare(folder: Path, revision: str, forget: Collection[str] = ()) -> list[Problem]:
    """Return the steps from a revision to the tree in a folder that cannot be taken in one commit.

    forget: clusters that may go although what they have stays behind.
    Raises ToolError when Git cannot show the folder at that revision.
    """
    old = _manifest_at(folder, revision)
    if old is None:
        return []
    new, problems = manifest.parse(_content(folder, layout.MANIFEST), str(folder / layout.MANIFEST))
    if has_errors(problems):
        # Whoever checks the tree says so.
        return []
    sets = (
        [git.show(folder, revision, path) for path in tree.sets(old)],
        list(tree.contents(folder, new)),
    )
    there, here = (tree.states(raw) for raw in sets)
    operators = (
        _operators(old, lambda path: git.show(folder, revision, path)),
        _operators(new, lambda path: _content(folder, path)),
    )
    upgrade = [(tree.upgrade_in(raw), specs) for raw, specs in zip(sets, operators, strict=True)]
    return [
        *steps.compare(folder, (old, there), (new, here), forget),
        *revisions.compare(folder, upgrade[0], upgrade[1], remotes=tree.has_remotes(new), leaving=there != here),
        *_withheld(folder, old, new, here),
        *_identities(folder, revision, old, new),
        *_sealing_keys(folder, revision, old, new),
        *_roots(folder, revision, old, new),
        *_swapped(folder, revision, old, new),
    ]


def closed_again(out: Path, new: manifest.Manifest, states: Mapping[str, str]) -> list[Problem]:
    """Return a warning for every stage that the last commit has in its chain and a tree built from nothing has not.

    Whoever deletes a tree deletes the sealed secrets and facts in it, which open the gates. Where there is no Git, or
    no commit of this tree, there is nothing to say. states: how far clusters have left.
    """
    file = out.absolute() / layout.MANIFEST
    here = next(parent for parent in file.parents[1:] if parent.is_dir())
    path = file.relative_to(here).as_posix()
    try:
        old, _ = manifest.parse(git.show(here, "HEAD", path), path)
    except ToolError:
        return []
    advice = "restore what lies in it, `git checkout HEAD -- .` in the tree, and build again"
    return [replace(each, severity=Severity.WARNING, advice=advice) for each in _withheld(out, old, new, states)]


def _withheld(
    folder: Path, old: manifest.Manifest, new: manifest.Manifest, states: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield the Applications that are no longer in their chain although their stage is still in the tree.

    states: how far clusters have left; a sealed file, with what is around it, outlives its stage.
    """
    for path in sorted(set(old.files) - set(new.files)):
        found = steps.APPLICATION.fullmatch(path)
        if not found or f"{layout.overlay(found[1], found[2], None)}/{layout.KUSTOMIZATION}" not in new.files:
            continue
        if found[2] in phases.gone(states.get(found[1], phases.MEMBER)):
            continue
        yield Problem(
            code="MC651",
            message=f"{path} was listed before: without it Argo CD lets go of a stage that is running",
            pos=Pos(file=str(folder / layout.chain(found[1]))),
            advice="restore the fact or the sealed secret that opened its gate, and build again",
        )


def _identities(folder: Path, revision: str, old: manifest.Manifest, new: manifest.Manifest) -> Iterator[Problem]:
    for path in sorted(set(old.files) & set(new.files)):
        if not revisions.CONTROL_PLANE.fullmatch(path):
            continue
        if old.files[path] == new.files[path]:
            continue
        before, after = _operator(git.show(folder, revision, path)), _operator(_content(folder, path))
        for keys, consequence in _FIXED:
            was, now = _get(before, keys), _get(after, keys)
            if was is not None and was != now:
                yield Problem(
                    code="MC652",
                    message=f'{".".join(keys)} changes from "{was}" to "{now}": {consequence}',
                    pos=Pos(file=str(folder / path)),
                    advice="keep the old value; a new one needs a new mesh or cluster beside the old",
                )


def _swapped(folder: Path, revision: str, old: manifest.Manifest, new: manifest.Manifest) -> Iterator[Problem]:
    """Yield the sealed secrets that hold what was sealed for another file at the revision."""
    changed = [path for path in new.inputs if old.inputs.get(path) != new.inputs[path]]
    here = [path for path in changed if layout.is_sealed_secret(path) and (folder / path).is_file()]
    if not here:
        return
    ids = {path: name for path, name in git.blobs(folder, revision).items() if layout.is_sealed_secret(path)}
    now = {path: _document(_content(folder, path)) for path in here}
    before = {path: _document(raw) for path, raw in git.contents(folder, ids).items()}
    for path, message in sealed.copied(now, before):
        yield Problem(
            code="MC235",
            message=f"{path}: at {revision}, {message}",
            pos=Pos(file=str(folder / path)),
            advice="restore the file (`git checkout`), or seal for this cluster again",
        )


def _roots(folder: Path, revision: str, old: manifest.Manifest, new: manifest.Manifest) -> Iterator[Problem]:
    """Yield the primaries whose workloads would not trust each other while one is at the revision and one is not."""
    names = sorted(set(tree.clusters(old)) | set(tree.clusters(new)))
    paths = {name: layout.sealed_authority(name) for name in names}
    before = {n: roots.of(_document(git.show(folder, revision, p))) for n, p in paths.items() if p in old.inputs}
    here = {n: p for n, p in paths.items() if p in new.inputs and (folder / p).is_file()}
    after = {n: roots.of(_document(_content(folder, p))) for n, p in here.items()}
    for name, other, root in roots.distrust(before, after):
        yield Problem(
            code="MC667",
            message=f"workloads of {name} are under the root {root} before or after this commit, and {other} does not "
            "trust it both before and after",
            pos=Pos(file=str(folder / paths[other])),
            advice="take the steps of trust.rotation, one in each commit: both, switched, and then without the line",
        )


def _sealing_keys(folder: Path, revision: str, old: manifest.Manifest, new: manifest.Manifest) -> Iterator[Problem]:
    """Yield a warning when the controller with the sealing keys leaves its namespace, and the keys do not."""
    path = layout.SEALED_SECRETS_CONTROLLER
    if path not in old.files or old.files[path] == new.files.get(path):
        return
    was = _namespace(git.show(folder, revision, path))
    now = _namespace(_content(folder, path)) if path in new.files else None
    if was != now:
        where = f'moves from namespace "{was}" to "{now}"' if now else f'leaves namespace "{was}"'
        yield Problem(
            code="MC654",
            message=f"the sealed-secrets controller {where}, and its sealing keys stay behind: "
            "no sealed file can be opened without them",
            pos=Pos(file=str(folder / path)),
            advice=f"copy the keys first, as {layout.RUNBOOK} says, and only then let anybody confirm that "
            "the old namespace is deleted",
            severity=Severity.WARNING,
        )


def _content(folder: Path, path: str) -> bytes:
    """Return what is in a file, nothing where there is none: whoever checks the tree says so."""
    return disk.content(folder / path) or b""


def _namespace(raw: bytes) -> Any:
    return _get(_document(raw), ("metadata", "namespace"))


def _operators(found: manifest.Manifest, read: Callable[[str], bytes]) -> dict[str, Any]:
    """Return the specs of the control planes of a tree, by their paths."""
    paths = [path for path in sorted(found.files) if revisions.CONTROL_PLANE.fullmatch(path)]
    return {path: spec for path in paths if isinstance(spec := _operator(read(path)), dict)}


def _manifest_at(folder: Path, revision: str) -> manifest.Manifest | None:
    """Return the manifest at a revision, None when the tree was not there yet."""
    git.check(folder, revision)
    if not git.has(folder, revision, layout.MANIFEST):
        return None
    raw = git.show(folder, revision, layout.MANIFEST)
    return manifest.parse(raw, f"{revision}:{layout.MANIFEST}")[0]


def _operator(raw: bytes) -> Any:
    document = _document(raw)
    return document.get("spec") if isinstance(document, dict) else None


def _document(raw: bytes) -> Any:
    """Return the first document of a file; None when there is none that can be read, which others say."""
    try:
        return reread.document(raw)
    except reread.Unreadable:
        return None


def _get(data: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
