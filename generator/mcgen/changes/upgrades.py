"""Upgrades: how far one is, and who follows another istiod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen import upgrades as table
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import differences, get
from mcgen.changes.say import shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_ANNOTATIONS = ("metadata", "annotations")
_SAID = (names.UPGRADE_STEP, names.UPGRADE_FROM, names.UPGRADE_TO)
# In these steps something that runs is replaced, or goes.
_RISKY = {table.SWITCHED, table.GATEWAYS, table.REMOVED}


def steps(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield another step of an upgrade; both ApplicationSets say the same."""
    if delta.kind != "ApplicationSet" or delta.old is None or delta.new is None:
        return
    before, after = ([get(side, *_ANNOTATIONS, key) or "" for key in _SAID] for side in (delta.old, delta.new))
    if before == after:
        return
    was, now = before[0], after[0]
    _, old, new = after if now else before
    step = table.BY_NAME.get(str(now))
    over = "is over" if was == table.REMOVED else "is given up"
    what = f"the upgrade from revision {quote(old)} to {quote(new)} " + (f"is at step {quote(now)}" if now else over)
    yield Finding(
        kind="upgrade",
        turn=Turn.CHANGED if was and now else Turn.ADDED if now else Turn.REMOVED,
        risk=Risk.HIGH if now in _RISKY else Risk.MEDIUM,
        what=what,
        why=step.what if step else "nothing that runs changes",
        before=str(was),
        after=str(now),
        clusters=_clusters(delta.some),
        covers=tuple((*_ANNOTATIONS, key) for key in _SAID),
    )


def followers(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield gateways that follow another istiod, and the tag `default` that leads to another one."""
    if delta.old is None or delta.new is None:
        return
    if delta.kind == "IstioOperator":
        for leaf in differences(delta.old, delta.new):
            if leaf.way == ("spec", "revision"):
                why = "its pods are replaced, one after the other"
                yield shift("istiod", "the revision that it follows", leaf, risk=Risk.HIGH, why=why, turn=Turn.CHANGED)
    elif get(delta.new, "metadata", "labels", names.TAG) == names.DEFAULT_TAG:
        before, after = (get(side, "metadata", "labels", names.REVISION) for side in (delta.old, delta.new))
        if before != after:
            injects = delta.kind == "MutatingWebhookConfiguration"
            yield Finding(
                kind="istiod",
                turn=Turn.CHANGED,
                risk=Risk.HIGH,
                what=f"the tag {quote(names.DEFAULT_TAG)} leads to revision {quote(after)}",
                why="pods that start from now on get their sidecar from it"
                if injects
                else "it validates configuration that names no revision",
                before=str(before),
                after=str(after),
                covers=(("metadata", "labels", names.REVISION), ("webhooks",)),
            )


def _clusters(application_set: Any) -> tuple[str, ...]:
    generators = get(application_set, "spec", "generators")
    lists = [get(one, "list", "elements") for one in generators] if isinstance(generators, list) else []
    return tuple(sorted(str(get(one, "cluster")) for found in lists if isinstance(found, list) for one in found))
