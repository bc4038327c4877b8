"""Clusters that leave: whether each chain is what its phase makes of it, and no finalizer stands anywhere else.

The list of an ApplicationSet says how far each of its clusters is; the rest of the tree is compared with that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mcgen import names, phases, stages
from mcgen.order import finding, kinds, table, upgrading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.order.argocd import Application
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Peer
    from mcgen.order.istio import Operator
    from mcgen.order.objects import Obj
    from mcgen.upgrades import Rollout

_SECRETS = re.compile(r"clusters/([^/]+)/remote-secrets/([^/]+)")
_AUTHORITY = re.compile(rf"clusters/([^/]+)/{stages.TRUST}")
# What a later stage needs only to come up, and who brings it: gone before that stage on purpose.
_NEEDED_ONCE = {table.REMOTE_SECRET: stages.REMOTE_SECRET}


def known(obj: Obj, state: str, findings: Findings) -> bool:
    """Return whether a state is one; add a finding otherwise."""
    if phases.is_known(state):
        return True
    findings.at(obj, finding.UNREADABLE, f"'{state}' is no state of a cluster")
    return False


def parent(obj: Obj, app: Application, states: Sequence[str], findings: Findings) -> None:
    """Add what is wrong with the finalizer and the pruning of root, or of the chains of one ApplicationSet."""
    if app.deletes:
        findings.at(obj, finding.DELETES, "it has a finalizer")
    leaves = any(state != phases.MEMBER for state in states)
    if app.allow_empty and not leaves:
        findings.at(obj, finding.SYNC_POLICY, "syncPolicy.automated.allowEmpty is true, and no cluster leaves")
    elif leaves and not app.allow_empty:
        message = "a cluster leaves, and without syncPolicy.automated.allowEmpty its last Applications would stay"
        findings.at(obj, finding.PHASE, message)


class Unused(NamedTuple):
    """Whose gateway goes with the lines of those that have left: surely; and those of which the tree may not say it."""

    surely: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()


def unused(chains: Sequence[Chain]) -> Unused:
    """Return through whose gateway nobody comes any more, when the lines of the clusters that have left go."""
    stay = [chain for chain in chains if chain.state != phases.LAST]
    if len(stay) in (1, len(chains)):
        return Unused()
    planes = {chain.cluster: _plane(chain) for chain in stay}
    networks = {plane.network for plane in planes.values() if plane}
    if len(networks) > 1:
        return Unused()
    secrets = {chain.cluster: step for chain in stay for step in chain.steps if step.app.stage == stages.REMOTE_SECRET}
    serving = {step.cluster for step in secrets.values()}
    idle = frozenset(planes.keys() - serving)
    # A chain that waits shows no control plane, and one that has left far shows neither that nor whose remote it is.
    if all(plane and (plane.has_istiod or name in secrets) for name, plane in planes.items()):
        return Unused(surely=idle)
    return Unused(perhaps=idle)


def _plane(chain: Chain) -> Operator | None:
    steps = (step for step in chain.steps if step.app.stage == stages.CONTROL_PLANE)
    found = (obj.facts for step in steps for obj in step.built.objects if obj.kind == kinds.OPERATOR)
    return next(found, None)


def chain(found: Chain, rollout: Rollout | None, unused: Unused, findings: Findings) -> None:
    """Add what a chain has that its phase took, and finalizers that are wrong or missing.

    rollout: of the upgrade that is under way, whose steps delete too. unused: the gateways that go although their
    clusters stay.
    """
    gone, deletable = phases.gone(found.state), phases.deletable(found.state)
    words = f"{names.STATE} '{found.state}'" if found.state else "a member of the mesh"
    for step in found.steps:
        stage = step.app.stage
        for_nobody = stage in phases.BY_GATEWAY and found.cluster in unused.surely
        goes = stage in deletable or upgrading.deletable(step, rollout) or for_nobody
        if stage in gone:
            findings.at(step.obj, finding.PHASE, f"its cluster is {words}, in which there is no stage {stage} any more")
        elif stage in phases.BY_GATEWAY and found.cluster in unused.perhaps:
            continue
        elif stage not in deletable and upgrading.waits(step, rollout):
            pass
        elif step.app.deletes and not goes:
            findings.at(step.obj, finding.DELETES, f"it has a finalizer, and its cluster is {words}")
        elif goes and not step.app.deletes:
            why = f"its cluster is {words}" if stage in deletable else "an upgrade is under way"
            why = "nobody comes through this gateway when the lines of who has left go" if for_nobody else why
            message = f"{why}: without a finalizer the next phase leaves its objects behind"
            findings.at(step.obj, finding.PHASE, message)
        if step.app.allow_empty:
            findings.at(step.obj, finding.SYNC_POLICY, "syncPolicy.automated.allowEmpty is true")


def peers(found: Iterable[Peer], chains: Iterable[Chain], findings: Findings) -> None:
    """Add what peers hold of clusters that have left too far, and finalizers that are wrong or missing."""
    states = {chain.cluster: chain.state for chain in chains}
    for peer in found:
        obj, deletes = peer.step.obj, peer.step.app.deletes
        state, reader = (states.get(name, phases.MEMBER) for name in (peer.cluster, peer.step.cluster))
        words = f"{names.STATE} '{state}'" if state else "a member of the mesh"
        if peer.state != state:
            findings.at(obj, finding.UNREADABLE, f"it says '{peer.state}' of '{peer.cluster}', which is {words}")
        elif not phases.is_read(state, reader):
            message = f"'{peer.cluster}' is {words} and '{peer.step.cluster}' '{reader}': it reads it no more"
            findings.at(obj, finding.PHASE, f"{peer.name}: {message}")
        elif deletes and stages.REMOTE_SECRET not in phases.deletable(state):
            findings.at(obj, finding.DELETES, f"{peer.name} has a finalizer, and '{peer.cluster}' is {words}")
        elif not deletes and stages.REMOTE_SECRET in phases.deletable(state):
            message = f"'{peer.cluster}' is {words}: without a finalizer the next phase leaves its objects behind"
            findings.at(obj, finding.PHASE, f"{peer.name}: {message}")


def needless(state: str) -> set[str]:
    """Return the kinds of tokens that a chain's stages no longer need, because they run already."""
    gone = phases.gone(state)
    return {kind for kind, stage in _NEEDED_ONCE.items() if stage in gone}


def is_left_over(folder: str, chains: Iterable[Chain]) -> bool:
    """Return whether a folder has a sealed file that a cluster that leaves needs no more: an input, and no stage."""
    states = {chain.cluster: chain.state for chain in chains}
    if match := _AUTHORITY.fullmatch(folder):
        return stages.TRUST in phases.gone(states.get(match[1], phases.MEMBER))
    match = _SECRETS.fullmatch(folder)
    reader, cluster = (states.get(name, phases.MEMBER) for name in match.groups()) if match else ("", "")
    return not phases.is_read(cluster, reader)
