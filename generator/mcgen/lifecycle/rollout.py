"""Whether a step of an upgrade is over: what Argo CD has of all clusters, and what still runs on the old istiod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mcgen import chain, names, upgrades
from mcgen.bootstrap import access, kube
from mcgen.delivery import PLUGIN
from mcgen.lifecycle import live
from mcgen.manifests import argocd, setup
from mcgen.manifests.setup_settings import REPO_SERVER
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mcgen.bootstrap.access import Access
    from mcgen.mesh import Cluster, Mesh
    from mcgen.tree import Data

_MOST = 10


def waits(mesh: Mesh, there: Access, kubeconfigs: Mapping[str, str | Access], *, timeout: float) -> list[str]:
    """Return what is still to come before the step of an upgrade is over, empty when it is.

    there: the way to Argo CD. Raises ToolError when it, or for the last steps a cluster, cannot be asked.
    """
    found = live.applications(mesh, "", there, timeout=timeout)
    waiting = [line for cluster in mesh.clusters for line in _applications(mesh, cluster, found)]
    if mesh.rollout.step == upgrades.PREPARED and mesh.istio.delivery == PLUGIN:
        waiting += plugins(mesh, repo_servers(mesh, there, timeout=timeout))
    if mesh.rollout.step == upgrades.GATEWAYS:
        for cluster in mesh.clusters:
            pods = left(mesh, access.of(cluster, kubeconfigs), timeout=timeout)
            waiting += _left(cluster, pods)
    return waiting


def _applications(mesh: Mesh, cluster: Cluster, found: Iterable[Data]) -> Iterator[str]:
    own = live.of(mesh, cluster, found)
    yield from live.waits(mesh, cluster, own)
    now = {document["metadata"]["name"]: (document.get("spec") or {}).get("source") for document in own}
    for name, source in sources(mesh, cluster.name).items():
        if name in now and now[name] != source:
            yield f"{name} does not have the source of this step yet"


def sources(mesh: Mesh, cluster: str) -> dict[str, Data]:
    """Return the source of each Application in the chain of a cluster; by it a step shows in Argo CD.

    Rendered stages that follow another istiod have another plugin, and the tag another folder. Where the tree holds
    what was rendered, the gateways have the same source before and after; there the pods show it (`left`).
    """
    steps = next(steps for other, steps in chain.chains(mesh) if other.name == cluster)
    documents = [argocd.application(mesh, step).documents[0] for step in steps if step.listed]
    return {document["metadata"]["name"]: document["spec"]["source"] for document in documents}


def repo_servers(mesh: Mesh, there: Access, *, timeout: float) -> list[Data]:
    """Return Argo CD's repo-server: as a list, which is empty when there is none; raise ToolError."""
    options = (f"--namespace={mesh.gitops.argocd.namespace}", f"--selector=app.kubernetes.io/name={REPO_SERVER}")
    said = kube.kubectl(there, "get", "deployments.apps", *options, "--output=json", timeout=timeout)
    try:
        items: Any = orjson.loads(said)["items"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ToolError(f"what kubectl prints is no list of Deployments ({error})") from error
    return list(items)


def plugins(mesh: Mesh, found: Iterable[Data]) -> Iterator[str]:
    """Yield what the repo-server still lacks: a render plugin, or the pods that have it."""
    for deployment in found:
        containers = {one.get("name") for one in deployment["spec"]["template"]["spec"]["containers"]}
        for plugin in setup.of(mesh).plugins:
            if plugin.container not in containers:
                yield f"{REPO_SERVER} has no container {plugin.container}: apply argocd/setup"
        status, wanted = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
        current = status.get("observedGeneration") == deployment["metadata"].get("generation")
        if not current or any(status.get(key, 0) != wanted for key in ("replicas", "updatedReplicas", "readyReplicas")):
            yield f"{REPO_SERVER} has not rolled out yet"
        return
    yield f"there is no Deployment with the label app.kubernetes.io/name={REPO_SERVER}"


def left(mesh: Mesh, there: Access, *, timeout: float) -> list[str]:
    """Return the pods of a cluster that the old istiod has injected, as namespace/name; raise ToolError."""
    # Of a pod only its name comes back.
    template = (
        "{{range .items}}{{$pod := .metadata}}{{with .metadata.annotations}}"
        f'{{{{with index . "{names.REVISION}"}}}}{{{{if eq . "{mesh.rollout.old.label}"}}}}'
        '{{$pod.namespace}}/{{$pod.name}}{{"\\n"}}{{end}}{{end}}{{end}}{{end}}'
    )
    running = "--field-selector=status.phase!=Succeeded,status.phase!=Failed"
    said = kube.kubectl(
        there, "get", "pods", "--all-namespaces", running, f"--output=go-template={template}", timeout=timeout
    )
    return sorted(said.split())


def _left(cluster: Cluster, pods: list[str]) -> Iterator[str]:
    if pods:
        more = f" and {len(pods) - _MOST} more" if len(pods) > _MOST else ""
        yield f"{cluster.name}: of the old istiod there are still {', '.join(pods[:_MOST])}{more}: restart them"
