"""How a cluster's removal goes on: which step is next, and what it makes of the blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import edit, phases
from mcgen.networks import primary_of
from mcgen.problems import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.blueprint import Blueprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step. index: of the cluster in the blueprint. state: what it gets, None when its lines go.

    ends: the state of the phase that must be over before, empty when there is none.
    """

    index: int
    state: str | None
    ends: str = phases.MEMBER

    def edited(self, text: str) -> str:
        """Return the blueprint after this step; raise EditError."""
        if self.state is None:
            return edit.remove(text, self.index)
        return edit.set_state(text, self.index, self.state)


def step(blueprint: Blueprint, name: str, tree: Mapping[str, str], *, forget: bool) -> Step:
    """Return the next step of a removal; tree: the state of each cluster in the tree.

    forget: the cluster is dead, and its lines go at once. Raises UsageError when there is no next step.
    """
    index = _index(blueprint, name)
    cluster = blueprint.clusters[index]
    _refuse_needed(blueprint, index)
    state = cluster.state or phases.MEMBER
    if forget or name not in tree:
        return Step(index=index, state=None)
    if tree[name] != state:
        here, there = (f"'{found}'" if found else "a member" for found in (state, tree[name]))
        message = f"the blueprint says that {name} is {here}, and in the tree it is {there}"
        raise UsageError(f"{message}: run `mcgen build`, commit what it changes, and let Argo CD sync it")
    if state == phases.LAST:
        return Step(index=index, state=None, ends=state)
    return Step(index=index, state=phases.following(state), ends=state)


def _index(blueprint: Blueprint, name: str) -> int:
    known = [cluster.name for cluster in blueprint.clusters]
    if name not in known:
        raise UsageError(f"'{name}' is no cluster of this mesh; its clusters: {', '.join(known)}")
    return known.index(name)


def _refuse_needed(blueprint: Blueprint, index: int) -> None:
    cluster = blueprint.clusters[index]
    if len(blueprint.clusters) == 1:
        raise UsageError(f"'{cluster.name}' is the last cluster: see docs/lifecycle.md on how to take a mesh away")
    served = [c.name for c in blueprint.clusters if c.role == "remote" and primary_of(c, blueprint) == cluster.name]
    if cluster.role == "primary" and served:
        raise UsageError(f"'{cluster.name}' serves {', '.join(served)}: remove its remotes first")
