"""Bringing the output folder to the tree: what a build would change is planned first, and then applied."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen import __version__, locks
from mcgen.disk import STATE, UNFINISHED, Folders, Found, failure, look, open_root, writer
from mcgen.layout import MANIFEST
from mcgen.manifest import EMPTY, Manifest, damaged, digests, parse, unusable
from mcgen.problems import Pos, Problem, ProblemsFound, ToolError, has_errors
from mcgen.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mcgen.disk import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a build would do to the output folder; paths are relative to it, and sorted.

    tree, inputs: what the files shall be. force: whether it replaces what is not mcgen's. created, changed, deleted,
    unchanged: the manifest is among them. cleared: empty folders in a file's way. before, raw: the manifest found.
    """

    out: Path
    tree: Mapping[str, bytes]
    inputs: Mapping[str, bytes]
    manifest: Manifest
    force: bool
    before: Manifest = EMPTY
    raw: bytes | None = None
    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def up_to_date(self) -> bool:
        """Return whether there is nothing to do."""
        return not (self.created or self.changed or self.deleted)

    def lines(self) -> list[str]:
        """Return `+ path`, `~ path` and `- path` for what would be created, changed and deleted, by path."""
        signs = {"+": self.created, "~": self.changed, "-": self.deleted}
        marked = sorted((path, sign) for sign, paths in signs.items() for path in paths)
        return [f"{sign} {path}" for path, sign in marked]

    def summary(self, *, done: bool = True) -> str:
        """Return the four counts in words, of what was done or of what is to be done."""
        counts = (self.created, self.changed, self.deleted, self.unchanged)
        words = ("created", "changed", "deleted") if done else ("to create", "to change", "to delete")
        return ", ".join(f"{len(paths)} {word}" for paths, word in zip(counts, (*words, "unchanged"), strict=True))


def load_manifest(out: Path) -> tuple[Manifest, list[Problem]]:
    """Return the manifest of an output folder, empty where there is none, and what is wrong with it.

    Raises ToolError when it cannot be read.
    """
    with _opened(out) as (folders, problems):
        if folders is None:
            return EMPTY, problems
        raw, problems = _manifest(out, folders)
        return (EMPTY, problems) if raw is None else parse(raw, str(out / MANIFEST))


def plan(out: Path, tree: Mapping[str, bytes], inputs: Mapping[str, bytes], *, mesh: str, force: bool = False) -> Plan:
    """Return what would make the output folder hold the tree and its inputs; nothing is written.

    force: replace what a person changed and foreign files in the way. Raises ToolError when the folder cannot
    be read, or another mcgen is writing to it.
    """
    new = Manifest(generator=__version__, blueprint=mesh, files=digests(tree), inputs=digests(inputs))
    blank = Plan(out=out, tree=tree, inputs=inputs, manifest=new, force=force)
    if problems := _misplaced(out, tree, inputs):
        return replace(blank, problems=tuple(problems))
    with _opened(out) as (folders, problems):
        if folders is None:
            created = () if problems else tuple(sorted([*tree, *inputs, MANIFEST]))
            return replace(blank, created=created, problems=tuple(problems))
        locks.take(folders.open(""), out, shared=True)
        return _survey(blank, folders)


def _survey(blank: Plan, folders: Folders) -> Plan:
    out, new = blank.out, blank.manifest
    raw, problems = _manifest(out, folders)
    intact = raw == new.to_bytes()
    old = new if intact else EMPTY
    if raw is not None and not intact:
        old, problems = parse(raw, str(out / MANIFEST))
    if old.blueprint not in {"", new.blueprint}:
        problems.append(_other_mesh(out, old.blueprint, new.blueprint))
    if has_errors(problems):
        return replace(blank, problems=tuple(problems))
    # A conflict is all that a manifest may have without being refused.
    survey = Survey(out, folders, old, merged=bool(problems), force=blank.force)
    wanted = {**blank.tree, **blank.inputs}
    survey.prune(wanted)
    survey.compare(wanted, blank.inputs)
    (survey.created if raw is None else survey.unchanged if intact else survey.changed).append(MANIFEST)
    if survey.stands(UNFINISHED):
        survey.deleted.add(UNFINISHED)
    return replace(
        blank,
        before=old.also(survey.accepted),
        raw=raw,
        created=tuple(sorted(survey.created)),
        changed=tuple(sorted(survey.changed)),
        deleted=tuple(sorted(survey.deleted)),
        unchanged=tuple(sorted(survey.unchanged)),
        cleared=tuple(sorted(survey.cleared)),
        problems=tuple(problems + survey.problems),
    )


def apply(plan: Plan) -> None:
    """Do what the plan says; raise ProblemsFound when it has errors or is overtaken, ToolError when the system refuses.

    Each file is replaced as a whole. Stopped anywhere, it leaves files that are old or new, and a manifest that
    owns both, so that the next build completes and prunes them.
    """
    if has_errors(plan.problems):
        raise ProblemsFound(plan.problems)
    if plan.up_to_date:
        return
    with writer(plan.out) as (disk, folders):
        if _manifest(plan.out, folders)[0] != plan.raw:
            raise ToolError(f"another mcgen has written to '{plan.out}' meanwhile: run the command again")
        _look_again(plan, folders)
        _carry_out(plan, disk)


def _look_again(plan: Plan, folders: Folders) -> None:
    """Raise ProblemsFound when somebody changed since the plan what it would replace or remove."""
    wanted = {**plan.tree, **plan.inputs}
    # Into a tree that is made for the first time nobody writes yet, and it has the most folders.
    created = plan.created if plan.raw is not None else ()
    touched = {path: wanted[path] for path in (*created, *plan.changed) if path != MANIFEST}
    survey = Survey(plan.out, folders, plan.before, merged=False, force=plan.force)
    survey.prune(wanted)
    survey.compare(touched, plan.inputs)
    if has_errors(survey.problems):
        raise ProblemsFound(survey.problems)


def _carry_out(plan: Plan, disk: Writer) -> None:
    during = plan.manifest.after(plan.before).to_bytes()
    if during != plan.raw:
        disk.write(MANIFEST, during)
    written = {*plan.created, *plan.changed} - {MANIFEST}
    parents = _folders_of(written)
    # Deletions come last, but for what stands where a folder must be, or in a folder where a file must be.
    first = [path for path in plan.deleted if path in parents or not written.isdisjoint(_folders_of([path]))]
    for path in first:
        disk.remove(path)
    for folder in reversed(plan.cleared):
        disk.remove_folder(folder)
    for path in sorted(written & plan.inputs.keys()) + sorted(written - plan.inputs.keys()):
        disk.write(path, plan.inputs[path] if path in plan.inputs else plan.tree[path])
    for path in sorted(set(plan.deleted).difference(first)):
        disk.remove(path)
    kept = _folders_of([*plan.tree, *plan.inputs, MANIFEST])
    for folder in sorted(_folders_of(plan.before.files) - kept, reverse=True):
        disk.remove_folder(folder)
    final = plan.manifest.to_bytes()
    if final != during:
        disk.write(MANIFEST, final)


def _folders_of(paths: Iterable[str]) -> set[str]:
    """Return every folder that the paths lie in."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


@contextmanager
def _opened(out: Path) -> Iterator[tuple[Folders | None, list[Problem]]]:
    """Yield the output folder, None where there is none, and what stands in its place."""
    if _is_top(out):
        yield None, [_top(out)]
        return
    try:
        root = open_root(out)
    except FileNotFoundError:
        yield None, []
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
            raise failure("read", out, error) from error
        yield None, [_no_folder(out)]
    else:
        with Folders(root) as folders:
            yield folders, []


def _manifest(out: Path, folders: Folders) -> tuple[bytes | None, list[Problem]]:
    """Return the bytes of the manifest, None where there is none."""
    file = out / MANIFEST
    try:
        found = look(folders.open(STATE), file.name)
    except FileNotFoundError:
        return None, []
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ELOOP}:
            raise failure("read", file, error) from error
        return None, [_no_state(file.parent)]
    if found is Found.NOTHING:
        return None, []
    if isinstance(found, Found):
        return None, [damaged(str(file), "the manifest is a link or a folder, and no file")]
    return found, []


def _misplaced(out: Path, tree: Mapping[str, bytes], inputs: Mapping[str, bytes]) -> list[Problem]:
    """Return the problems of paths that cannot be files of one tree; the last defence against hostile names."""
    paths = [*tree, *inputs]
    reserved = {MANIFEST, UNFINISHED, STATE}.intersection(paths)
    reasons = [(path, "is no path of a tree") for path in [*unusable(paths), *reserved]]
    reasons += [(path, "is both a file and a folder") for path in _folders_of(paths).intersection(paths)]
    reasons += [(path, "is both generated and an input") for path in tree.keys() & inputs.keys()]
    advice = "rename what the path is made of in the blueprint; paths stay inside the output folder"
    pos = Pos(file=str(out))
    return [Problem(code="MC601", message=f"{path!r} {why}", pos=pos, advice=advice) for path, why in reasons]


def _is_top(out: Path) -> bool:
    """Return whether a folder is the root of the file system, whatever it is called."""
    real = os.path.realpath(out)
    return real == os.path.dirname(real)  # noqa: PTH120 - of the text alone


def _top(out: Path) -> Problem:
    message = "the output folder is the root of the file system, and a tree would lie among what is the machine's"
    advice = "name a folder of its own with -o"
    return Problem(code="MC604", message=message, pos=Pos(file=str(out)), advice=advice)


def _no_folder(out: Path) -> Problem:
    if out.is_symlink():
        message = "the output folder is a symbolic link"
        advice = "name the folder that it points to"
    else:
        message = "the output folder is a file, or lies in one"
        advice = "name another folder with -o, or move the file away"
    return Problem(code="MC604", message=message, pos=Pos(file=str(out)), advice=advice)


def _no_state(folder: Path) -> Problem:
    message = "is a link or a file, where mcgen keeps its manifest"
    return Problem(code="MC605", message=message, pos=Pos(file=str(folder)), advice="remove it; mcgen follows no link")


def _other_mesh(out: Path, name: str, mesh: str) -> Problem:
    return Problem(
        code="MC606",
        message=f"the output folder belongs to the mesh {name!r}, and this blueprint is {mesh!r}",
        pos=Pos(file=str(out)),
        advice="name another folder with -o; to rename a mesh, build it into a new folder and remove the old one",
    )
