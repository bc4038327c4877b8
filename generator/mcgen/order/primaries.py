"""Several primaries: what each is told of the others, beside the chains, and that all sign under one root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.order import bounds, finding, kinds, table, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.order.edges import Edges
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Peer
    from mcgen.order.kustomize import Built


def peers(found: Iterable[Peer], edges: Edges, plugins: set[str], findings: Findings) -> None:
    """Add what is wrong with what primaries are told of their peers: nothing waits for it, and it waits for nothing."""
    for peer in found:
        step = peer.step
        bounds.stage(step, plugins, findings)
        secrets = [obj for obj in step.built.objects if obj.kind in kinds.SECRETS and obj.facts]
        if len(secrets) != 1 or len(step.built.objects) != 1:
            message = f"{step.folder} must hold one remote secret, that of '{peer.cluster}', and nothing else"
            findings.at(step.obj, finding.PEER, message)
        needed = [(table.NAMESPACE, step.cluster, obj.namespace or step.app.namespace) for obj in secrets[:1]]
        for token in (*needed, (table.READER, peer.cluster, step.cluster)):
            if not edges.brings(token):
                thing = table.EDGES[token[0]].thing.format(token[2])
                message = f"it needs {thing} in cluster '{token[1]}', and no Application brings it"
                findings.at(step.obj, table.EDGES[token[0]].code, message)


def one_root(chains: Sequence[Chain], withheld: Iterable[tuple[Chain, Built]], findings: Findings) -> None:
    """Add a finding for each istiod of several that starts without a CA under the root that all share."""
    here = [(chain.cluster, step.built) for chain in chains for step in chain.steps]
    behind = [(chain.cluster, built) for chain, built in withheld]
    primaries = {cluster for cluster, built in (*here, *behind) if tokens.has_istiod(built.objects)}
    if len(primaries) < 2:
        return
    signed = {cluster for cluster, built in here for obj in built.objects if tokens.is_authority(obj)}
    for chain in chains:
        for step in chain.steps:
            if step.cluster not in signed and tokens.has_istiod(step.built.objects):
                message = (
                    f"{len(primaries)} clusters have an istiod, and that of '{step.cluster}' makes a root of its own"
                )
                findings.at(
                    step.obj, finding.AUTHORITY_LATE, f"{message}: nothing brings it a Secret {names.AUTHORITY}"
                )
