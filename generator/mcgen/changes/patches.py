"""Kustomizations: what an overlay takes in, and the patches in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import reread
from mcgen.changes import clusters
from mcgen.changes.finding import Finding, Risk, Turn, quote, shown
from mcgen.changes.leaves import MISSING, differences, get, same
from mcgen.changes.order import gated
from mcgen.manifests import exposure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_GRAVE = {
    "", "AuthorizationPolicy", "PeerAuthentication", "Gateway", "VirtualService", "ClusterRole", "ClusterRoleBinding",
    "Role", "RoleBinding", "Namespace", "Secret", "SealedSecret", "ExternalSecret", "ServiceAccount",
    "Application",
}  # fmt: skip
# Words of an IstioOperator by which a patch opens ports, changes identities or fetches other images.
_OPENING = ("service", "ports", "hub", "tag", "meshConfig", "privileged", "image", "profile")


def patches(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield the patches of a kustomization that come, go or change."""
    if delta.kind != "Kustomization" or delta.old is None or delta.new is None:
        return
    if gated(delta.old) is not gated(delta.new):
        # What opens and closes with a gate is told of as a gate.
        return
    before, after = (_by_target(side) for side in (delta.old, delta.new))
    order = list(before) != list(after) and before.keys() == after.keys()
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key, MISSING), after.get(key, MISSING)
        if not same(old, new):
            yield from _patch(key, old, new, own=_is_own(delta, old, new))
    if order:
        yield Finding(
            kind="patch",
            turn=Turn.CHANGED,
            risk=Risk.MEDIUM,
            what="the patches are applied in another order",
            before=", ".join(" ".join(key) for key in before),
            after=", ".join(" ".join(key) for key in after),
            covers=(("patches",),),
        )


def _by_target(kustomization: Any) -> dict[tuple[str, ...], Any]:
    """Return the patches by what they are for; of several for the same, the later ones are numbered."""
    found: dict[tuple[str, ...], Any] = {}
    given = get(kustomization, "patches")
    for patch in given if isinstance(given, list) else []:
        parsed = _parsed(get(patch, "patch"))
        target = get(patch, "target") or {"kind": get(parsed, "kind"), "name": get(parsed, "metadata", "name")}
        key = tuple(str(get(target, word) or "") for word in ("kind", "namespace", "name"))
        number = sum(known[:3] == key for known in found)
        found[(*key, str(number + 1)) if number else key] = patch
    return found


def _is_own(delta: Delta, old: Any, new: Any) -> bool:
    """Return whether a patch is, and was, the one by which mcgen ties the Gateway of istiod to a cluster's own pods."""
    pinned = exposure.own_gateway(delta.clusters[0]) if len(delta.clusters) == 1 else None
    return all(side is MISSING or same(_parsed(get(side, "patch")), pinned) for side in (old, new))


def _patch(key: tuple[str, ...], old: Any, new: Any, *, own: bool) -> Iterator[Finding]:
    before, after = (MISSING if side is MISSING else _parsed(get(side, "patch")) for side in (old, new))
    rest = True
    if isinstance(before, dict) and isinstance(after, dict):
        leaves = list(differences(before, after))
        known = [clusters.patched(leaf) for leaf in leaves]
        yield from (_of_patch(found) for found in known if found)
        rest = None in known or not leaves
    if not rest and same({**old, "patch": ""}, {**new, "patch": ""}):
        return
    kind = key[0]
    turn = Turn.ADDED if old is MISSING else Turn.REMOVED if new is MISSING else Turn.CHANGED
    words = {Turn.ADDED: "is new", Turn.REMOVED: "is gone", Turn.CHANGED: "changes"}[turn]
    risk, why = (Risk.LOW, "mcgen's own") if own else _risk(kind, (before, after))
    yield Finding(
        kind="patch",
        turn=turn,
        risk=risk,
        what=f"a patch of {quote(' '.join(filter(None, key[:3])) or 'everything')} {words}"
        + (f": {quote(_different(before, after))}" if turn is Turn.CHANGED else ""),
        why=why,
        before="" if before is MISSING else shown(before),
        after="" if after is MISSING else shown(after),
        covers=(("patches",),),
    )


def _of_patch(found: Finding) -> Finding:
    from dataclasses import replace

    return replace(found, covers=(("patches",),))


def _different(before: Any, after: Any) -> str:
    """Return the first values that a patch sets now, so that a long one shows what is new in it."""
    leaves = list(differences(before, after))[:3]
    return ", ".join(f"{'.'.join(leaf.way)}: {'' if leaf.after is MISSING else shown(leaf.after)}" for leaf in leaves)


def _risk(kind: str, bodies: tuple[Any, Any]) -> tuple[Risk, str]:
    if kind in _GRAVE or any(c in kind for c in ".*|[(^"):
        return Risk.HIGH, "it can undo what mcgen sets, and mcgen does not see the result"
    if kind == "IstioOperator":
        words = " ".join(repr(body) for body in bodies)
        if any(f"'{word}'" in words or f"/{word}" in words for word in _OPENING):
            return Risk.HIGH, "it can open ports, or change images or identities"
        return Risk.MEDIUM, "mcgen does not see the result"
    return Risk.LOW, ""


def _parsed(text: Any) -> Any:
    try:
        return reread.document(text) if isinstance(text, str) else text
    except reread.Unreadable:
        return text


def contents(delta: Delta, context: Context) -> Iterator[Finding]:
    """Yield what an overlay takes in or leaves out."""
    if delta.kind != "Kustomization" or delta.old is None or delta.new is None:
        return
    before, after = (_resources(side) for side in (delta.old, delta.new))
    if gated(delta.old) is not gated(delta.new):
        return
    folder = delta.file.rpartition("/")[0]
    stage = quote(folder.rpartition("/")[2])
    for turn, found in ((Turn.ADDED, after - before), (Turn.REMOVED, before - after)):
        for entry in sorted(found):
            added = turn is Turn.ADDED
            # A file that comes or goes has a finding of its own.
            follows = "/" not in entry and f"{folder}/{entry}" in context.changed
            risk = Risk.LOW if follows else Risk.MEDIUM if added else Risk.HIGH
            yield Finding(
                kind="content",
                turn=turn,
                risk=risk,
                what=f"{quote(entry)} is {'part of' if added else 'left out of'} stage {stage}",
                why="" if follows else "it is applied" if added else "what it made is deleted",
                before="" if added else entry,
                after=entry if added else "",
                covers=(("resources",),),
            )


def _resources(kustomization: Any) -> set[str]:
    found = get(kustomization, "resources")
    return {str(entry) for entry in found} if isinstance(found, list) else set()
