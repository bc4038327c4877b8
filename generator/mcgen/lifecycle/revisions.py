"""What may happen to the istiods between two commits: one step of an upgrade at a time, and no minor without one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen import images, layout, names, upgrades
from mcgen.problems import Pos, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mcgen.lifecycle.tree import Upgrade

Operators: TypeAlias = "Mapping[str, Any]"
"""The spec of each control plane's IstioOperator, by its path in the tree."""

CONTROL_PLANE = re.compile(rf"clusters/([^/]+)/{names.control_plane('')}[^/]*/{re.escape(layout.ISTIO_OPERATOR)}")


def compare(
    folder: Path,
    old: tuple[Upgrade, Operators],
    new: tuple[Upgrade, Operators],
    *,
    remotes: bool,
    leaving: bool,
) -> Iterator[Problem]:
    """Yield what an upgrade cannot do in one commit.

    remotes: whether the new tree has any: one that waits behind its gate counts, as it does for `mcgen upgrade`.
    leaving: whether a cluster has gone a phase on in the same commit.
    """
    pos = Pos(file=str(folder / layout.APPLICATION_SETS))
    (before, there), (after, here) = old, new
    if not there:
        return
    if before != after and leaving:
        yield _problem(
            "MC666", "an upgrade goes a step on, and in the same commit a cluster leaves a phase further",
            pos, "take the one back, and commit it when the other is over",
        )  # fmt: skip
    if not upgrades.may_follow(before.step, after.step, remotes=remotes) or _turned(before, after):
        yield _skipped(before, after, pos, remotes=remotes)
        return
    yield from _minors(folder, there, here)
    if not before.step and not after.step and _revisions(there) != _revisions(here):
        message = f"the istiods are {_words(there)} at the other revision, and now {_words(here)}, without any step"
        yield _problem("MC664", message, pos, "keep the revision, or take the steps of `mcgen upgrade`")
    elif before.step and not after.step:
        yield from _over(before, here, pos)


def _turned(before: Upgrade, after: Upgrade) -> bool:
    """Return whether two different upgrades are under way."""
    return bool(before.step and after.step) and before[1:] != after[1:]


def _skipped(before: Upgrade, after: Upgrade, pos: Pos, *, remotes: bool) -> Problem:
    was, now = (f"at '{one.step}'" if one.step else "not under way" for one in (before, after))
    if _turned(before, after):
        message = f"the upgrade from {before.old} to {before.new} becomes one from {after.old} to {after.new}"
        return _problem("MC665", message, pos, "finish the first one, or give it up with `mcgen upgrade --back`")
    following = upgrades.following(before.step, remotes=remotes)
    advice = f"take one step in each commit: '{following}' is next" if following else "finish it with `mcgen upgrade`"
    return _problem("MC665", f"the upgrade is {was} at the other revision, and now {now}", pos, advice)


def _minors(folder: Path, there: Operators, here: Operators) -> Iterator[Problem]:
    """Yield the istiods that would become of another minor in place."""
    for path in sorted(there.keys() & here.keys()):
        was, now = (str(side[path].get("tag", "")) for side in (there, here))
        if images.minor(was) == images.minor(now):
            continue
        yield _problem(
            "MC664",
            f"a control plane goes from Istio {was} to {now} in place: all its proxies change their istiod at once",
            Pos(file=str(folder / path)),
            "keep istio.version, and take the steps of `mcgen upgrade`",
        )


def _over(before: Upgrade, here: Operators, pos: Pos) -> Iterator[Problem]:
    """Yield a problem when an upgrade ends with another istiod than it has led to."""
    expected = before.new if before.step == upgrades.REMOVED else before.old
    if (found := _revisions(here)) and found != {expected}:
        message = f"the upgrade is over, and the istiods are {_words(here)}, not {expected}"
        yield _problem("MC665", message, pos, "finish it with `mcgen upgrade`")


def _revisions(operators: Operators) -> set[str]:
    return {str(spec.get("revision") or upgrades.DEFAULT) for spec in operators.values()}


def _words(operators: Operators) -> str:
    return ", ".join(sorted(_revisions(operators))) or "gone"


def _problem(code: str, message: str, pos: Pos, advice: str) -> Problem:
    return Problem(code=code, message=message, pos=pos, advice=advice)
