"""The phases in which a cluster leaves: what each one takes out of its chain, and what the next one will (one table).

A wave orders how stages appear, and nothing orders how they go: Argo CD prunes an Application and leaves its objects
behind, unless the Application has a finalizer. So each phase is a commit of its own, in which the stages of this
phase leave the chain, and those of the next one get the finalizer that they need for it. First goes what others hold
of the cluster, its primary and its peers: were the gateway taken before, they would still send others there.

A primary that leaves reads others as long as its istiod runs. What it reads them with goes with its namespaces, and
what is there for it in other clusters when its lines go.

Sources: argo-cd, controller/appcontroller.go (finalizeApplicationDeletion, shouldBeDeleted, autoSync).
"""

from __future__ import annotations

from dataclasses import dataclass

from mcgen import stages

MEMBER = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase.

    state: what the blueprint says of the cluster from this phase on. takes: the stages that leave the chain.
    what: what happens in the clusters. confirm: the stages whose deletion somebody has to confirm.
    """

    state: str
    takes: tuple[str, ...]
    what: str
    confirm: tuple[str, ...] = ()


PHASES = (
    Phase(
        state="leaving",
        takes=(),
        what="nothing goes yet; the remote secret is made ready to be deleted",
    ),
    Phase(
        state="secret-gone",
        takes=(stages.REMOTE_SECRET,),
        what="each istiod that reads the cluster loses its remote secret, and with it all endpoints there: "
        "no other cluster calls its workloads any more",
        confirm=(stages.REMOTE_SECRET,),
    ),
    Phase(
        state="gateways-gone",
        takes=(stages.WORKLOADS, stages.EXPOSURE, stages.INGRESS_GATEWAY, stages.EAST_WEST_GATEWAY),
        what="the demo and the gateways are deleted, and the clouds take their load balancers back",
    ),
    Phase(
        state="control-plane-gone",
        takes=(stages.CONTROL_PLANE, stages.REVISION_TAG),
        what="the injector webhook and the way to istiod, or istiod itself, are deleted: pods start without a sidecar "
        "from then on",
    ),
    Phase(
        state="gone",
        # Without its policies an istiod that still runs would let everybody in.
        takes=(stages.BASE, stages.POLICIES, stages.TRUST, stages.SEALED_SECRETS, stages.NAMESPACES),
        what="the reader identities and the namespaces are deleted, with all that is in them",
        confirm=(stages.TRUST, stages.NAMESPACES),
    ),
)
BY_STATE = {phase.state: phase for phase in PHASES}
FIRST, LAST = PHASES[0].state, PHASES[-1].state
_ORDER = [MEMBER, *BY_STATE]
# What a cluster that stays loses when the last one that came through its gateway has left.
BY_GATEWAY = frozenset((stages.EAST_WEST_GATEWAY, stages.EXPOSURE))
# Argo CD never deletes a CustomResourceDefinition together with its Application, so a finalizer would do nothing.
_KEPT = frozenset((stages.BASE,))


def is_known(state: str) -> bool:
    """Return whether a state is one that a blueprint can give, that of a member included."""
    return state in _ORDER


def following(state: str) -> str:
    """Return the state after one; raise IndexError after the last, where the cluster's lines go."""
    return _ORDER[_ORDER.index(state) + 1]


def gone(state: str) -> frozenset[str]:
    """Return the stages that are no longer in the chain of a cluster in a state."""
    count = _ORDER.index(state)
    return frozenset(stage for phase in PHASES[:count] for stage in phase.takes)


def deletable(state: str) -> frozenset[str]:
    """Return the stages whose Application has a finalizer, so that the next phase deletes their objects."""
    if state in (MEMBER, LAST):
        return frozenset()
    return frozenset(BY_STATE[following(state)].takes) - _KEPT


def is_read(state: str, reader: str) -> bool:
    """Return whether a peer still reads a cluster. state, reader: how far the cluster and the peer have left."""
    return stages.REMOTE_SECRET not in gone(state) and stages.CONTROL_PLANE not in gone(reader)


def may_follow(old: str, new: str) -> bool:
    """Return whether a commit may take a cluster from one state to another: one phase on, or back into the mesh.

    There is no way back from the last one: the reader's token in the remote secret is gone for good.
    """
    return new == old or (old != LAST and new in (MEMBER, following(old)))
