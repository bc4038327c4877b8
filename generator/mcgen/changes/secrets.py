"""Tokens, sealed secrets and facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import layout, names, roots
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import differences, get, mapping
from mcgen.changes.say import shift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

UNTRUSTED = "workloads under the old root trust no certificate under the new one"
UNSEEN = "what is in it cannot be reviewed; `mcgen bootstrap --status` says whether it works"


def tokens(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield Secrets that come and go; mcgen writes those of tokens only, and none with a value."""
    if delta.key[:2] != ("", "Secret") or (delta.old is None) is (delta.new is None):
        return
    added = delta.old is None
    plain = bool(get(delta.some, "data") or get(delta.some, "stringData"))
    why = "the API server makes a token for it" if added else "whoever still uses this token is cut off"
    yield Finding(
        kind="token",
        turn=Turn.ADDED if added else Turn.REMOVED,
        risk=Risk.HIGH if plain else Risk.MEDIUM,
        what=f"Secret {quote(delta.name)} is {'new' if added else 'gone'}{', with a value in it' if plain else ''}",
        why="a secret in plain text is in Git" if plain else why,
        before="" if added else delta.name,
        after=delta.name if added else "",
        covers=((),),
    )


def sealed(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield sealed remote secrets that come, go, or are sealed anew."""
    if delta.kind != "SealedSecret" or delta.name == names.AUTHORITY:
        return
    if delta.old is None or delta.new is None:
        added = delta.old is None
        yield Finding(
            kind="sealed",
            turn=Turn.ADDED if added else Turn.REMOVED,
            risk=Risk.LOW if added else Risk.HIGH,
            what=f"its remote secret is {'sealed' if added else 'gone'}{_with(delta.some)}",
            why="istiod can read the cluster" if added else "istiod can no longer read the cluster",
            before="" if added else "sealed",
            after="sealed" if added else "",
            covers=((),),
        )
    elif get(delta.old, "spec", "encryptedData") != get(delta.new, "spec", "encryptedData"):
        yield Finding(
            kind="sealed",
            turn=Turn.CHANGED,
            risk=Risk.MEDIUM,
            what=f"its remote secret is sealed anew{_with(delta.new)}",
            why=UNSEEN,
            before=_with(delta.old).strip(),
            after=_with(delta.new).strip(),
            covers=(("spec", "encryptedData"),),
        )


def authority(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield sealed CAs that come, go, or are other ones."""
    if delta.kind != "SealedSecret" or delta.name != names.AUTHORITY:
        return
    before, after = (root(side) for side in (delta.old, delta.new))
    if delta.old is None or delta.new is None:
        added = delta.old is None
        yield Finding(
            kind="authority",
            turn=Turn.ADDED if added else Turn.REMOVED,
            risk=Risk.LOW if added else Risk.HIGH,
            what=f"its CA is {'sealed' if added else 'gone'}{_under(after or before)}",
            why="its istiod signs with it from its next start on" if added else "istiod would make a root of its own",
            before=before,
            after=after,
            covers=((),),
        )
    elif get(delta.old, "spec", "encryptedData") != get(delta.new, "spec", "encryptedData"):
        other = after != before and after not in roots.of(delta.old).trusted
        yield Finding(
            kind="authority",
            turn=Turn.CHANGED,
            risk=Risk.HIGH if other else Risk.MEDIUM,
            what=f"its CA is another one{_under(after)}",
            why=_why(delta, other=other),
            before=before,
            after=after,
            covers=(("spec", "encryptedData"), ("metadata", "annotations")),
        )


def _why(delta: Delta, *, other: bool) -> str:
    if other:
        return UNTRUSTED
    if len(roots.of(delta.new).trusted) > 1 or len(roots.of(delta.old).trusted) > 1:
        return "a step of trust.rotation: before and after, both sides trust what the other signs"
    return "the root stays"


def root(document: Any) -> str:
    """Return the root that a CA says it is under, empty when it says none."""
    return str(mapping(document, "metadata", "annotations").get(names.ROOT, ""))


def _under(fingerprint: str) -> str:
    return f", under root {quote(fingerprint)}" if fingerprint else ""


def _with(document: Any) -> str:
    annotations = mapping(document, "spec", "template", "metadata", "annotations")
    annotations = {**annotations, **mapping(document, "metadata", "annotations")}
    token, certificate = annotations.get(names.TOKEN), annotations.get(names.CERTIFICATE)
    parts = [f"token {quote(token)}"] if token else []
    parts += [f"certificate {quote(certificate)}"] if certificate else []
    return f", with {' and '.join(parts)}" if parts else ""


def facts(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what was found on live clusters."""
    if delta.file != layout.FACTS:
        return
    for leaf in differences(delta.old or {}, delta.new or {}):
        kind = "address" if leaf.way[0] == "addresses" else "fact"
        where = leaf.way[1:2] if len(leaf.way) > 1 else ()
        found = shift(kind, f"the fact {quote('.'.join(leaf.way))}", leaf)
        yield Finding(
            kind=kind, turn=found.turn, risk=Risk.LOW, what=found.what, before=found.before, after=found.after,
            clusters=where, covers=(leaf.way,) if delta.old and delta.new else ((),),
        )  # fmt: skip
