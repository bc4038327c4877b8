"""The line of the blueprint that brings a change about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcgen.changes.finding import Finding
    from mcgen.changes.trees import Trees
    from mcgen.tree import DataPath

# Where in the blueprint a kind of change comes from, when it is not where its file comes from.
_WHOLE: dict[str, DataPath] = {
    "istio": ("istio", "version"),
    "hub": ("istio", "hub"),
    "argocd": ("gitops", "argocd", "version"),
    "egress": ("istio", "meshConfig", "outboundTrafficPolicy"),
    "source": ("gitops",),
    "patch": ("patches",),
}
# The same below the cluster that a file belongs to.
_IN_CLUSTER: dict[str, DataPath] = {
    "network": ("network",),
    "sources": ("gateway", "sourceRanges"),
    "reach": ("gateway", "scheme"),
    "replicas": ("gateway", "replicas"),
    "resources": ("gateway", "resources"),
    "ports": ("gateway",),
}


def blame(finding: Finding, trees: Trees) -> Finding:
    """Return the finding with the place in the blueprint, where a blueprint is at hand and knows it."""
    if trees.place is None:
        return finding
    origins = [trees.origins[path] for path in finding.files if path in trees.origins]
    if finding.kind in _WHOLE:
        return replace(finding, pos=trees.place(_WHOLE[finding.kind]))
    if not origins:
        return finding
    origin = origins[-1]
    if origin[:1] == ("clusters",):
        origin = (*origin[:2], *_IN_CLUSTER.get(finding.kind, ()))
    return replace(finding, pos=trees.place(origin))
