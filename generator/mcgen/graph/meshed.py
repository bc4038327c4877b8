"""The picture of a mesh as its blueprint and its inputs say it will be built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import chain, phases, platforms, stages
from mcgen.graph.callers import policy
from mcgen.graph.picture import Cluster, Gateway, Namespace, Peer, Picture, State, Step
from mcgen.manifests import policies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcgen import mesh as resolved
    from mcgen.mesh import Mesh


def picture(mesh: Mesh, chains: chain.Chains | None = None) -> Picture:
    """Return what there is to see of a mesh. chains: its own, where somebody has them already."""
    chains = chain.chains(mesh) if chains is None else chains
    return Picture(
        name=mesh.name,
        description=mesh.description,
        istio=mesh.istio.version,
        hardened=mesh.hardened,
        clusters=tuple(_cluster(mesh, cluster, steps) for cluster, steps in chains),
        exported=mesh.exported,
        policies=tuple(policy(document) for document in policies.authorization(mesh)),
        peers=tuple(
            Peer(consumer=pair.consumer.name, cluster=pair.remote.name, sealed=bool(pair.held))
            for pair in mesh.all_pairs
            if not pair.serves and phases.is_read(pair.remote.state, pair.consumer.state)
        ),
        done=mesh.secrets.backend.DONE,
    )


def _cluster(mesh: Mesh, cluster: resolved.Cluster, steps: tuple[chain.Step, ...]) -> Cluster:
    pair = mesh.pairs.get(cluster.name)
    present = {step.stage.name for step in steps}
    return Cluster(
        name=cluster.name,
        id=cluster.id,
        cloud=platforms.PLATFORMS[cluster.platform].TITLE,
        network=cluster.network,
        primary=cluster.primary,
        sealed=bool(pair and pair.held),
        leaves=cluster.state,
        gateway=_gateway(cluster.gateway) if stages.EAST_WEST_GATEWAY in present else None,
        steps=tuple(_step(step) for step in steps),
        namespaces=_namespaces(cluster.namespaces) if stages.NAMESPACES in present else (),
    )


def _gateway(gateway: resolved.Gateway) -> Gateway:
    return Gateway(
        address=gateway.address,
        internal=platforms.is_internal(gateway.annotations),
        ports=platforms.ports(serves_remotes=gateway.serves_remotes),
        sources=gateway.source_ranges,
    )


def _namespaces(found: Iterable[resolved.Namespace]) -> tuple[Namespace, ...]:
    return tuple(
        Namespace(name=namespace.name, injection=namespace.injection, exported=namespace.exported)
        for namespace in sorted(found, key=lambda namespace: namespace.name)
    )


def _step(step: chain.Step) -> Step:
    if not step.listed:
        state = State.WITHHELD
    elif step.gate:
        state = State.GATE
    else:
        state = State.LEAVING if step.deletable else State.OPEN
    return Step(stage=step.stage.name, wave=step.stage.wave, state=state, waits=step.gate)
