"""Argo CD in the lab: the real components as pods of a cluster, from the manifests of their module, at stock settings.

Of Argo CD's installs it is the one called core: everything that syncs (repo-server, the two controllers, redis), and
nothing that people look at or log in to (API server with its page, dex, notifications). Whoever would press a button
there writes to the API server of the cluster instead, as a Git server's webhook does here with `refresh`.
"""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.catalogue import module
from tests.lab.gitserver import USER
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.cluster import Cluster
    from tests.lab.repository import Repository

NAMESPACE = "argocd"
IN_CLUSTER = "https://kubernetes.default.svc"
DEPLOYMENTS = ("argocd-redis", "argocd-repo-server", "argocd-applicationset-controller")
CONTROLLER = "statefulset/argocd-application-controller"
REFRESH = "argocd.argoproj.io/refresh"

# What `argocd cluster add` makes in a cluster that Argo CD shall manage.
MANAGER = """apiVersion: v1
kind: ServiceAccount
metadata: {name: argocd-manager, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: argocd-manager-role}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
- {nonResourceURLs: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: argocd-manager-role-binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: argocd-manager-role}
subjects: [{kind: ServiceAccount, name: argocd-manager, namespace: kube-system}]
---
apiVersion: v1
kind: Secret
metadata:
  name: argocd-manager-token
  namespace: kube-system
  annotations: {kubernetes.io/service-account.name: argocd-manager}
type: kubernetes.io/service-account-token
"""


@dataclass(frozen=True, kw_only=True)
class Application:
    """What Argo CD says of an Application. operation: the phase of the last sync; message: why it is as it is."""

    name: str
    sync: str
    health: str
    operation: str
    message: str
    revision: str

    @property
    def fine(self) -> bool:
        return (self.sync, self.health) == ("Synced", "Healthy")

    @property
    def waits(self) -> bool:
        """Whether it is at a gate."""
        return (self.sync, self.health) == ("Synced", "Suspended")

    def __str__(self) -> str:
        return f"{self.name}: {self.sync}, {self.health}, {self.operation} {self.message}".rstrip()


def install(home: Cluster, repository: Repository) -> None:
    """Run Argo CD in a cluster and let it read a repository, and all others of the same Git server."""
    home.apply(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
    sources = module("argocd", "github.com/argoproj/argo-cd/v3")
    # In front of the programs: they read certificates and passwords when they start.
    home.apply((sources / "manifests/core-install.yaml").read_text(), f"--namespace={NAMESPACE}")
    host = repository.url.split("/")[2]
    trusted = {"data": {host: repository.place.authority.read_text()}}
    where = (f"--namespace={NAMESPACE}", "--type=merge")
    home.kubectl("patch", "configmap", "argocd-tls-certs-cm", *where, f"--patch={json.dumps(trusted)}")
    login = {"type": "git", "url": f"https://{host}", "username": USER, "password": repository.password}
    home.apply(_secret("team-repositories", "repo-creds", login))


def ready(home: Cluster) -> None:
    """Wait until every component is."""
    for deployment in DEPLOYMENTS:
        home.rolled_out(NAMESPACE, deployment, 300)
    home.kubectl("rollout", "status", CONTROLLER, f"--namespace={NAMESPACE}", "--timeout=180s", timeout=200)


def restart_controller(home: Cluster) -> None:
    """Restart the application controller: without Argo CD's API server it is not told of changed settings."""
    where = (CONTROLLER, f"--namespace={NAMESPACE}")
    home.kubectl("rollout", "restart", *where)
    home.kubectl("rollout", "status", *where, "--timeout=180s", timeout=200)


@contextmanager
def paused(home: Cluster) -> Iterator[None]:
    """Have nothing synced inside, so that what is broken by hand stays so."""
    where = (CONTROLLER, f"--namespace={NAMESPACE}")
    home.kubectl("scale", *where, "--replicas=0")
    try:
        pods = ("pods", "--selector=app.kubernetes.io/name=argocd-application-controller", f"--namespace={NAMESPACE}")
        home.kubectl("wait", *pods, "--for=delete", "--timeout=120s", timeout=150)
        yield
    finally:
        home.kubectl("scale", *where, "--replicas=1")
        home.kubectl("rollout", "status", *where, "--timeout=180s", timeout=200)


def register(home: Cluster, name: str, cluster: Cluster | None = None) -> None:
    """Register a cluster under a name; none stands for Argo CD's own."""
    if cluster is None:
        config: dict[str, Any] = {"tlsClientConfig": {"insecure": False}}
    else:
        cluster.apply(MANAGER)
        path = ("secret", "argocd-manager-token", "kube-system")
        wait_for("the token of argocd-manager", lambda: "token" in cluster.get(*path).get("data", {}), seconds=30)
        data = cluster.get(*path)["data"]
        token = base64.b64decode(data["token"]).decode()
        config = {"bearerToken": token, "tlsClientConfig": {"caData": data["ca.crt"]}}
    server = cluster.plan.server if cluster else IN_CLUSTER
    home.apply(_secret(f"cluster-{name}", "cluster", {"name": name, "server": server, "config": json.dumps(config)}))


def applications(home: Cluster) -> dict[str, Application]:
    """Return what Argo CD says of every Application."""
    listed = json.loads(home.kubectl("get", "applications", f"--namespace={NAMESPACE}", "--output=json"))
    return {each["metadata"]["name"]: application(each) for each in listed["items"]}


def application(found: dict[str, Any]) -> Application:
    """Return what an Application's status says."""
    status = found.get("status", {})
    operation, sync = status.get("operationState", {}), status.get("sync", {})
    conditions = [f"{each['type']}: {each['message']}" for each in status.get("conditions", [])]
    return Application(
        name=found["metadata"]["name"],
        sync=sync.get("status", "Unknown"),
        health=status.get("health", {}).get("status", "Unknown"),
        operation=operation.get("phase", "no sync yet"),
        message="; ".join([operation.get("message", ""), *conditions]).strip("; "),
        revision=sync.get("revision", ""),
    )


def refresh(home: Cluster) -> None:
    """Tell Argo CD that there is a new commit, as a webhook of the Git server does."""
    where = (f"--namespace={NAMESPACE}", "--all", "--overwrite")
    try:
        home.kubectl("annotate", "applications", *where, f"{REFRESH}=normal")
    except LabError as error:
        # One that goes just now has nothing to look at, and the others were told.
        if "(NotFound)" not in str(error):
            raise


def _secret(name: str, kind: str, data: dict[str, str]) -> str:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"argocd.argoproj.io/secret-type": kind}}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})
