"""Which cluster a document is of: what it says itself, what its file or folder is called, and what lies beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing.documents import items, mapping, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Seen

_INJECTION = re.compile(r"/cluster/([^/]+)(?:/net/([^/]+))?")
_WORDS = re.compile(r"[^A-Za-z0-9]+")
# What an istiod takes for its cluster when nobody has named it.
UNNAMED = "Kubernetes"


def said_id(operator: Document) -> str:
    """Return the cluster that an IstioOperator names, empty when it names none."""
    plain = word(operator.at("spec", "values", "global", "multiCluster", "clusterName"))
    return plain or _injection(operator)[0]


def said_network(document: Document) -> str:
    """Return the network that a document names, empty when it names none."""
    values = word(document.at("spec", "values", "global", "network")) or _injection(document)[1]
    label = word(mapping(document.at("metadata", "labels")).get(names.NETWORK))
    gateways = items(document.at("spec", "components", "ingressGateways"))
    labels = [word(mapping(each.get("label")).get(names.NETWORK)) for each in gateways]
    return values or label or next(filter(None, labels), "")


def _injection(operator: Document) -> tuple[str, str]:
    match = _INJECTION.search(word(operator.at("spec", "values", "istiodRemote", "injectionPath")))
    return (match[1], match[2] or "") if match else ("", "")


def owner(document: Document, clusters: Mapping[str, Seen]) -> Seen | None:
    """Return the cluster that a document is of, None where nothing says it."""
    if len(clusters) == 1:
        return next(iter(clusters.values()))
    if document.kind == "IstioOperator":
        found = [each for each in clusters.values() if each.id == said_id(document)]
        if found:
            return found[0]
    named = _by_path(document.place, clusters) or _by_path(document.file, clusters)
    return named or _beside(document, clusters) or _by_network(document, clusters)


def _by_path(path: str, clusters: Mapping[str, Seen]) -> Seen | None:
    """Return the cluster whose name stands in the name of the file, or of a folder around it: the longest counts."""
    for part in reversed(path.split("/")):
        said = f" {' '.join(_WORDS.split(part.lower()))} "
        found = [
            each
            for each in clusters.values()
            if any(f" {' '.join(_WORDS.split(name.lower()))} " in said for name in (each.name, each.id))
        ]
        longest = max(map(_length, found), default=0)
        best = [each for each in found if _length(each) == longest]
        if len(best) == 1:
            return best[0]
    return None


def _length(cluster: Seen) -> int:
    return len(cluster.name)


def _beside(document: Document, clusters: Mapping[str, Seen]) -> Seen | None:
    """Return the cluster whose control plane alone lies in the same folder, or in the next one around it."""
    folder = document.file
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        found = [each for each in clusters.values() if any(f.file.startswith(f"{folder}/") for f in each.planes)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _by_network(document: Document, clusters: Mapping[str, Seen]) -> Seen | None:
    network = said_network(document)
    found = [each for each in clusters.values() if network and each.network == network]
    return found[0] if len(found) == 1 else None
