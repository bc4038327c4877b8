"""Live objects of a mesh in which everything is as it should be: what setup, administrator and stages make.

They are whole objects that an API server takes. Skeletons of what mcgen does not make (Argo CD's Deployment, gateways)
stand here; the rest is what mcgen generates.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.manifests import argocd, bootstrap, namespaces, readers, setup, setup_admission, setup_settings
from mcgen.manifests.setup_settings import CONFIG, PARAMETERS, PATHS_KEY, REPO_SERVER

if TYPE_CHECKING:
    from mcgen.mesh import Cluster, Mesh
    from mcgen.pairs import Pair
    from mcgen.tree import Data

OTHERS = {"url": "https://argocd.example.com", "application.instanceLabelKey": "app"}
_LABELS = {"app.kubernetes.io/name": REPO_SERVER}


def config_maps(mesh: Mesh) -> list[Data]:
    """Return argocd-cm, argocd-cmd-params-cm and the plugins' configurations."""
    made = setup.of(mesh)
    data: dict[str, dict[str, str]] = {CONFIG: dict(OTHERS), PARAMETERS: {"server.insecure": "true"}}
    for setting in setup_settings.settings(made):
        data[setting.config_map][setting.key] = setting.value
    maps = [_object(mesh, "v1", "ConfigMap", name) | {"data": values} for name, values in data.items()]
    for each in maps:
        each["metadata"]["labels"] = {"app.kubernetes.io/part-of": "argocd"}
    return [*maps, *(sidecar.config_map for sidecar in setup_settings.sidecars(made))]


def repo_server(mesh: Mesh) -> Data:
    """Return the repo-server's Deployment, as far as anybody looks at it."""
    paths = {"configMapKeyRef": {"name": PARAMETERS, "key": PATHS_KEY, "optional": True}}
    main: Data = {
        "name": REPO_SERVER,
        "image": f"quay.io/argoproj/argocd:v{mesh.gitops.argocd.version}",
        "args": ["/usr/local/bin/argocd-repo-server"],
        "env": [{"name": "ARGOCD_REPO_SERVER_PLUGIN_USE_MANIFEST_GENERATE_PATHS", "valueFrom": paths}],
    }
    pod: dict[str, list[Any]] = {"containers": [main], "initContainers": [], "volumes": []}
    pod["volumes"] = [{"name": name, "emptyDir": {}} for name in ("var-files", "plugins")]
    annotations: dict[str, str] = {}
    for sidecar in setup_settings.sidecars(setup.of(mesh)):
        pod["containers"] += sidecar.containers
        pod["initContainers"] += sidecar.init_containers
        pod["volumes"] += sidecar.volumes
        annotations |= sidecar.annotations
    template = {"metadata": {"labels": _LABELS, "annotations": annotations}, "spec": pod}
    spec = {"selector": {"matchLabels": _LABELS}, "template": template}
    return _object(mesh, "apps/v1", "Deployment", REPO_SERVER, labels=_LABELS) | {"spec": spec}


def installed(mesh: Mesh) -> list[Data]:
    """Return the AppProjects and the root Application."""
    return [document for file in argocd.install(mesh) for document in file.documents]


def policies(mesh: Mesh) -> list[Data]:
    """Return the admission policies with their bindings."""
    return list(setup_admission.policy(setup.of(mesh)).documents)


def registrations(mesh: Mesh) -> list[tuple[str, str]]:
    """Return name and server of each cluster as Argo CD knows it."""
    own = mesh.gitops.argocd.cluster
    return [
        (cluster.name, names.IN_CLUSTER_SERVER if cluster.name == own else f"https://{cluster.name}.example.com")
        for cluster in mesh.clusters
    ]


def job(mesh: Mesh) -> list[Data]:
    """Return what an administrator applies of the bootstrap job."""
    applied = ("ServiceAccount", "Role", "RoleBinding", "CronJob")
    return [each for file in bootstrap.files(mesh) for each in file.documents if each["kind"] in applied]


def credential(name: str, server: str) -> Data:
    """Return Argo CD's Secret of a cluster as the API server gives it; its token is none."""
    data = {"name": name, "server": server, "config": '{"bearerToken": "hunter2"}'}
    metadata = {"name": f"cluster-{name}", "namespace": "argocd", "labels": {names.ARGOCD_SECRET_TYPE: "cluster"}}
    encoded = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}


def istio_system(mesh: Mesh, cluster: Cluster) -> Data:
    """Return the namespace istio-system of a cluster."""
    return namespaces.topology(mesh, cluster)


def reader(pair: Pair) -> list[Data]:
    """Return the role, the accounts and the bindings of a pair's readers."""
    return list(readers.objects(pair))


def pod(name: str, labels: dict[str, str], container: str, image: str) -> Data:
    """Return a pod of istio-system, with nothing in it but an image's name."""
    metadata = {"name": name, "namespace": names.ISTIO_SYSTEM, "labels": labels}
    spec = {"containers": [{"name": container, "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def gateway(address: str) -> Data:
    """Return the east-west gateway's Service with its load balancer's address."""
    metadata = {"name": names.EAST_WEST_GATEWAY, "namespace": names.ISTIO_SYSTEM}
    spec = {"type": "LoadBalancer", "ports": [{"name": "tls", "port": names.MTLS_PORT}]}
    status = {"loadBalancer": {"ingress": [{"ip": address}]}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec, "status": status}


def _object(mesh: Mesh, version: str, kind: str, name: str, **metadata: Any) -> Data:
    where = {"name": name, "namespace": mesh.gitops.argocd.namespace}
    return {"apiVersion": version, "kind": kind, "metadata": where | metadata}
