"""The chain of each cluster: which stages it has, where they go, and behind which gate the rest waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen import layout, names, phases, stages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.mesh import Cluster, Mesh, Pair
    from mcgen.stages import Stage
    from mcgen.tree import DataPath
    from mcgen.upgrades import Revision, Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of one chain.

    cluster: whose chain it is. destination: where its objects go (a remote secret goes to the primary).
    path: its overlay. gate: what it still waits for, empty when nothing.
    listed: whether its Application is in the chain yet; nothing behind the first gate is.
    deletable: whether the next phase deletes it, because its cluster leaves, or the next step of an upgrade.
    revision: which istiod it is, or follows; None for stages that are the same for all.
    """

    stage: Stage
    cluster: Cluster
    destination: Cluster
    path: str
    gate: str = ""
    listed: bool = True
    deletable: bool = False
    revision: Revision | None = None

    @property
    def name(self) -> str:
        """Return the stage's name in this chain: the control plane of a revision is called after it."""
        revised = self.revision is not None and self.stage.name == stages.CONTROL_PLANE
        return names.control_plane(self.revision.name) if revised and self.revision else self.stage.name

    @property
    def rendered(self) -> bool:
        """Return whether the render plugin makes the objects; a gate passes through it as it is.

        The commit that opens the gate must not change the Application's source: a sync that begins in the moment
        before the chain hands the change on keeps the old source, and with it fails again and again for ever.
        """
        return self.stage.rendered

    @property
    def origin(self) -> DataPath:
        """Return the place in the blueprint that brings this step about."""
        return self.cluster.origin


def chains(mesh: Mesh) -> Iterator[tuple[Cluster, tuple[Step, ...]]]:
    """Yield each cluster with its steps in the order of their waves; those that leave, with what they still have."""
    for cluster, steps in whole(mesh):
        yield cluster, _left(steps, cluster.state) if cluster.state else steps


def kept(mesh: Mesh) -> Iterator[Step]:
    """Yield the steps that are in no chain any more, and whose overlay stays as long as their input does.

    A sealed file without the kustomization around it would be a folder of plain objects, which Argo CD reads as well:
    in the moment before the chain deletes the Application it would take the question off the SealedSecret, and then
    delete it without asking.
    """
    for cluster, steps in whole(mesh):
        gone = phases.gone(cluster.state)
        yield from (step for step in steps if step.stage.name in gone & {stages.REMOTE_SECRET} and not step.gate)


def whole(mesh: Mesh) -> Iterator[tuple[Cluster, tuple[Step, ...]]]:
    """Yield each cluster with the steps that it has as a member."""
    for cluster in mesh.clusters:
        pair = mesh.pairs.get(cluster.name)
        steps = [_step(name, revision, cluster, pair) for name, revision in _stages(mesh, cluster)]
        yield cluster, _withhold([replace(step, deletable=_deletable(step, mesh.rollout)) for step in steps])


def _stages(mesh: Mesh, cluster: Cluster) -> Iterator[tuple[str, Revision | None]]:
    rollout = mesh.rollout
    for name in _names(mesh, cluster):
        if name == stages.CONTROL_PLANE:
            yield from ((name, revision) for revision in rollout.control_planes(primary=cluster.is_primary))
        elif name == stages.REVISION_TAG:
            if rollout.tag:
                yield name, rollout.tag
        else:
            yield name, {stages.BASE: rollout.base, **dict.fromkeys(_GATEWAYS, rollout.gateways)}.get(name)


_GATEWAYS = (stages.EAST_WEST_GATEWAY, stages.INGRESS_GATEWAY)


def _deletable(step: Step, rollout: Rollout) -> bool:
    if step.stage.name == stages.CONTROL_PLANE and step.revision:
        return rollout.deletable(step.revision)
    return step.stage.name == stages.REVISION_TAG and rollout.tag_deletable


def _names(mesh: Mesh, cluster: Cluster) -> Iterator[str]:
    yield stages.NAMESPACES
    if mesh.sealed_secrets.managed and cluster.gateway.serves_remotes:
        yield stages.SEALED_SECRETS
    if not cluster.is_primary:
        yield stages.REMOTE_SECRET
    yield from (stages.BASE, stages.CONTROL_PLANE, stages.REVISION_TAG, stages.EAST_WEST_GATEWAY)
    if cluster.ingress_gateway:
        yield stages.INGRESS_GATEWAY
    if cluster.is_primary:
        # istiod reads its configuration in its own cluster only.
        if mesh.exposes:
            yield stages.EXPOSURE
        yield stages.POLICIES
    if mesh.demo:
        yield stages.WORKLOADS


def _step(name: str, revision: Revision | None, cluster: Cluster, pair: Pair | None) -> Step:
    consumer = pair.consumer if pair else cluster
    step = Step(
        stage=stages.BY_NAME[name],
        cluster=cluster,
        destination=consumer if name == stages.REMOTE_SECRET else cluster,
        path="",
        gate=_gate(name, pair) if pair else "",
        revision=revision,
    )
    if name == stages.REVISION_TAG and revision:
        return replace(step, path=layout.revision_tag(cluster.name, revision.label))
    return replace(step, path=layout.overlay(cluster.name, step.name, consumer.name))


def _gate(name: str, pair: Pair) -> str:
    if name == stages.REMOTE_SECRET and not pair.sealed:
        secret = names.remote_secret(pair.remote.id)
        return f"{layout.sealed_secret(pair.consumer.name, pair.remote.name)} (SealedSecret {secret})"
    if name == stages.CONTROL_PLANE and not pair.consumer.gateway.address:
        return f"the address of the east-west gateway of {pair.consumer.name}, in {layout.FACTS}"
    return ""


def _withhold(steps: list[Step]) -> tuple[Step, ...]:
    """Return the steps with those behind the first gate taken off the list."""
    first = next((i for i, step in enumerate(steps) if step.gate), len(steps))
    return (*steps[: first + 1], *(replace(step, listed=False) for step in steps[first + 1 :]))


def _left(steps: tuple[Step, ...], state: str) -> tuple[Step, ...]:
    """Return what is left of a chain: what waited behind a gate never comes, and phase by phase the rest goes."""
    gone, deletable = phases.gone(state), phases.deletable(state)
    return tuple(
        replace(step, deletable=step.stage.name in deletable)
        for step in steps
        if step.listed and step.stage.name not in gone
    )
