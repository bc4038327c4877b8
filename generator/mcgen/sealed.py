"""What a sealed remote secret, or the sealed CA of a primary, must be, and what it says of itself.

Which token and which certificate were used stands in annotations of the template and of the file; the sealing
itself covers name and namespace only (strict scope), so these are notes, and prove nothing.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from mcgen import names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

# What may stand beside the sealed values. It is not sealed: a finalizer, an owner, a label or an annotation more can
# tell other controllers to copy the token elsewhere, or to leave it behind for ever. The controller copies the template
# into the Secret.
_NOTES = frozenset({names.TOKEN, names.CERTIFICATE, names.ROOT, names.TRUSTED, names.EXPIRES})
_NAMED = frozenset({"name", "namespace", "annotations", "creationTimestamp"})
_TEMPLATE = ("spec", "template")
_CLOSED: dict[tuple[str, ...], frozenset[str]] = {
    (): frozenset({"apiVersion", "kind", "metadata", "spec"}),
    ("metadata",): _NAMED,
    ("metadata", "annotations"): _NOTES,
    ("spec",): frozenset({"encryptedData", "template"}),
    _TEMPLATE: frozenset({"metadata", "type"}),
    (*_TEMPLATE, "metadata"): _NAMED | {"labels"},
    (*_TEMPLATE, "metadata", "labels"): frozenset({names.MULTI_CLUSTER}),
    (*_TEMPLATE, "metadata", "annotations"): frozenset({names.REMOTE_CLUSTER, names.TOKEN, names.CERTIFICATE}),
}
# Into a Secret of another type other controllers write.
_TYPES = (None, "Opaque")
# Two bytes with the length of the session key, the session key, and at least the seal of AES-GCM.
_LENGTH, _SEAL = 2, 16
_SCOPES = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")


def annotation(document: Any, key: str) -> str:
    """Return an annotation of a sealed secret or, failing that, of the Secret in it; empty when there is none."""
    for place in (("metadata",), ("spec", "template", "metadata")):
        value = _get(document, (*place, "annotations", key))
        if isinstance(value, str):
            return value
    return ""


def differences(document: Any, cluster_id: str) -> Iterator[str]:
    """Yield what keeps a document from being the sealed remote secret of a cluster, by its Istio ID."""
    template = ("spec", "template", "metadata")
    wanted: dict[tuple[str, ...], str] = {
        (*template, "labels", names.MULTI_CLUSTER): "true",
        (*template, "annotations", names.REMOTE_CLUSTER): cluster_id,
    }
    yield from _differences(document, names.remote_secret(cluster_id), wanted, (cluster_id,))


def authority_differences(document: Any) -> Iterator[str]:
    """Yield what keeps a document from being the sealed CA of a primary."""
    yield from _differences(document, names.AUTHORITY, {}, names.AUTHORITY_KEYS)


def _differences(
    document: Any, name: str, further: Mapping[tuple[str, ...], str], keys: Collection[str]
) -> Iterator[str]:
    wanted: dict[tuple[str, ...], str] = {
        ("apiVersion",): names.SEALED_SECRET,
        ("kind",): "SealedSecret",
        ("metadata", "name"): name,
        ("metadata", "namespace"): names.ISTIO_SYSTEM,
        ("spec", "template", "metadata", "name"): name,
        ("spec", "template", "metadata", "namespace"): names.ISTIO_SYSTEM,
        **further,
    }
    for path, value in wanted.items():
        actual = _get(document, path)
        if actual is None:
            yield f'{".".join(path)} is missing, and must be "{value}"'
        elif actual != value:
            yield f'{".".join(path)} is "{actual}", and must be "{value}"'
    yield from _unsealed(document, keys)
    yield from _added(document)


def _unsealed(document: Any, keys: Collection[str]) -> Iterator[str]:
    data = _get(document, ("spec", "encryptedData"))
    if not isinstance(data, dict) or set(data) != set(keys) or any(not isinstance(data[key], str) for key in keys):
        which = " and ".join(f'"{key}"' for key in keys)
        words = "the one key {}, with a sealed text" if len(keys) == 1 else "the keys {}, each with a sealed text"
        yield f"spec.encryptedData must have {words.format(which)}"
    else:
        for key in keys:
            if not _is_sealed(data[key]):
                yield f"spec.encryptedData.{key} is not sealed; a secret that stands there is known to all"
    for place in (("metadata",), ("spec", "template", "metadata")):
        annotations = _get(document, (*place, "annotations"))
        for scope in _SCOPES:
            if isinstance(annotations, dict) and scope in annotations:
                yield f"{scope} widens the scope: with strict scope the secret opens under this name only"


def _added(document: Any) -> Iterator[str]:
    for path, allowed in _CLOSED.items():
        found = _get(document, path)
        for key in found if isinstance(found, dict) else ():
            if key not in allowed and key not in _SCOPES:
                yield f"{'.'.join((*path, str(key)))} is not sealed, and has no place in it"
    kind = _get(document, (*_TEMPLATE, "type"))
    if kind not in _TYPES:
        yield f'spec.template.type is "{kind}", and must be "Opaque"'


def _is_sealed(text: str) -> bool:
    """Return whether a text has the form of what sealed-secrets seals (HybridEncrypt in its pkg/crypto)."""
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return False
    key = int.from_bytes(raw[:_LENGTH])
    # Bits that nothing reads would make another text of the same bytes.
    written = binascii.b2a_base64(raw, newline=False).decode() == text
    return written and key > 0 and len(raw) >= _LENGTH + key + _SEAL


def _texts(document: Any) -> dict[str, str]:
    """Return the sealed texts of a sealed secret by their keys; sealing is random, so that each text is made once."""
    data = _get(document, ("spec", "encryptedData"))
    found = data.items() if isinstance(data, dict) else ()
    return {key: text for key, text in found if isinstance(key, str) and isinstance(text, str)}


def copied(found: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, message) of each sealed secret that holds what was sealed for another file, or for another key.

    found: the documents by path. before: those among which the text may stand; the same ones, or older ones.
    """
    first: dict[str, tuple[str, str]] = {}
    for path, document in sorted(before.items()):
        for key, text in sorted(_texts(document).items()):
            first.setdefault(text, (path, key))
    for path, document in sorted(found.items()):
        for key, text in sorted(_texts(document).items()):
            other, its = first.get(text, (path, key))
            if other != path:
                name = _name(before[other])
                why = "opens under no other name" if name != _name(document) else "was sealed for that file alone"
                yield path, f'its sealed text is that of "{name}" ({other}), and {why}'
                break
            if its != key:
                yield path, f'under "{key}" stands what was sealed as "{its}"'
                break


def _name(document: Any) -> Any:
    return _get(document, ("metadata", "name"))


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data
