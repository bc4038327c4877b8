"""Namespaces: those that come and go, their sidecars and the pods that they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_ENFORCE = f"{names.POD_SECURITY}enforce"
_LEVELS = ("restricted", "baseline", "privileged")


def namespaces(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what happens to a namespace."""
    if delta.key[:2] != ("", "Namespace"):
        return
    if delta.old is None or delta.new is None:
        yield _whole(delta)
        return
    yield from _injection(delta)
    yield from _security(delta)


def _whole(delta: Delta) -> Finding:
    added = delta.old is None
    injected = "injected" if _injected(delta.some) else "not injected"
    what = f"namespace {quote(delta.name)} is {'new' if added else 'gone'} ({injected}, pods {_level(delta.some)})"
    return Finding(
        kind="namespace",
        turn=Turn.ADDED if added else Turn.REMOVED,
        risk=Risk.LOW if added else Risk.HIGH,
        what=what,
        why="" if added else "all that is in it goes with it, once somebody confirms the deletion",
        before="" if added else delta.name,
        after=delta.name if added else "",
        covers=((),),
    )


def _injection(delta: Delta) -> Iterator[Finding]:
    before, after = _injected(delta.old), _injected(delta.new)
    if before == after:
        return
    why = (
        "pods join the mesh when they are restarted" if after else "new pods have no sidecar: no identity, no policies"
    )
    yield Finding(
        kind="injection",
        turn=Turn.ADDED if after else Turn.REMOVED,
        risk=Risk.MEDIUM if after else Risk.HIGH,
        what=f"pods of namespace {quote(delta.name)} {'get a sidecar' if after else 'get no sidecar any more'}",
        why=why,
        before="" if after else "enabled",
        after="enabled" if after else "",
        covers=(("metadata", "labels", names.INJECTION),),
    )


def _security(delta: Delta) -> Iterator[Finding]:
    before, after = _level(delta.old), _level(delta.new)
    if before == after:
        return
    wide = _rank(after) > _rank(before)
    why = "its pods may do more on their nodes" if wide else "pods that ask for more are refused"
    yield Finding(
        kind="podsecurity",
        turn=Turn.WIDENED if wide else Turn.NARROWED,
        risk=Risk.HIGH if wide and after == _LEVELS[-1] else Risk.MEDIUM,
        what=f"namespace {quote(delta.name)} takes {quote(after)} pods instead of {quote(before)}",
        why=why,
        before=before,
        after=after,
        covers=(("metadata", "labels", _ENFORCE),),
    )


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _injected(namespace: Any) -> bool:
    return bool(get(namespace, "metadata", "labels", names.INJECTION) == "enabled")


def _level(namespace: Any) -> str:
    return str(get(namespace, "metadata", "labels", _ENFORCE) or _LEVELS[-1])
