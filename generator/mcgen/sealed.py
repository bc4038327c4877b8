"""What a sealed remote secret must be, and what it says of itself.

Which token and which certificate were used stands in annotations of the template and of the file; the sealing
itself covers name and namespace only (strict scope), so these are notes, and prove nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    name = names.remote_secret(cluster_id)
    wanted: dict[tuple[str, ...], Any] = {
        ("apiVersion",): names.SEALED_SECRET,
        ("kind",): "SealedSecret",
        ("metadata", "name"): name,
        ("metadata", "namespace"): names.ISTIO_SYSTEM,
        ("spec", "template", "metadata", "name"): name,
        ("spec", "template", "metadata", "namespace"): names.ISTIO_SYSTEM,
        ("spec", "template", "metadata", "labels", names.MULTI_CLUSTER): "true",
        ("spec", "template", "metadata", "annotations", names.REMOTE_CLUSTER): cluster_id,
    }
    for path, value in wanted.items():
        actual = _get(document, path)
        if actual is None:
            yield f'{".".join(path)} is missing, and must be "{value}"'
        elif actual != value:
            yield f'{".".join(path)} is "{actual}", and must be "{value}"'
    yield from _unsealed(document, cluster_id)


def _unsealed(document: Any, cluster_id: str) -> Iterator[str]:
    data = _get(document, ("spec", "encryptedData"))
    if not isinstance(data, dict) or list(data) != [cluster_id] or not isinstance(data[cluster_id], str):
        yield f'spec.encryptedData must have the one key "{cluster_id}", with a sealed text'
    # What stands here besides the sealed data is not sealed.
    for path in (("data",), ("stringData",), ("spec", "data"), ("spec", "template", "data")):
        if _get(document, path) is not None:
            yield f"{'.'.join(path)} is not sealed, and has no place in it"
    for place in (("metadata",), ("spec", "template", "metadata")):
        annotations = _get(document, (*place, "annotations"))
        for scope in _SCOPES:
            if isinstance(annotations, dict) and scope in annotations:
                yield f"{scope} widens the scope: with strict scope the secret opens under this name only"


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data
