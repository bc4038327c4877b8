"""What Argo CD does, and in which order: chains, stages, gates, deletions that cascade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import layout, names
from mcgen.changes.finding import Finding, Risk, Turn, flow, quote, quoted
from mcgen.changes.leaves import MISSING, Leaf, get, mapping
from mcgen.changes.say import shift
from mcgen.lifecycle.steps import APPLICATION
from mcgen.stages import CONTROL_PLANE, REMOTE_SECRET, TRUST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_GATE = f"/{layout.base('gate')}"
_ELEMENTS = ("spec", "generators", "0", "list", "elements")
_PATCH = ("spec", "templatePatch")
_ORPHAN = "Argo CD lets go of what runs: nobody heals or prunes it any more"
_STAYS = "its stage goes without a finalizer; see `mcgen explain MC668`"
_DELETED = "Argo CD deletes all that it brought, because it has a finalizer"


def stages(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield Applications and ApplicationSets that come and go."""
    if delta.kind not in {"Application", "ApplicationSet"} or (delta.old is None) is (delta.new is None):
        return
    added = delta.old is None
    deletes = bool(get(delta.old, "metadata", "finalizers"))
    stage = get(delta.some, "metadata", "labels", names.STAGE)
    what = called(delta)
    where = "in its chain now" if added else "no longer in its chain"
    yield Finding(
        kind="stage",
        turn=Turn.ADDED if added else Turn.REMOVED,
        risk=Risk.MEDIUM if added else Risk.HIGH,
        what=f"{what} is {where if stage else 'new' if added else 'gone'}",
        why="Argo CD applies it with the next sync" if added else _DELETED if deletes else _ORPHAN,
        before="" if added else str(stage or delta.name),
        after=str(stage or delta.name) if added else "",
        covers=((),),
    )


def left_behind(delta: Delta, clusters: tuple[str, ...]) -> Finding:
    """Return what stays in clusters where the stage of a document that is gone leaves the chain."""
    stays = delta.kind != "Kustomization"
    return Finding(
        kind="object",
        turn=Turn.REMOVED,
        risk=Risk.MEDIUM if stays else Risk.LOW,
        what=f"{quote(delta.title)} is gone" + (", and Argo CD leaves it in the cluster" if stays else ""),
        why=_STAYS if stays else "",
        before=delta.title,
        clusters=clusters,
        files=delta.files,
    )


def never_applied(delta: Delta, clusters: tuple[str, ...]) -> Finding:
    """Return that a document goes whose stage waited behind a gate in some clusters."""
    return Finding(
        kind="object",
        turn=Turn.REMOVED,
        risk=Risk.LOW,
        what=f"{quote(delta.title)} is gone, and was never applied",
        before=delta.title,
        clusters=clusters,
        files=delta.files,
    )


def called(delta: Delta) -> str:
    """Return what an Application is called in a sentence: by its stage, the same in all clusters."""
    found = APPLICATION.fullmatch(delta.file)
    stage = found[2] if found else get(delta.some, "metadata", "labels", names.STAGE)
    return f"stage {quote(stage)}" if stage else quote(delta.title)


def waves(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield another wave, finalizers, and the clusters of an ApplicationSet."""
    if delta.old is None or delta.new is None:
        return
    key = ("metadata", "annotations", names.SYNC_WAVE)
    before, after = get(delta.old, *key), get(delta.new, *key)
    if before != after:
        leaf = Leaf(way=key, before=MISSING if before is None else before, after=MISSING if after is None else after)
        why = "what must come first may come later; `mcgen validate` proves the order"
        yield shift("wave", f"the wave of {called(delta)}", leaf, risk=Risk.HIGH, why=why, turn=Turn.CHANGED)
    yield from _finalizers(delta)
    yield from _elements(delta)
    yield from _patched(delta)


def _finalizers(delta: Delta) -> Iterator[Finding]:
    before, after = (get(side, "metadata", "finalizers") for side in (delta.old, delta.new))
    old, new = ({flow(entry) for entry in side} if isinstance(side, list) else set() for side in (before, after))
    for turn, found in ((Turn.ADDED, new - old), (Turn.REMOVED, old - new)):
        if found:
            words = (called(delta), f"finalizer {quoted(sorted(found))}")
            yield _finalizer(turn, words, ", ".join(sorted(found)), covers=(("metadata", "finalizers"),))


def _finalizer(turn: Turn, words: tuple[str, str], which: str, **where: Any) -> Finding:
    """Return that something gets or loses a finalizer. words: for what, and for the finalizer; which: its name."""
    added = turn is Turn.ADDED
    return Finding(
        kind="finalizer",
        turn=turn,
        risk=Risk.HIGH if added else Risk.MEDIUM,
        what=f"{words[0]} {'gets' if added else 'loses'} {words[1]}",
        why="who deletes it deletes all that it applied" if added else "what it applied stays when it is deleted",
        before="" if added else which,
        after=which if added else "",
        **where,
    )


def _elements(delta: Delta) -> Iterator[Finding]:
    """Yield the chains that an ApplicationSet makes and no longer makes."""
    if delta.kind != "ApplicationSet":
        return
    before, after = (_clusters(side) for side in (delta.old, delta.new))
    for turn, found in ((Turn.ADDED, after - before), (Turn.REMOVED, before - after)):
        for consumer, name in sorted(found):
            goes = (consumer, name) in _goes(delta.old)
            yield _peer(turn, consumer, name, goes=goes) if consumer else _chain(delta, turn, name)


def _patched(delta: Delta) -> Iterator[Finding]:
    """Yield the Applications to which the patch of an ApplicationSet gives a finalizer, and no longer gives one."""
    if delta.kind != "ApplicationSet":
        return
    before, after = _goes(delta.old), _goes(delta.new)
    for turn, found in ((Turn.ADDED, after - before), (Turn.REMOVED, (before - after) & _clusters(delta.new))):
        for consumer, name in sorted(found):
            words = (f"what the istiod of {quote(consumer)} reads it with", "a finalizer")
            yield _finalizer(turn, words, names.FINALIZER, clusters=(name,), covers=(_PATCH, _ELEMENTS))


def _goes(application_set: Any) -> set[tuple[str, str]]:
    """Return what the patch of an ApplicationSet gives a finalizer; one that mcgen does not write says nothing."""
    if get(application_set, *_PATCH) != names.PEER_PATCH:
        return set()
    return {_pair(entry) for entry in _entries(application_set) if mapping(entry).get(names.STATE)}


def _chain(delta: Delta, turn: Turn, name: str) -> Finding:
    added = turn is Turn.ADDED
    return Finding(
        kind="cluster",
        turn=turn,
        risk=Risk.MEDIUM if added else Risk.HIGH,
        what=f"{quote(delta.name)} {'makes a chain' if added else 'makes no chain any more'} for it",
        why="Argo CD begins to install it" if added else _ORPHAN,
        clusters=(name,),
        covers=(_ELEMENTS,),
    )


def _peer(turn: Turn, consumer: str, name: str, *, goes: bool) -> Finding:
    added = turn is Turn.ADDED
    return Finding(
        kind="peer",
        turn=turn,
        risk=Risk.LOW if added else Risk.HIGH,
        what=f"the istiod of {quote(consumer)} {'reads it as a peer' if added else 'is no longer told how to read it'}",
        why="workloads there are told of its endpoints" if added else _DELETED if goes else _ORPHAN,
        clusters=(name,),
        covers=(_ELEMENTS, *((_PATCH,) if goes else ())),
    )


def _clusters(application_set: Any) -> set[tuple[str, str]]:
    return {_pair(entry) for entry in _entries(application_set)}


def _pair(entry: Any) -> tuple[str, str]:
    """Return the consumer (of a peer, empty for a chain) and the cluster of an element."""
    return str(mapping(entry).get("consumer", "")), str(get(entry, "cluster"))


def _entries(application_set: Any) -> list[Any]:
    generators = get(application_set, "spec", "generators")
    lists = [get(generator, "list", "elements") for generator in generators] if isinstance(generators, list) else []
    return [entry for found in lists if isinstance(found, list) for entry in found]


def gates(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield gates that open and close."""
    if delta.kind != "Kustomization" or not delta.file.startswith("clusters/"):
        return
    before, after = (gated(side) for side in (delta.old, delta.new))
    if before == after or delta.old is None or delta.new is None:
        return
    opened = before
    stage = next((name for name in (CONTROL_PLANE, TRUST) if f"/{name}/" in delta.file), REMOTE_SECRET)
    yield Finding(
        kind="gate",
        turn=Turn.OPENED if opened else Turn.CLOSED,
        risk=Risk.LOW if opened else Risk.HIGH,
        what=f"the gate of stage {quote(stage)} {'opens' if opened else 'closes'}",
        why="the chain goes on" if opened else "the chain waits again; stages behind it are let go of",
        before="closed" if opened else "open",
        after="open" if opened else "closed",
        covers=((),),
    )


def gated(kustomization: Any) -> bool:
    """Return whether an overlay is a gate."""
    resources = get(kustomization, "resources")
    return isinstance(resources, list) and any(str(entry).endswith(_GATE) for entry in resources)
