"""IstioOperator files: input of istioctl, never applied as they are. One whole file per stage and cluster.

Reviewers see the whole file, because kustomize knows no schema for IstioOperator and would replace its lists.
`hub` and `tag` are always set: istioctl's defaults depend on how it was built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import convert

from mcgen import layout, names, patching, stages
from mcgen.blueprint import Target
from mcgen.delivery import MANIFESTS
from mcgen.manifests import kustomize, rendered
from mcgen.merge import merge
from mcgen.minors import MINORS
from mcgen.selector import selects
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Cluster, Mesh


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the IstioOperator of one step, and the kustomization through which patches reach it.

    Where mcgen has it rendered, it stands beside what came out, patches and all; for the charts, it stands alone.
    """
    if step.delivery == MANIFESTS:
        yield from rendered.overlay(mesh, step, patched(mesh, step))
        return
    if step.charted:
        # No kustomization: what was Argo CD's source before must lead to nothing.
        yield File(path=f"{step.source}/{layout.ISTIO_OPERATOR}", documents=(patched(mesh, step),), origin=step.origin)
        return
    yield kustomize.overlay(mesh, step, [layout.ISTIO_OPERATOR])
    yield File(path=f"{step.path}/{layout.ISTIO_OPERATOR}", documents=(document(mesh, step),), origin=step.origin)


def patched(mesh: Mesh, step: Step) -> Data:
    """Return the IstioOperator of one step with the blueprint's patches applied, which the rules have tried."""
    original = document(mesh, step)
    found = original
    for patch in kustomize.user_patches(mesh, step):
        if selects(convert(patch["target"], Target), found, original):
            found = patching.apply(found, patching.parse(patch["patch"])) or found
    return found


def shares_base(mesh: Mesh, step: Step) -> bool:
    """Return whether what came out for one step lies in bases, and not beside it."""
    return step.delivery == MANIFESTS and rendered.is_shared(mesh, step, patched(mesh, step))


def document(mesh: Mesh, step: Step) -> Data:
    """Return the IstioOperator of one step."""
    spec = _SPECS[step.stage.name](mesh, step)
    revision = step.revision or mesh.rollout.old
    head: Data = {"profile": spec.pop("profile"), "hub": mesh.istio.hub, "tag": revision.version}
    if revision.name and step.stage.name != stages.BASE:
        head["revision"] = revision.name
    spec = head | spec
    return {
        "apiVersion": names.ISTIO_OPERATOR,
        "kind": "IstioOperator",
        "metadata": {"name": step.name, "namespace": names.ISTIO_SYSTEM},
        "spec": spec,
    }


def _base(mesh: Mesh, step: Step) -> Data:  # noqa: ARG001 - the same everywhere
    return {
        "profile": "empty",
        "components": {"base": {"enabled": True}},
        "values": {"global": {"enableReaderRBAC": False}},
    }


def _control_plane(mesh: Mesh, step: Step) -> Data:
    cluster = step.cluster
    spec = _primary(mesh, cluster) if cluster.is_primary else _remote(mesh, cluster)
    if step.revision and mesh.rollout.tagged(step.revision, primary=cluster.is_primary):
        # The chart then leaves its injector out.
        spec["values"]["global"]["operatorManageWebhooks"] = True
    elif cluster.webhook_annotations:
        # A value of the chart that IstioOperator's own fields do not have.
        spec["unvalidatedValues"] = {"sidecarInjectorWebhookAnnotations": cluster.webhook_annotations}
    return spec


def _primary(mesh: Mesh, cluster: Cluster) -> Data:
    values: Data = {
        "global": _global(mesh, cluster) | ({"externalIstiod": True} if cluster.gateway.serves_remotes else {}),
        "pilot": {"autoscaleMin": 2, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    if mesh.rotation:
        # istiod takes no other roots up while it runs, so each step of a rotation starts it anew. Its stage does not
        # wait for stage trust then, and may be first; what it began with it gives up only with this variable.
        values["pilot"]["podAnnotations"] = {names.ROTATION: mesh.rotation}
        values["pilot"]["env"] = {names.TAKES_ROOTS: "true"}
    return {
        "profile": "minimal",
        # The CRDs have a stage of their own.
        "components": {"base": {"enabled": False}},
        "meshConfig": _mesh_config(mesh, cluster),
        "values": merge(values, mesh.istio.values),
    }


def _mesh_config(mesh: Mesh, cluster: Cluster) -> Data:
    found = merge({"trustDomain": mesh.trust_domain}, mesh.istio.mesh_config)
    if cluster.gateway.serves_remotes and mesh.neighbours(cluster):
        # The gateway leads to istiod by its name, under which the clusters on its network have Services too: other
        # istiods, and those of remotes, whose only endpoint is this gateway. By itself istiod keeps its own name
        # inside of its cluster, and not that of the other revision during an upgrade.
        local = {"settings": {"clusterLocal": True}, "hosts": [names.EVERY_SYSTEM_HOST]}
        found["serviceSettings"] = [local, *(found.get("serviceSettings") or [])]
    return found


def _remote(mesh: Mesh, cluster: Cluster) -> Data:
    primary = mesh.by_name[cluster.primary]
    # Mesh, cluster and network reach a remote's proxies through the injection path; privileged ones through istiod.
    # No NetworkPolicy: the chart would make one for istiod pods, and there are none.
    values: Data = {
        "global": {"enableReaderRBAC": False, "remotePilotAddress": primary.gateway.address},
        "istiodRemote": {"injectionPath": names.injection_path(cluster.id, cluster.network)},
    }
    return {
        "profile": "remote",
        "components": {"base": {"enabled": False}},
        "values": merge(values, mesh.istio.values),
    }


def _global(mesh: Mesh, cluster: Cluster) -> Data:
    proxy = {"proxy": {"privileged": True}} if mesh.istio.proxy.privileged else {}
    return {
        "enableReaderRBAC": False,
        "meshID": mesh.id,
        "multiCluster": {"clusterName": cluster.id},
        "network": cluster.network,
        **_network_policy(mesh),
    } | proxy


def _network_policy(mesh: Mesh) -> Data:
    """Return the value that has Istio's charts make a NetworkPolicy for the pods of istiod, and of each gateway."""
    return {"networkPolicy": {"enabled": True}} if mesh.hardened else {}


def _east_west_gateway(mesh: Mesh, step: Step) -> Data:
    cluster = step.cluster
    gateway = cluster.gateway
    ports = [("status-port", names.STATUS_PORT), ("tls", names.MTLS_PORT)]
    if gateway.serves_remotes:
        ports += [("tls-istiod", names.ISTIOD_PORT), ("tls-webhook", names.WEBHOOK_PORT)]
    service: Data = {"ports": [{"name": name, "port": port, "targetPort": port} for name, port in ports]}
    if gateway.source_ranges:
        service["loadBalancerSourceRanges"] = list(gateway.source_ranges)
    labels = {
        "app": names.EAST_WEST_GATEWAY,
        **names.EAST_WEST_SELECTOR,
        names.CLUSTER: cluster.name,
        names.NETWORK: cluster.network,
    }
    kubernetes: Data = {
        "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": cluster.network}],
        "hpaSpec": {"minReplicas": gateway.min_replicas, "maxReplicas": gateway.max_replicas},
        "service": service,
    }
    if gateway.resources:
        kubernetes["resources"] = gateway.resources
    if gateway.annotations:
        kubernetes["serviceAnnotations"] = gateway.annotations
    component: Data = {"name": names.EAST_WEST_GATEWAY, "enabled": True, "label": labels, "k8s": kubernetes}
    return _gateway(mesh, step, component)


def _ingress_gateway(mesh: Mesh, step: Step) -> Data:
    kubernetes: Data = {"hpaSpec": {"minReplicas": 2, "maxReplicas": 5}}
    if step.cluster.ingress_annotations:
        kubernetes["serviceAnnotations"] = step.cluster.ingress_annotations
    return _gateway(mesh, step, {"name": names.INGRESS_GATEWAY, "enabled": True, "k8s": kubernetes})


def _gateway(mesh: Mesh, step: Step, component: Data) -> Data:
    options: Data = {"injectionTemplate": "gateway"}
    if step.revision and not MINORS[step.revision.minor].bounds_reach_the_chart:
        options["autoscaleMin"] = component["k8s"]["hpaSpec"]["minReplicas"]
    policy = _network_policy(mesh)
    # The chart has its options under this name, whatever the gateway is called.
    values: Data = {"gateways": {names.INGRESS_GATEWAY: options}}
    return {
        "profile": "empty",
        "components": {"ingressGateways": [component]},
        "values": ({"global": policy} if policy else {}) | values,
    }


_SPECS: dict[str, Callable[[Mesh, Step], Data]] = {
    stages.BASE: _base,
    stages.CONTROL_PLANE: _control_plane,
    stages.EAST_WEST_GATEWAY: _east_west_gateway,
    stages.INGRESS_GATEWAY: _ingress_gateway,
}
