"""The CA of each primary: an intermediate certificate under the offline root, for that primary alone.

The key of an intermediate goes from this process through a pipe to the program that seals it or takes it to a
provider; nothing of it is written here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mcgen import roots
from mcgen.bootstrap import authority, keeping, root_folder
from mcgen.bootstrap.outcome import Outcome, State
from mcgen.bootstrap.run import Result
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Set
    from pathlib import Path

    from mcgen.bootstrap.authority import Root
    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster


class Folders(NamedTuple):
    """Where the root is kept, and during a rotation the one that follows it."""

    ca: Path
    new: Path | None = None


def run(loaded: Loaded, out: Path, folders: Folders, options: Options, again: Set[str]) -> Result:
    """Give each primary its CA that has none, or not the one that the step of a rotation asks for.

    again: those that get a new one in any case. The caller holds the tree's lock. Roots are made where there are none
    yet. Raises UsageError for a folder that is not fit for a root, and ToolError when it holds none, or another one
    than that of the CAs that there are already.
    """
    keeper, done = keeping.of(loaded, options), f"{loaded.mesh.secrets.backend.DONE} already"
    stay = [cluster for cluster in loaded.mesh.primaries if not cluster.state]
    todo = [c for c in stay if c.name in again or not _fits(loaded, c)]
    outcomes = [
        _outcome(c, State.SKIPPED, f"it leaves the mesh ('{c.state}')" if c.state else done)
        for c in loaded.mesh.primaries
        if c not in todo
    ]
    old, new = root_folder.read(folders.ca), root_folder.read(folders.new) if folders.new else None
    _compare(loaded, old, new, folders)
    if options.dry_run:
        outcomes += [_outcome(c, State.PLANNED, f"-> {keeper.planned_authority(c)}") for c in todo]
        return Result(outcomes=tuple(outcomes), notes=(), wrote=False)
    notes: list[str] = []
    wrote = False
    old = old or _make(folders.ca, loaded, notes)
    new = new or _make(folders.new, loaded, notes) if folders.new else None
    root, trusted = _step(loaded.mesh.rotation, old, new)
    for cluster in todo:
        try:
            issue = partial(authority.issue, root, loaded.mesh.name, cluster.name, authority.now(), trusted=trusted)
            kept = keeper.authority(cluster, issue)
        except ToolError as error:
            outcomes.append(_outcome(cluster, State.FAILED, str(error)))
            continue
        kept.note(out)
        wrote = True
        outcomes.append(_outcome(cluster, kept.state, kept.words))
        notes += kept.notes
    return Result(outcomes=tuple(outcomes), notes=tuple(notes), wrote=wrote)


def _fits(loaded: Loaded, cluster: Cluster) -> bool:
    return cluster.authority is not None and roots.signed(cluster.authority).fits(loaded.mesh.rotation)


def _make(folder: Path, loaded: Loaded, notes: list[str]) -> Root:
    made = root_folder.make(folder, loaded.mesh.name)
    notes.append(f"made the root {made.fingerprint} in {folder}: keep it offline, and a copy of it elsewhere")
    return made


def _step(step: str, old: Root, new: Root | None) -> tuple[Root, tuple[Root, ...]]:
    """Return under which root a step puts the CAs, and which roots they trust, the old one first."""
    if new is None:
        return old, (old,)
    return (new if step == roots.SWITCHED else old), (old, new)


def _compare(loaded: Loaded, old: Root | None, new: Root | None, folders: Folders) -> None:
    """Raise ToolError unless the CAs that there are already and those of this step trust each other.

    As far as it is known what they are.
    """
    known = {each.name: roots.signed(each.authority) for each in loaded.mesh.primaries if each.authority}
    step = loaded.mesh.rotation
    if old and new and old.fingerprint == new.fingerprint:
        raise ToolError(f"'{folders.ca}' and '{folders.new}' hold the same root")
    signing, folder = (new, folders.new) if step == roots.SWITCHED else (old, folders.ca)
    for name, signed in known.items():
        if old and new and signed.trusted == (new.fingerprint, old.fingerprint):
            raise ToolError(
                f"the CA of {name} has the root in '{folders.new}' as the old one, and that in '{folders.ca}' as the "
                "new one: --ca is the folder of the old root, and --new-ca that of the new one"
            )
        if signed.root and old is None:
            raise ToolError(f"the CA of {name} is under the root {signed.root}, and there is no root in '{folders.ca}'")
        if signed.root and (signing is None or signing.fingerprint not in signed.trusted):
            found = f"the root in '{folder}' is {signing.fingerprint}" if signing else f"there is no root in '{folder}'"
            raise ToolError(f"the CA of {name} is under the root {signed.root}, and {found}{_first(step)}")
        trusted = {one.fingerprint for one in (old, new) if one}
        # A root that is not made yet is nobody's.
        if signed.root and signed.root not in trusted:
            raise ToolError(f"the CA of {name} is under the root {signed.root}, which would not be trusted any more")


def _first(step: str) -> str:
    return (
        f", which it does not trust yet: `trust.rotation: {roots.BOTH}` comes first" if step == roots.SWITCHED else ""
    )


def _outcome(cluster: Cluster, state: State, words: str) -> Outcome:
    return Outcome(consumer=cluster.name, remote="", state=state, words=words)
