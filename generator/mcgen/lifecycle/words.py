"""What a person has to know and do while a cluster leaves: for the command and for the tree's README alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import chain, names, phases, stages

if TYPE_CHECKING:
    from mcgen.mesh import Cluster, Mesh

NOW = '"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'
_LAST_WORDS = "Argo CD never deletes CustomResourceDefinitions. When nothing else in {name} uses Istio's:"


def what(cluster: Cluster) -> str:
    """Return what the phase of a cluster does."""
    return phases.BY_STATE[cluster.state].what


def confirmations(mesh: Mesh, cluster: Cluster) -> list[str]:
    """Return the commands that answer what Argo CD waits for in this phase."""
    wanted = phases.BY_STATE[cluster.state].confirm
    # A gate is deleted without a question.
    asked = [step for step in _whole(mesh, cluster) if step.stage.name in wanted and step.listed and not step.gate]
    apps = [names.application(mesh.name, cluster.name, step.name) for step in asked]
    if stages.REMOTE_SECRET in wanted:
        apps += [_peer(mesh, step) for step in _read_by(mesh, cluster)]
    return [
        f"kubectl -n {mesh.gitops.argocd.namespace} annotate applications.argoproj.io "
        f"{app} {names.DELETION_APPROVED}={NOW} --overwrite"
        for app in apps
    ]


def warnings(cluster: Cluster) -> list[str]:
    """Return what to look at before anybody confirms."""
    if stages.NAMESPACES not in phases.BY_STATE[cluster.state].confirm:
        return []
    spaces = ", ".join(dict.fromkeys([names.ISTIO_SYSTEM, *(ns.name for ns in cluster.namespaces)]))
    return [
        f"Confirmed, these namespaces of {cluster.name} are deleted with all that anybody has in them: {spaces}. "
        "To keep one, say so as soon as Argo CD has begun, before you confirm: "
        f"`kubectl --context {cluster.context} annotate namespace NAME {names.SYNC_OPTIONS}=Delete=false --overwrite`"
    ]


def going_along(mesh: Mesh, cluster: Cluster) -> list[str]:
    """Return what else goes with the lines of a cluster that has left."""
    unused = chain.soon_unused(mesh) if cluster.state == phases.LAST else frozenset()
    if not unused:
        return []
    whose = " and ".join(sorted(unused))
    return [
        f"With the lines of {cluster.name} goes the gateway of {whose}, and its load balancer: the clusters that stay "
        "are on one network, and nobody comes that way any more."
    ]


def taken(mesh: Mesh, cluster: Cluster) -> list[str]:
    """Return the names of the Applications that are gone once this phase is over."""
    phase = phases.BY_STATE[cluster.state]
    there = [step for step in _whole(mesh, cluster) if step.listed and step.stage.name in phase.takes]
    apps = [names.application(mesh.name, cluster.name, step.name) for step in there]
    if stages.REMOTE_SECRET in phase.takes:
        apps += [_peer(mesh, step) for step in _read_by(mesh, cluster)]
    if stages.CONTROL_PLANE in phase.takes:
        reads = [step for step in chain.whole_peers(mesh) if step.destination == cluster]
        apps += [_peer(mesh, step) for step in reads if phases.is_read(step.cluster.state, phases.MEMBER)]
    return apps


def look(mesh: Mesh, cluster: Cluster) -> str:
    """Return the command that shows the Applications of a cluster."""
    chosen = f"{names.PART_OF}={mesh.name},{names.CLUSTER}={cluster.name}"
    return f"kubectl -n {mesh.gitops.argocd.namespace} get applications.argoproj.io -l {chosen}"


def afterwards(name: str) -> list[str]:
    """Return what is left to do by hand when a cluster has left."""
    return [
        _LAST_WORDS.format(name=name),
        f"  kubectl --context CONTEXT delete crd -l {names.PART_OF}=istio",
    ]


def phase(mesh: Mesh, name: str, path: str, where: str) -> list[str]:
    """Return what the command says about a phase that was just written; where: its option for the tree's folder."""
    cluster = mesh.by_name[name]
    number = [found.state for found in phases.PHASES].index(cluster.state) + 1
    gone = taken(mesh, cluster)
    ends = f"{names.chain(mesh.name, name)} is Synced and Healthy" + (
        f", and gone are {', '.join(gone)}" if gone else ""
    )
    confirm = confirmations(mesh, cluster)
    return [
        f"{path}: {name} is '{cluster.state}' now, phase {number} of {len(phases.PHASES)}: {what(cluster)}",
        f"next: mcgen build {path}{where}, commit, and let Argo CD sync it",
        *(["then Argo CD waits until somebody confirms:"] if confirm else []),
        *(f"  {line}" for line in confirm),
        *warnings(cluster),
        *going_along(mesh, cluster),
        f"over when {ends}:",
        f"  {look(mesh, cluster)}",
        f"after that: mcgen remove cluster {path} {name}{where}",
    ]


def _read_by(mesh: Mesh, cluster: Cluster) -> list[chain.Step]:
    """Return what peers hold of a cluster, or did before its remote secrets went."""
    held = [step for step in chain.whole_peers(mesh) if step.cluster == cluster]
    return [step for step in held if phases.is_read(phases.MEMBER, step.destination.state)]


def _peer(mesh: Mesh, step: chain.Step) -> str:
    return names.peer(mesh.name, step.destination.name, step.cluster.name)


def _whole(mesh: Mesh, cluster: Cluster) -> tuple[chain.Step, ...]:
    return next(steps for other, steps in chain.whole(mesh) if other.name == cluster.name)
