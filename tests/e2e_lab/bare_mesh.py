"""The sample mesh on two API servers without nodes: what doctor looks at, as objects that nobody acts upon.

Argo CD is its stock settings and its repo-server's Deployment, with the generated setup applied as its README says.
The sealed-secrets controllers are real, and run as programs beside the API servers.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import load, names
from tests import healthy
from tests.lab import addons
from tests.lab.catalogue import CHECKOUT, TOOLS, module
from tests.lab.cluster import MANIFESTS
from tests.lab.process import environment, start, stop, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.mesh import Mesh
    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab

BLUEPRINT = "blueprints/gke-aks.yaml"
CONTROLLER = "sealed-secrets-controller"
# The controller takes its way to the API server from where a pod would find it.
CONTROLLER_SCRIPT = """\
mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount &&
cp "$1/token" "$1/ca.crt" /run/secrets/kubernetes.io/serviceaccount/ &&
exec "$2" --key-size=2048
"""


# What the job would push with: no key of anybody.
GIT = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "mcgen-bootstrap-git", "namespace": "argocd"},
    "stringData": {"identity": "hunter2", "known_hosts": "git.example.com"},
}


class BareMesh:
    """A folder with blueprint and tree, and the two clusters that it is about."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.tree = folder / "output/gke-aks"
        shutil.copytree(CHECKOUT / "blueprints", folder / "blueprints")
        self.blueprint = folder / BLUEPRINT
        for name, cluster in lab.clusters.items():
            self.set_bootstrap(name, server=cluster.plan.server)

    def set_bootstrap(self, cluster: str, **fields: str) -> None:
        """Set fields of a cluster's bootstrap in the blueprint."""
        data = yaml.safe_load(self.blueprint.read_text())
        (found,) = (each for each in data["clusters"] if each["name"] == cluster)
        found.setdefault("bootstrap", {}).update(fields)
        self.blueprint.write_text(yaml.safe_dump(data, sort_keys=False))

    def mcgen(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        env = environment() | {"KUBECONFIG": str(self.lab.kubeconfig), "PATH": f"{TOOLS}:{os.environ['PATH']}"}
        argv = [sys.executable, "-m", "mcgen", command, BLUEPRINT, *options]
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=300)

    def doctor(self, *options: str) -> tuple[int, list[dict[str, Any]]]:
        """Return doctor's exit code, and what is not fine."""
        done = self.mcgen("doctor", "--format=json", *options)
        assert done.returncode in (0, 1, 3), done.stderr
        said = json.loads(done.stdout)
        return done.returncode, [check for check in said["checks"] if check["verdict"] != "fine"]

    def codes(self, *options: str) -> list[tuple[str, str]]:
        """Return cluster and code of all that is not fine."""
        return [(check["cluster"], check["code"]) for check in self.doctor(*options)[1]]

    def up(self) -> None:
        """Make everything as it should be, in the order in which people do."""
        self._must("build")
        gke, aks = self.lab["gke"], self.lab["aks"]
        for cluster in (gke, aks):
            addons.stage(cluster, self.tree / f"clusters/{cluster.name}/namespaces")
            self.controller(cluster)
            _gateway(cluster)
        istiod = healthy.pod("istiod-1", {"app": "istiod"}, "discovery", "docker.io/istio/pilot:1.31.1")
        pod(gke, istiod, names.ISTIO_SYSTEM)
        for cluster in (gke, aks):
            labels = {"istio": "eastwestgateway"}
            gateway = healthy.pod("gateway-1", labels, "istio-proxy", "docker.io/istio/proxyv2:1.31.1")
            pod(cluster, gateway, names.ISTIO_SYSTEM)
        self._must("bootstrap")
        argocd(gke)
        self.setup()
        registrations(self.mesh(), self.lab)

    def setup(self) -> None:
        """Apply the generated setup with the commands of its README, then what is installed by hand."""
        gke, folder = self.lab["gke"], self.tree / "argocd/setup"
        component = yaml.safe_load((folder / "kustomization.yaml").read_text())
        for each in component["resources"]:
            gke.kubectl("apply", f"--filename={folder / each}")
        for each in component["patches"]:
            target = each["target"]
            file = f"--patch-file={folder / each['path']}"
            gke.kubectl("patch", target["kind"], target["name"], "--namespace=argocd", file)
        gke.kubectl("apply", f"--filename={folder / 'admission-policy.yaml'}")
        gke.kubectl("apply", f"--filename={self.tree / 'argocd/install'}")
        gke.kubectl("apply", f"--kustomize={self.tree / 'bootstrap'}")
        gke.apply(yaml.safe_dump(GIT))

    def controller(self, cluster: Cluster) -> None:
        """Run the sealed-secrets controller beside an API server, with a pod that says it is where it runs.

        API servers hand requests to Services on to addresses of pods alone.
        """
        crds = module("kubeseal", "github.com/bitnami-labs/sealed-secrets") / "helm/sealed-secrets/crds"
        for crd in crds.glob("*.yaml"):
            cluster.apply(crd.read_text())
        documents = [each for each in yaml.safe_load_all((MANIFESTS / "sealed-secrets.yaml").read_text()) if each]
        for service in (each for each in documents if each["kind"] == "Service"):
            del service["spec"]["selector"]
        cluster.apply(yaml.safe_dump_all(each for each in documents if each["kind"] != "Deployment"))
        pod(cluster, healthy.pod(CONTROLLER, {"name": CONTROLLER}, CONTROLLER, "none:0"), "kube-system")
        cluster.apply(yaml.safe_dump(endpoints(cluster, "addresses")))
        keys = cluster.folder / "controller"
        keys.mkdir()
        (keys / "ca.crt").write_bytes((cluster.folder / "pki/ca.crt").read_bytes())
        (keys / "token").write_text(cluster.kubectl("create", "token", CONTROLLER, "--namespace=kube-system"))
        way = ["env", "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=6443", "POD_NAMESPACE=kube-system"]
        program = str(TOOLS / "sealed-secrets-controller")
        start(
            [*way, "unshare", "--mount", "sh", "-c", CONTROLLER_SCRIPT, "sh", str(keys), program],
            record=self._record(cluster),
            log=cluster.logs / "sealed-secrets-controller.log",
            namespace=cluster.plan.namespace,
        )
        wait_for(f"the controller of {cluster.name}", lambda: bool(self.certificate(cluster)), seconds=60)

    def certificate(self, cluster: Cluster) -> str:
        """Return the sealing certificate of a cluster, empty while there is none."""
        argv = [str(TOOLS / "kubeseal"), f"--kubeconfig={cluster.kubeconfig}", "--fetch-cert"]
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment(), timeout=30).stdout

    def down(self) -> None:
        for cluster in self.lab.clusters.values():
            stop(self._record(cluster))

    def mesh(self) -> Mesh:
        return load.load(load.read(str(self.folder / BLUEPRINT)), self.tree).mesh

    def _must(self, command: str) -> None:
        done = self.mcgen(command, "--validator=embedded")
        assert done.returncode == 0, done.stdout + done.stderr

    def _record(self, cluster: Cluster) -> Path:
        return cluster.records / "sealed-secrets.stat"


def endpoints(cluster: Cluster, key: str) -> dict[str, Any]:
    """Return where the controller's Service leads. key: addresses, or notReadyAddresses.

    API servers find what they hand requests on to in Endpoints; a controller makes EndpointSlices of them.
    """
    target = {"kind": "Pod", "namespace": "kube-system", "name": CONTROLLER}
    address = {"ip": str(cluster.plan.node_address), "targetRef": target}
    subset = {key: [address], "ports": [{"name": "http", "port": 8080}]}
    metadata = {"name": CONTROLLER, "namespace": "kube-system"}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": [subset]}


def argocd(cluster: Cluster) -> None:
    """Apply what doctor sees of a stock Argo CD: definitions, settings, the repo-server."""
    manifests = module("argocheck", "github.com/argoproj/argo-cd/v3") / "manifests"
    for name in ("application", "applicationset", "appproject"):
        cluster.apply((manifests / f"crds/{name}-crd.yaml").read_text())
        # kubectl wait fails on one that has no conditions yet.
        established = partial(cluster.says, "wait", "--for=condition=Established", f"crd/{name}s.argoproj.io")
        wait_for(f"the definition of {name}", established, seconds=60)
    cluster.kubectl("create", "namespace", "argocd")
    for path in ("config/argocd-cm.yaml", "config/argocd-cmd-params-cm.yaml"):
        cluster.apply((manifests / "base" / path).read_text(), "--namespace=argocd")
    deployment = (manifests / "base/repo-server/argocd-repo-server-deployment.yaml").read_text()
    cluster.apply(deployment.replace("argocd:latest", "argocd:v3.5.7"), "--namespace=argocd")


def registrations(mesh: Mesh, lab: Lab) -> None:
    """Let Argo CD know the clusters, as its declarative setup has it."""
    for name, server in healthy.registrations(mesh):
        register(lab["gke"], name, server)


def register(cluster: Cluster, name: str, server: str, *, known_as: str = "") -> None:
    """Write the Secret of one cluster; its credentials are none."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"cluster-{name}", "namespace": "argocd", "labels": {names.ARGOCD_SECRET_TYPE: "cluster"}},
        "stringData": {"name": known_as or name, "server": server, "config": '{"bearerToken": "hunter2"}'},
    }
    cluster.apply(yaml.safe_dump(secret))


def _gateway(cluster: Cluster) -> None:
    service = healthy.gateway("")
    del service["status"]
    cluster.apply(yaml.safe_dump(service))
    wait_for(f"an address in {cluster.name}", lambda: _address(cluster), seconds=30)


def _address(cluster: Cluster) -> str:
    found = cluster.get("service", names.EAST_WEST_GATEWAY, names.ISTIO_SYSTEM)["status"]["loadBalancer"]
    return str((found.get("ingress") or [{"ip": ""}])[0]["ip"])


def pod(cluster: Cluster, made: dict[str, Any], namespace: str) -> None:
    """Let there be a pod that says it runs at the address of the API server's machine."""
    made["metadata"]["namespace"] = namespace
    where = f"--namespace={namespace}"
    cluster.kubectl("wait", where, "--for=create", "serviceaccount/default", "--timeout=30s")
    cluster.apply(yaml.safe_dump(made))
    address = str(cluster.plan.node_address)
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    patch = f"--patch={json.dumps({'status': status})}"
    cluster.kubectl("patch", "pod", made["metadata"]["name"], where, "--subresource=status", patch)
