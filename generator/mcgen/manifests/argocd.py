"""Argo CD's objects: root, AppProjects, ApplicationSets, and the Applications of the chains.

None has a finalizer, so that a line that is lost leaves objects behind and never deletes any; but for the stages that
the next phase takes from a cluster that leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcgen import chain, layout, names, stages
from mcgen.delivery import HELM
from mcgen.manifests import charts, exposure, istio_operator, readers
from mcgen.manifests.setup import plugin_name
from mcgen.prose import render
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.chain import Step
    from mcgen.mesh import Cluster, Mesh

PRIMARIES_WAVE, REMOTES_WAVE = 10, 20

# After a failed sync Argo CD does not try the same revision again by itself, so retries have no limit.
_RETRY: Data = {
    "limit": -1,
    "refresh": True,
    "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"},
}
_CLUSTER_KINDS = (
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
)
_KINDS = (
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "Job"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("networking.istio.io", "Gateway"),
    ("networking.istio.io", "VirtualService"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("security.istio.io", "AuthorizationPolicy"),
    ("security.istio.io", "PeerAuthentication"),
)


def install(mesh: Mesh) -> Iterator[File]:
    """Yield what an Argo CD administrator applies by hand: the two AppProjects and the root Application."""
    yield File(path=f"{layout.INSTALL}/projects.yaml", documents=(_root_project(mesh), _project(mesh)))
    yield File(path=f"{layout.INSTALL}/root.yaml", documents=(_root(mesh),))


def application_sets(mesh: Mesh) -> Iterator[File]:
    """Yield the ApplicationSets that root syncs: all primaries' chains, then all remotes', and what peers read."""
    for role, wave, clusters in (
        (names.PRIMARIES, PRIMARIES_WAVE, mesh.primaries),
        (names.REMOTES, REMOTES_WAVE, mesh.remotes),
    ):
        if clusters:
            document = _application_set(mesh, role, wave, _chains(mesh, clusters))
            yield File(path=layout.application_set(role), documents=(document,))
    peers = tuple(chain.peers(mesh))
    if peers:
        document = _application_set(mesh, names.PEERS, REMOTES_WAVE, _peers(mesh, peers))
        yield File(path=layout.application_set(names.PEERS), documents=(document,))


def application(mesh: Mesh, step: Step) -> File:
    """Return the Application of one step of a chain."""
    cluster, stage = step.cluster.name, step.stage
    sources = [".", *bases(mesh, step)]
    source = _charted(mesh, step) if step.charted else _source(mesh, step.path)
    if step.plugin:
        source["plugin"] = {"name": plugin_name((step.revision or mesh.rollout.old).minor)}
    spec: Data = {
        "project": mesh.name,
        "source": source,
        "destination": {"name": step.destination.name, "namespace": _namespace(mesh, stage.name)},
    }
    ignored = _ignored(mesh, step)
    if ignored:
        spec["ignoreDifferences"] = ignored
    spec["syncPolicy"] = _sync_policy(_OPTIONS.get(stage.name, []))
    metadata: Data = {
        "name": names.application(mesh.name, cluster, step.name),
        "namespace": mesh.gitops.argocd.namespace,
        "labels": {names.PART_OF: mesh.name, names.CLUSTER: cluster, names.STAGE: stage.name},
        "annotations": {names.GENERATE_PATHS: ";".join(sources), names.SYNC_WAVE: str(stage.wave)},
    }
    if step.charted:
        # There are no paths in a repository of charts.
        del metadata["annotations"][names.GENERATE_PATHS]
    if step.deletable:
        metadata["finalizers"] = [names.FINALIZER]
    document: Data = {"apiVersion": names.ARGO, "kind": "Application", "metadata": metadata, "spec": spec}
    return File(path=layout.application(cluster, stage.wave, step.name), documents=(document,), origin=step.origin)


def _charted(mesh: Mesh, step: Step) -> Data:
    return charts.source(mesh.istio.charts, istio_operator.patched(mesh, step))


def empty_chain(mesh: Mesh, cluster: Cluster) -> File:
    """Return what keeps the folder of a chain in Git when nothing is in it: Argo CD fails for one that is not there."""
    text = render("chain-README.md.j2", mesh=mesh, cluster=cluster)
    return File(path=f"{layout.chain(cluster.name)}/{layout.README}", text=text, origin=cluster.origin)


def bases(mesh: Mesh, step: Step) -> list[str]:
    """Return the folders outside a step's own that its kustomization reads, relative to its own."""
    if step.gate:
        folders = [layout.base(names.GATE)]
    elif step.stage.rendered:
        folders = [layout.base(stages.BASE)] if istio_operator.shares_base(mesh, step) else []
    elif step.stage.name in stages.SECRETS | {stages.REVISION_TAG}:
        folders = []
    elif step.stage.name == stages.NAMESPACES:
        folders = [layout.base(stages.NAMESPACES), *map(readers.base, mesh.readers(step.cluster.name))]
    elif step.stage.name == stages.EXPOSURE:
        folders = exposure.folders(mesh, step.cluster)
    else:
        folders = [layout.base(step.stage.name)]
    return [layout.up(step.path, folder) for folder in folders]


_CONFIRM = ["Prune=confirm", "Delete=confirm"]
_OPTIONS: dict[str, list[str]] = {
    # The CRDs are too large for an annotation with the last applied state.
    stages.BASE: ["ServerSideApply=true", *_CONFIRM],
    stages.CONTROL_PLANE: ["RespectIgnoreDifferences=true"],
    stages.REVISION_TAG: ["RespectIgnoreDifferences=true"],
}


def _ignored(mesh: Mesh, step: Step) -> list[Data]:
    if step.stage.name in stages.SECRETS:
        return _varying(mesh)
    if step.stage.name not in (stages.CONTROL_PLANE, stages.REVISION_TAG) or step.gate:
        return []
    # istiod writes its CA into the webhooks, and turns the validation on once it can answer.
    group = "admissionregistration.k8s.io"
    bundle = ".webhooks[]?.clientConfig.caBundle"
    found: list[Data] = [{"group": group, "kind": "MutatingWebhookConfiguration", "jqPathExpressions": [bundle]}]
    if step.cluster.is_primary:
        policy = ".webhooks[]?.failurePolicy"
        found.append({"group": group, "kind": "ValidatingWebhookConfiguration", "jqPathExpressions": [bundle, policy]})
    elif step.stage.name == stages.CONTROL_PLANE:
        # API servers write empty conditions into endpoints that have none; lists of endpoints are compared as a whole.
        empty = ".endpoints[]?.conditions"
        found.append({"group": "discovery.k8s.io", "kind": "EndpointSlice", "jqPathExpressions": [empty]})
    return found


def _varying(mesh: Mesh) -> list[Data]:
    backend = mesh.secrets.backend
    return [_kind(*backend.KIND) | {"jqPathExpressions": list(backend.VARYING)}] if backend.VARYING else []


def _namespace(mesh: Mesh, stage: str) -> str:
    return {stages.WORKLOADS: mesh.demo, stages.SEALED_SECRETS: mesh.sealed_secrets.namespace}.get(
        stage, names.ISTIO_SYSTEM
    )


def _source(mesh: Mesh, folder: str) -> Data:
    return {
        "repoURL": mesh.gitops.repo,
        "targetRevision": mesh.gitops.revision,
        "path": f"{mesh.path}/{folder}",
    }


def _sync_policy(options: list[str], **automated: bool) -> Data:
    return {
        "automated": {"prune": True, "selfHeal": True, **automated},
        "syncOptions": ["FailOnSharedResource=true", *options],
        "retry": _RETRY,
    }


def _in_argocd(mesh: Mesh) -> Data:
    # By URL: where Argo CD's own cluster is registered, it goes by the name of that registration.
    return {"server": names.IN_CLUSTER_SERVER, "namespace": mesh.gitops.argocd.namespace}


def _root(mesh: Mesh) -> Data:
    return {
        "apiVersion": names.ARGO,
        "kind": "Application",
        "metadata": {
            "name": names.root(mesh.name),
            "namespace": mesh.gitops.argocd.namespace,
            "labels": {names.PART_OF: mesh.name},
            "annotations": {names.GENERATE_PATHS: "."},
        },
        "spec": {
            "project": names.root(mesh.name),
            "source": _source(mesh, layout.APPLICATION_SETS),
            "destination": _in_argocd(mesh),
            "syncPolicy": _sync_policy([]),
        },
    }


class _List(NamedTuple):
    """What an ApplicationSet makes: one Application of the template for each element of its list.

    patch: what differs between them, empty where nothing does.
    """

    elements: list[dict[str, str]]
    template: Data
    patch: str = ""


def _chains(mesh: Mesh, clusters: Sequence[Cluster]) -> _List:
    # Otherwise Argo CD refuses to prune the last Applications of a chain. Pruned by mistake, they delete nothing.
    leaving = {"allowEmpty": True} if any(cluster.state for cluster in clusters) else {}
    template: Data = {
        "metadata": {
            "name": names.chain(mesh.name, "{{ .cluster }}"),
            "labels": {names.PART_OF: mesh.name, names.CLUSTER: "{{ .cluster }}"},
            "annotations": {names.GENERATE_PATHS: "."},
        },
        "spec": {
            "project": names.root(mesh.name),
            "source": _source(mesh, layout.chain("{{ .cluster }}")),
            "destination": _in_argocd(mesh),
            "syncPolicy": _sync_policy([], **leaving),
        },
    }
    return _List([_element(cluster) for cluster in clusters], template)


def _peers(mesh: Mesh, steps: Sequence[Step]) -> _List:
    consumer, cluster, stage = "{{ .consumer }}", "{{ .cluster }}", stages.REMOTE_SECRET
    ignored = _varying(mesh)
    template: Data = {
        "metadata": {
            "name": names.peer(mesh.name, consumer, cluster),
            "labels": {names.PART_OF: mesh.name, names.CLUSTER: cluster, names.STAGE: stage},
            "annotations": {names.GENERATE_PATHS: "."},
        },
        "spec": {
            "project": mesh.name,
            "source": _source(mesh, layout.overlay(cluster, stage, consumer)),
            "destination": {"name": consumer, "namespace": names.ISTIO_SYSTEM},
            **({"ignoreDifferences": ignored} if ignored else {}),
            "syncPolicy": _sync_policy([]),
        },
    }
    elements = [{"consumer": step.destination.name} | _element(step.cluster) for step in steps]
    return _List(elements, template, names.PEER_PATCH if any(step.deletable for step in steps) else "")


def _application_set(mesh: Mesh, role: str, wave: int, made: _List) -> Data:
    return {
        "apiVersion": names.ARGO,
        "kind": "ApplicationSet",
        "metadata": {
            "name": names.application_set(mesh.name, role),
            "namespace": mesh.gitops.argocd.namespace,
            "labels": {names.PART_OF: mesh.name},
            "annotations": {names.SYNC_WAVE: str(wave), **_upgrade(mesh)},
        },
        "spec": {
            "goTemplate": True,
            "goTemplateOptions": ["missingkey=error"],
            "generators": [{"list": {"elements": made.elements}}],
            "syncPolicy": {"preserveResourcesOnDeletion": True},
            "template": made.template,
            **({"templatePatch": made.patch} if made.patch else {}),
        },
    }


def _upgrade(mesh: Mesh) -> dict[str, str]:
    """Return how far an upgrade is, for whoever reads the tree: reviewers, the proof, `mcgen validate --against`."""
    rollout = mesh.rollout
    if rollout.new is None:
        return {}
    return {
        names.UPGRADE_STEP: rollout.step,
        names.UPGRADE_FROM: rollout.old.label,
        names.UPGRADE_TO: rollout.new.label,
    }


def _element(cluster: Cluster) -> dict[str, str]:
    """Return what the list says of a cluster; the template has no use for its state, and whoever reads the tree has."""
    return {"cluster": cluster.name} | ({names.STATE: cluster.state} if cluster.state else {})


def _root_project(mesh: Mesh) -> Data:
    spec: Data = {
        "description": f"Root and chains of the mesh {mesh.name}: Applications and ApplicationSets, nothing else.",
        "sourceRepos": [mesh.gitops.repo],
        "destinations": [_in_argocd(mesh)],
        "namespaceResourceWhitelist": [_kind("argoproj.io", "Application"), _kind("argoproj.io", "ApplicationSet")],
    }
    return _app_project(mesh, names.root(mesh.name), spec)


def _project(mesh: Mesh) -> Data:
    spaces = sorted({ns.name for cluster in mesh.clusters for ns in cluster.namespaces} | {names.ISTIO_SYSTEM})
    spec: Data = {
        "description": f"The stages of the mesh {mesh.name}.",
        "sourceRepos": [mesh.gitops.repo, *([mesh.istio.charts] if mesh.istio.delivery == HELM else [])],
        "destinations": [
            {"name": cluster.name, "namespace": namespace}
            for cluster in mesh.clusters
            for namespace in (names.ISTIO_SYSTEM, *(ns.name for ns in cluster.namespaces))
        ],
        "clusterResourceWhitelist": [_kind("", "Namespace") | {"name": name} for name in spaces]
        + [_kind(*kind) for kind in _CLUSTER_KINDS],
        "namespaceResourceWhitelist": [_kind(*kind) for kind in sorted((*_KINDS, mesh.secrets.backend.KIND))],
    }
    return _app_project(mesh, mesh.name, spec)


def _app_project(mesh: Mesh, name: str, spec: Data) -> Data:
    return {
        "apiVersion": names.ARGO,
        "kind": "AppProject",
        "metadata": {
            "name": name,
            "namespace": mesh.gitops.argocd.namespace,
            "labels": {names.PART_OF: mesh.name},
        },
        "spec": spec,
    }


def _kind(group: str, kind: str) -> dict[str, str]:
    return {"group": group, "kind": kind}
