"""The chain of each cluster: which stages it has, where they go, and behind which gate the rest waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mcgen import layout, names, phases, stages
from mcgen.delivery import HELM, MANIFESTS, PLUGIN
from mcgen.networks import crossed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.mesh import Cluster, Mesh
    from mcgen.pairs import Pair
    from mcgen.stages import Stage
    from mcgen.tree import DataPath
    from mcgen.upgrades import Revision, Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of one chain.

    name: the stage's in this chain; the control plane of a revision is called after it.
    cluster: whose chain it is. destination: where its objects go (a remote secret goes to the primary).
    path: its overlay. delivery: how the objects of a rendered stage reach Argo CD.
    gate: what it still waits for, empty when nothing.
    listed: whether its Application is in the chain yet; nothing behind the first gate is.
    deletable: whether the next phase deletes it, because its cluster leaves or nobody comes through its gateway when
    another one has left, or the next step of an upgrade.
    revision: which istiod it is, or follows; None for stages that are the same for all.
    """

    stage: Stage
    name: str
    cluster: Cluster
    destination: Cluster
    path: str
    delivery: str = PLUGIN
    gate: str = ""
    listed: bool = True
    deletable: bool = False
    revision: Revision | None = None

    @property
    def plugin(self) -> bool:
        """Return whether the render plugin makes the objects; a gate passes through it as it is.

        The commit that opens the gate must not change the Application's source: a sync that begins in the moment
        before the chain hands the change on keeps the old source, and with it fails again and again for ever.
        """
        return self.stage.rendered and self.delivery == PLUGIN

    @property
    def charted(self) -> bool:
        """Return whether Argo CD renders the stage from one of Istio's charts."""
        return self.stage.rendered and self.delivery == HELM and not self.gate

    @property
    def source(self) -> str:
        """Return the folder in which the IstioOperator of a rendered stage stands."""
        return layout.rendered_from(self.path)

    @property
    def origin(self) -> DataPath:
        """Return the place in the blueprint that brings this step about."""
        return self.cluster.origin


Chains: TypeAlias = "tuple[tuple[Cluster, tuple[Step, ...]], ...]"
"""Each cluster with its steps."""


def chains(mesh: Mesh) -> Chains:
    """Return each cluster with its steps in the order of their waves; those that leave, with what they still have."""
    unused = soon_unused(mesh)
    found = []
    for cluster, steps in whole(mesh):
        left = _left(steps, cluster.state) if cluster.state else steps
        found.append((cluster, _without_use(left) if cluster.name in unused else left))
    return tuple(found)


def soon_unused(mesh: Mesh) -> frozenset[str]:
    """Return the clusters through whose gateway nobody comes any more when the lines of those that have left go.

    It goes with these lines: what is left is on one network, and has no remotes there.
    """
    stay = [cluster for cluster in mesh.clusters if cluster.state != phases.LAST]
    if len(stay) == len(mesh.clusters) or crossed(cluster.network for cluster in stay):
        return frozenset()
    serving = {cluster.primary for cluster in stay if not cluster.is_primary}
    return frozenset(c.name for c in stay if c.gateway.is_needed and c.name not in serving)


def _without_use(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, deletable=True) if step.stage.name in phases.BY_GATEWAY else step for step in steps)


def kept(mesh: Mesh) -> Iterator[Step]:
    """Yield the steps that are in no chain any more, and whose overlay stays as long as their input does.

    A sealed file without the kustomization around it would be a folder of plain objects, which Argo CD reads as well:
    in the moment before the chain deletes the Application it would take the question off the SealedSecret, and then
    delete it without asking.
    """
    leaving = any(cluster.state for cluster in mesh.clusters)
    for cluster, steps in whole(mesh) if leaving else ():
        gone = phases.gone(cluster.state) & {stages.REMOTE_SECRET, stages.TRUST}
        yield from (step for step in steps if step.stage.name in gone and not step.gate)
    yield from (step for step in whole_peers(mesh) if not _is_read(step))


def peers(mesh: Mesh) -> Iterator[Step]:
    """Yield the remote secrets of peers, beside the chains: each as soon as it is sealed, and nothing waits for it."""
    yield from (step for step in whole_peers(mesh) if _is_read(step))


def whole_peers(mesh: Mesh) -> Iterator[Step]:
    """Yield the remote secrets of peers as they are when all clusters are members."""
    for pair in mesh.all_pairs:
        if pair.held and not pair.serves:
            step = _step(mesh, stages.REMOTE_SECRET, _Followed(None), pair.remote, pair)
            yield replace(step, deletable=stages.REMOTE_SECRET in phases.deletable(pair.remote.state))


def _is_read(step: Step) -> bool:
    return phases.is_read(step.cluster.state, step.destination.state)


def whole(mesh: Mesh) -> Iterator[tuple[Cluster, tuple[Step, ...]]]:
    """Yield each cluster with the steps that it has as a member."""
    followed = {primary: _followed(mesh.rollout, primary=primary) for primary in (True, False)}
    for cluster in mesh.clusters:
        pair, revisions = mesh.pairs.get(cluster.name), followed[cluster.is_primary]
        in_order = _names(mesh, cluster)
        steps = [
            _step(mesh, name, one, cluster, pair) for name in in_order for one in revisions.get(name, _NO_REVISION)
        ]
        yield cluster, _withhold(steps)


class _Followed(NamedTuple):
    """Which istiod a stage is, or follows, and whether the next step of an upgrade deletes it."""

    revision: Revision | None
    deletable: bool = False


_NO_REVISION = (_Followed(None),)


def _followed(rollout: Rollout, *, primary: bool) -> dict[str, tuple[_Followed, ...]]:
    """Return the istiods of the stages that have any: a control plane for each, and the others for one."""
    gateways, tag = (_Followed(rollout.gateways),), rollout.tag
    return {
        stages.BASE: (_Followed(rollout.base),),
        stages.CONTROL_PLANE: tuple(
            _Followed(revision, rollout.deletable(revision)) for revision in rollout.control_planes(primary=primary)
        ),
        stages.REVISION_TAG: (_Followed(tag, rollout.tag_deletable),) if tag else (),
        stages.EAST_WEST_GATEWAY: gateways,
        stages.INGRESS_GATEWAY: gateways,
    }


def _names(mesh: Mesh, cluster: Cluster) -> Iterator[str]:
    yield stages.NAMESPACES
    if mesh.sealed_secrets.managed and cluster.opens:
        yield stages.SEALED_SECRETS
    if mesh.shares_root and cluster.is_primary:
        yield stages.TRUST
    if not cluster.is_primary:
        yield stages.REMOTE_SECRET
    yield from (stages.BASE, stages.CONTROL_PLANE, stages.REVISION_TAG)
    if cluster.gateway.is_needed:
        yield stages.EAST_WEST_GATEWAY
    if cluster.ingress_gateway:
        yield stages.INGRESS_GATEWAY
    if cluster.is_primary:
        # istiod reads its configuration in its own cluster only.
        if mesh.exposes(cluster):
            yield stages.EXPOSURE
        yield stages.POLICIES
    if mesh.demo:
        yield stages.WORKLOADS


def _step(mesh: Mesh, name: str, followed: _Followed, cluster: Cluster, pair: Pair | None) -> Step:
    how = mesh.istio.delivery
    consumer, revision = pair.consumer if pair else cluster, followed.revision
    own = names.control_plane(revision.name) if revision and name == stages.CONTROL_PLANE else name
    if revision and name == stages.REVISION_TAG:
        path = layout.revision_tag(cluster.name, revision.label)
    else:
        path = layout.overlay(cluster.name, own, consumer.name)
    gate = _gate(name, pair)
    step = Step(
        stage=stages.BY_NAME[name],
        name=own,
        cluster=cluster,
        destination=consumer if name == stages.REMOTE_SECRET else cluster,
        path=_place(path, how, gated=bool(gate)) if stages.BY_NAME[name].rendered else path,
        delivery=how,
        gate=gate,
        deletable=followed.deletable,
        revision=revision,
    )
    if (name == stages.TRUST and not cluster.authority) or (name == stages.REMOTE_SECRET and not (pair and pair.held)):
        return replace(step, gate=mesh.secrets.backend.missing(step))
    return step


def _place(overlay: str, how: str, *, gated: bool) -> str:
    if how == MANIFESTS:
        return layout.manifests(overlay)
    return layout.gate(overlay) if how == HELM and gated else overlay


def _gate(name: str, pair: Pair | None) -> str:
    if pair and name == stages.CONTROL_PLANE and not pair.consumer.gateway.address:
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
