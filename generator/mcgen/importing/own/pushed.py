"""The section `secrets` of a tree whose secrets are with a provider: what its ExternalSecrets say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import backends, layout, names
from mcgen.importing.documents import items, mapping, word

if TYPE_CHECKING:
    from mcgen.importing.draft import Draft
    from mcgen.importing.own.tree import Tree

_PLACE = re.compile(rf"clusters/([^/]+)/(?:remote-secrets/([^/]+)|trust)/{re.escape(layout.EXTERNAL_SECRET)}")


def read(tree: Tree, draft: Draft) -> None:
    """Read the backend, its store and how keys are made; while nothing was pushed no file of the tree says it."""
    found = next((match for path in tree.below("clusters") if (match := _PLACE.fullmatch(path))), None)
    document = tree.document(found[0]) if found else None
    if found is None or document is None:
        return
    store = mapping(document.at("spec", "secretStoreRef"))
    reference = mapping(next(iter(items(document.at("spec", "data"))), {}).get("remoteRef"))
    key = word(reference.get("key"))
    kind, name = word(store.get("kind")), word(store.get("name"))
    draft.put(("secrets", "backend"), backends.EXTERNAL_SECRETS)
    draft.put(("secrets", "store"), {"name": name} | ({} if kind == "ClusterSecretStore" else {"kind": kind}))
    draft.put(("secrets", "property"), reference.get("property"))
    mesh, count = word(draft.data["metadata"].get("name")), re.search(r"-([0-9]{1,9})\Z", key)
    number = int(count[1]) if count else 0
    plain = names.authority_key(mesh, found[1], number)
    if found[2]:
        plain = names.remote_key(mesh, found[1], found[2], number)
    draft.put(("secrets", "prefix"), key.removesuffix(plain), default="")
