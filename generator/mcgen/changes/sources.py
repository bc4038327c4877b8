"""Where trees come from: folders, Git revisions, and a blueprint. All the reading that a comparison does."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from mcgen import layout, revision, store
from mcgen.changes.trees import Side, Trees, in_memory, read_manifest, wanted_contents
from mcgen.problems import ProblemsFound, ToolError, UsageError, has_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from mcgen.changes.trees import Read
    from mcgen.manifest import Manifest
    from mcgen.prepare import Prepared


def folders(old: Path, new: Path, *, verify: bool = False) -> Trees:
    """Return two trees that lie in folders. Files with the same digest in both manifests are not read.

    verify: read them all the same, and believe no manifest. Raises UsageError when a folder is no tree, ProblemsFound
    when its manifest cannot be read, ToolError when a file cannot.
    """
    manifests = [_manifest(folder) for folder in (old, new)]
    listed = [{**manifest.files, **manifest.inputs, layout.MANIFEST: ""} for manifest in manifests]
    there = [_files(folder) for folder in (old, new)]
    paths = there[0] | there[1]
    if verify:
        known: dict[str, str] = {}
    else:
        both = listed[0].keys() & listed[1].keys() & there[0] & there[1] - {layout.MANIFEST}
        known = {path: listed[0][path] for path in both if listed[0][path] == listed[1][path]}
    changed = {path for path in paths if path not in known}
    wanted = wanted_contents(changed, paths)
    before, after = (_read(folder, wanted & has) for folder, has in zip((old, new), there, strict=True))
    return Trees(
        old=Side(paths=frozenset(there[0]), contents=before, read=partial(_read, old), manifest=manifests[0]),
        new=Side(paths=frozenset(there[1]), contents=after, read=partial(_read, new), manifest=manifests[1]),
    )


def revisions(folder: Path, old: str, new: str | None) -> Trees:
    """Return a folder at a Git revision and at another one, or as it lies there now. No manifest is believed.

    It may be gone, on either side.

    Raises UsageError when there is no tree on either side, ToolError when Git cannot show it.
    """
    revision.check(folder, old)
    before = revision.blobs(folder, old)
    if new is None:
        differ, there = _lying(folder, old, before)
        wanted = wanted_contents(differ, there | before.keys())
        contents = _read(folder, wanted & there)
        raw = _read(folder, {layout.MANIFEST} & there).get(layout.MANIFEST)
        read: Read = partial(_read, folder)
    else:
        revision.check(folder, new)
        after = revision.blobs(folder, new)
        there = set(after)
        differ = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        wanted = wanted_contents(differ, before.keys() | after.keys())
        contents = revision.contents(folder, {path: after[path] for path in sorted(wanted) if path in after})
        raw = _shown(folder, new, there)
        read = _in_git(folder, after)
    if layout.MANIFEST not in there | before.keys():
        raise UsageError(f"'{folder}' is no tree that mcgen built, neither at {old} nor after it")
    old_contents = revision.contents(folder, {path: before[path] for path in sorted(wanted) if path in before})
    old_manifest = read_manifest(_shown(folder, old, before))
    return Trees(
        old=Side(paths=frozenset(before), contents=old_contents, read=_in_git(folder, before), manifest=old_manifest),
        new=Side(paths=frozenset(there), contents=contents, read=read, manifest=read_manifest(raw)),
    )


def _lying(folder: Path, old: str, before: Collection[str]) -> tuple[set[str], set[str]]:
    """Return the files of a folder that are not what they were, and those that are there."""
    if not folder.is_dir():
        return {*before}, set()
    differ = revision.changed(folder, old)
    return differ, {path for path in revision.present(folder) if path not in differ or os.path.lexists(folder / path)}


def built(made: Prepared) -> Trees:
    """Return the tree in a folder and the one that a build would make of it."""
    plan = made.plan
    before = read_manifest(plan.raw)
    differ = {*plan.created, *plan.changed, *plan.deleted}
    new = {**plan.tree, **plan.inputs, layout.MANIFEST: plan.manifest.to_bytes()}
    old_paths = {*before.files, *before.inputs, *plan.changed, *plan.deleted} - {*plan.created}
    wanted = wanted_contents(differ, old_paths | new.keys())
    return Trees(
        old=Side(
            paths=frozenset(old_paths),
            contents=_read(plan.out, wanted & old_paths),
            read=partial(_read, plan.out),
            manifest=before,
        ),
        new=Side(
            paths=frozenset(new),
            contents={path: new[path] for path in sorted(wanted) if path in new},
            read=in_memory(new),
            manifest=plan.manifest,
        ),
        origins=made.origins,
        place=made.loaded.source.pos,
    )


def _manifest(folder: Path) -> Manifest:
    if not (folder / layout.MANIFEST).exists():
        raise UsageError(f"'{folder}' is no tree that mcgen built: {layout.MANIFEST} is not there")
    manifest, problems = store.load_manifest(folder)
    if has_errors(problems):
        raise ProblemsFound(problems)
    return manifest


def _shown(folder: Path, name: str, paths: Iterable[str]) -> bytes | None:
    return revision.show(folder, name, layout.MANIFEST) if layout.MANIFEST in paths else None


def _files(folder: Path) -> set[str]:
    """Return the paths of all files below a folder; what a repository keeps for itself is none of the tree."""
    found: set[str] = set()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(folder / below if below else folder) as entries:
                for entry in entries:
                    path = below + entry.name
                    if not entry.is_dir(follow_symlinks=False):
                        found.add(path)
                    elif entry.name != ".git":
                        waiting.append(f"{path}/")
        except OSError as error:
            raise ToolError(f"'{folder / below}' cannot be read: {error.strerror}") from error
    return found


def _in_git(folder: Path, blobs: Mapping[str, str]) -> Read:
    return lambda paths: revision.contents(folder, {path: blobs[path] for path in paths})


def _read(folder: Path, paths: Collection[str]) -> dict[str, bytes]:
    return {path: content for path in sorted(paths) if (content := _content(folder / path)) is not None}


def _content(path: Path) -> bytes | None:
    """Return what is in a file; of a link, where it leads, as Git has it. None for what is gone or no file."""
    try:
        if path.is_symlink():
            return os.fsencode(path.readlink())
        return path.read_bytes() if path.is_file() else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ToolError(f"'{path}' cannot be read: {error.strerror}") from error
