"""The CA of each primary: an intermediate certificate under the offline root, for that primary alone.

The key of an intermediate goes from this process through a pipe to the program that seals it or takes it to a
provider; nothing of it is written here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

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


def run(loaded: Loaded, out: Path, folder: Path, options: Options, again: Set[str]) -> Result:
    """Give each primary its CA that has none, and those of `again` a new one; the caller holds the tree's lock.

    folder: of the root, which is made where there is none yet. Raises UsageError for a folder that is not fit for a
    root, and ToolError when it holds none, or another one than that of the CAs that are sealed already.
    """
    keeper, done = keeping.of(loaded, options), f"{loaded.mesh.secrets.backend.DONE} already"
    stay = [cluster for cluster in loaded.mesh.primaries if not cluster.state]
    todo = [cluster for cluster in stay if not cluster.authority or cluster.name in again]
    outcomes = [
        _outcome(c, State.SKIPPED, f"it leaves the mesh ('{c.state}')" if c.state else done)
        for c in loaded.mesh.primaries
        if c not in todo
    ]
    root = root_folder.read(folder)
    _compare(loaded, root, folder)
    if options.dry_run:
        outcomes += [_outcome(c, State.PLANNED, f"-> {keeper.planned_authority(c)}") for c in todo]
        return Result(outcomes=tuple(outcomes), notes=(), wrote=False)
    notes: list[str] = []
    wrote = False
    if root is None:
        root = root_folder.make(folder, loaded.mesh.name)
        notes.append(f"made the root {root.fingerprint} in {folder}: keep it offline, and a copy of it elsewhere")
    for cluster in todo:
        try:
            issue = partial(authority.issue, root, loaded.mesh.name, cluster.name, authority.now())
            kept = keeper.authority(cluster, issue)
        except ToolError as error:
            outcomes.append(_outcome(cluster, State.FAILED, str(error)))
            continue
        kept.note(out)
        wrote = True
        outcomes.append(_outcome(cluster, kept.state, kept.words))
        notes += kept.notes
    return Result(outcomes=tuple(outcomes), notes=tuple(notes), wrote=wrote)


def _compare(loaded: Loaded, root: Root | None, folder: Path) -> None:
    """Raise ToolError unless the CAs that there are already are under this root, as far as it is known of them."""
    for cluster in loaded.mesh.primaries:
        known = cluster.authority.root if cluster.authority else ""
        if known and (root is None or known != root.fingerprint):
            found = f"the root in '{folder}' is {root.fingerprint}" if root else f"there is no root in '{folder}'"
            raise ToolError(f"the CA of {cluster.name} is under the root {known}, and {found}")


def _outcome(cluster: Cluster, state: State, words: str) -> Outcome:
    return Outcome(consumer=cluster.name, remote="", state=state, words=words)
