"""ExternalSecrets: what a primary fetches from a provider, and from which store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import get, listing
from mcgen.changes.secrets import UNSEEN, UNTRUSTED, root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

_TOKEN = ("spec", "target", "template", "metadata", "annotations", names.TOKEN)
_NOTES = (("spec", "data", "0", "remoteRef", "key"), _TOKEN, ("metadata", "annotations"))


def fetched(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield ExternalSecrets that come, go, or fetch another value; where from, and what becomes of it, are fields."""
    if delta.kind != "ExternalSecret":
        return
    authority = delta.name == names.AUTHORITY
    what = "its CA" if authority else "its remote secret"
    before, after = (_key(side) for side in (delta.old, delta.new))
    if delta.old is None or delta.new is None:
        added = delta.old is None
        lost = "its istiod would make a root of its own" if authority else "istiod can no longer read the cluster"
        gained = "its istiod signs with it from its next start on" if authority else "istiod can read the cluster"
        yield Finding(
            kind="authority" if authority else "fetched",
            turn=Turn.ADDED if added else Turn.REMOVED,
            risk=Risk.LOW if added else Risk.HIGH,
            what=f"{what} is {'fetched' if added else 'gone'}{_with(delta.some)}",
            why=gained if added else lost,
            before=before,
            after=after,
            covers=((),),
        )
    elif before != after:
        other = root(delta.old) != root(delta.new)
        yield Finding(
            kind="authority" if authority else "fetched",
            turn=Turn.CHANGED,
            risk=Risk.HIGH if other else Risk.MEDIUM,
            what=f"{what} is another one{_with(delta.new)}",
            why=UNTRUSTED if other else UNSEEN,
            before=before,
            after=after,
            covers=_NOTES,
        )


def _key(document: Any) -> str:
    return ", ".join(str(get(each, "remoteRef", "key")) for each in listing(document, "spec", "data"))


def _with(document: Any) -> str:
    token, under = get(document, *_TOKEN), root(document)
    parts = [f"key {quote(_key(document))}"]
    parts += [f"token {quote(token)}"] if isinstance(token, str) else []
    parts += [f"root {quote(under)}"] if under else []
    return f", with {' and '.join(parts)}"
