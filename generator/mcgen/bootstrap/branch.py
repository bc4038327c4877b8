"""Where the bootstrap job goes on: on its own branch, or anew on the one that Argo CD follows.

The job never writes to the latter, and on its own one it replaces nothing but its own commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.bootstrap.git import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """The two branches as the server has them.

    revision, target: the one that Argo CD follows, and its commit. branch, tip: the job's own, tip empty when it
    is not there. ahead: its commits that are not in the target, newest first; current: whether it has the target.
    """

    revision: str
    target: str
    branch: str
    tip: str
    ahead: Sequence[Commit]
    current: bool


def starts(branches: Branches) -> tuple[str, ...]:
    """Return the commits to go on from, the first whose tree is up to date; raise ToolError when there is none.

    - No branch, or all of it is merged: the target.
    - It has the target and more: the branch. Where all of that is the job's own, the target is as good.
    - The target moved on: the target, and what the job had sealed is sealed again, unless somebody else's commits
      would be lost.
    """
    if not branches.ahead:
        return (branches.target,)
    others = [commit for commit in branches.ahead if not commit.mine]
    if branches.current:
        return (branches.tip,) if others else (branches.tip, branches.target)
    if others:
        what = f"the branch {branches.branch} has commits that are not of this job, such as {others[0]}"
        raise ToolError(
            f"{what}, and {branches.revision} has moved on: merge {branches.revision} into it, merge it, or delete it"
        )
    return (branches.target,)
