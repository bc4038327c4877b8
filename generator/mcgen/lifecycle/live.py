"""Whether a phase is over: what Argo CD has of a cluster, compared with what the tree has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mcgen import chain, names, phases
from mcgen.bootstrap import access, kube
from mcgen.bootstrap.access import Access
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mcgen.mesh import Cluster, Mesh
    from mcgen.tree import Data

_ARGOCD = "argocd"


def way(mesh: Mesh, context: str, kubeconfig: str) -> Access:
    """Return the way to Argo CD's cluster; raise ToolError when nobody says which it is."""
    if context or kubeconfig:
        return Access(cluster=_ARGOCD, context=context, kubeconfig=kubeconfig)
    own = mesh.gitops.argocd.cluster
    if not own:
        raise ToolError("it is not said where Argo CD runs: give --argocd-context, or gitops.argocd.cluster")
    return access.of(mesh.by_name[own], {})


def applications(mesh: Mesh, cluster: str, there: Access, *, timeout: float) -> list[Data]:
    """Return the Applications of a cluster, chain and stages, or, without a name, those of all clusters.

    Raises ToolError when Argo CD cannot be asked.
    """
    chosen = f"{names.PART_OF}={mesh.name},{names.CLUSTER}" + (f"={cluster}" if cluster else "")
    options = (f"--namespace={mesh.gitops.argocd.namespace}", f"--selector={chosen}", "--output=json")
    said = kube.kubectl(there, "get", "applications.argoproj.io", *options, timeout=timeout)
    try:
        items: Any = orjson.loads(said)["items"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ToolError(f"what kubectl prints is no list of Applications ({error})") from error
    return list(items)


def of(mesh: Mesh, cluster: Cluster, found: Iterable[Data]) -> list[Data]:
    """Return those of all Applications that are about a cluster: chain, stages, and what peers read of it.

    Of one that leaves, also those by which it reads others, and gateways that go with its lines.
    """
    reads = {names.peer(mesh.name, cluster.name, other.name) for other in mesh.clusters} if cluster.state else set()
    reads |= going_along(mesh, cluster)
    return [
        document
        for document in found
        if document["metadata"]["name"] in reads or document["metadata"]["labels"].get(names.CLUSTER) == cluster.name
    ]


def going_along(mesh: Mesh, cluster: Cluster) -> set[str]:
    """Return the Applications of other clusters that go with the lines of one: nobody needs their gateways then."""
    if cluster.state != phases.LAST or not (unused := chain.soon_unused(mesh)):
        return set()
    left = [(other, steps) for other, steps in chain.chains(mesh) if other.name in unused]
    return {
        names.application(mesh.name, other.name, step.name)
        for other, steps in left
        for step in steps
        if step.listed and step.stage.name in phases.BY_GATEWAY
    }


def wanted(mesh: Mesh, cluster: Cluster) -> dict[str, bool]:
    """Return the Applications of `of`, without the chain, by the tree, and whether each has a finalizer."""
    steps = next(steps for other, steps in chain.chains(mesh) if other.name == cluster.name)
    own = {names.application(mesh.name, cluster.name, step.name): step.deletable for step in steps if step.listed}
    own |= dict.fromkeys(going_along(mesh, cluster), True)
    for step in chain.peers(mesh):
        if step.cluster == cluster or (cluster.state and step.destination == cluster):
            own[names.peer(mesh.name, step.destination.name, step.cluster.name)] = step.deletable
    return own


def waits(mesh: Mesh, cluster: Cluster, found: Iterable[Data]) -> list[str]:
    """Return what is still to come before the phase of a cluster is over, empty when it is."""
    live = {document["metadata"]["name"]: document for document in found}
    own = names.chain(mesh.name, cluster.name)
    return [*_chain(own, live.get(own)), *_stages(live, own, wanted(mesh, cluster))]


def _chain(name: str, document: Data | None) -> Iterator[str]:
    if document is None:
        yield f"{name} is not there"
        return
    status = document.get("status") or {}
    for key, good in (("sync", "Synced"), ("health", "Healthy")):
        now = (status.get(key) or {}).get("status") or "Unknown"
        if now != good:
            yield f"{name} is {now}, not {good}"
    phase = (status.get("operationState") or {}).get("phase") or "Succeeded"
    if phase != "Succeeded":
        yield f"the sync of {name} is {phase}"


def _stages(live: Mapping[str, Data], own: str, expected: Mapping[str, bool]) -> Iterator[str]:
    for name in sorted(live.keys() - {own} - expected.keys()):
        going = live[name]["metadata"].get("deletionTimestamp")
        yield f"{name} is still there" + (", and being deleted: it may wait to be confirmed" if going else "")
    for name, deletable in sorted(expected.items()):
        if name not in live:
            yield f"{name} is not there"
        elif deletable and names.FINALIZER not in (live[name]["metadata"].get("finalizers") or ()):
            yield f"{name} has no finalizer yet: the next phase would leave its objects behind"
