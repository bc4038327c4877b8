"""From nothing to a remote that its primary controls; then the token is rotated while istiod runs."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.catalogue import TOOLS
from tests.lab.plan import LabError
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e_bootstrap.mesh import Mesh

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def istiod_says(mesh: Mesh) -> list[str]:
    """Return the status of aks in every istiod."""
    argv = [f"{TOOLS}/istioctl", "remote-clusters", f"--kubeconfig={mesh.lab['gke'].kubeconfig}"]
    rows = run(argv).splitlines()
    return [row.split()[2] for row in rows if row.startswith("cluster-aks ")]


def state(mesh: Mesh) -> dict[str, object]:
    found: dict[str, object] = json.loads(mesh.mcgen("bootstrap", "--status", "--format=json"))["pairs"][0]
    return found


def test_without_sealed_secrets_the_pair_fails_in_kubeseals_own_words(mesh: Mesh) -> None:
    ran = mesh.run("bootstrap", "--retries=0")
    assert ran.code == 3
    assert 'services "sealed-secrets-controller" not found' in ran.out
    assert "waiting  gke: Service istio-eastwestgateway has no address yet" in ran.out
    assert not mesh.sealed.exists()
    mesh.mcgen("build", "--check")


def test_before_the_namespaces_stage_the_pair_waits(ready: Mesh) -> None:
    ready.lab["aks"].kubectl("delete", "secret", "istio-reader-gke-1-token", "--namespace=istio-system")
    out = ready.mcgen("bootstrap")
    assert "waiting  aks for gke: for stage namespaces of aks: Secret istio-reader-gke-1-token is not there yet" in out
    assert not ready.sealed.exists()
    assert state(ready)["next"] == "commit, until Argo CD has synced stage namespaces of aks"
    assert not ready.lab["aks"].says("get", "secret", "istio-reader-gke-1-token", "--namespace=istio-system")
    ready.sync("aks", "namespaces")
    ready.wait_for_token("1")


def test_the_gateways_address_is_found_and_noted(ready: Mesh) -> None:
    service = ready.lab["gke"].get("service", "istio-eastwestgateway", "istio-system")
    assert ready.facts["addresses"] == {"gke": service["status"]["loadBalancer"]["ingress"][0]["ip"]}


def test_without_the_remote_secret_istiod_controls_nothing_in_the_remote(ready: Mesh) -> None:
    for stage in ("base", "control-plane"):
        ready.sync("aks", stage)
    time.sleep(5)
    assert not ready.remote_is_controlled()
    assert istiod_says(ready) == []


def test_the_bootstrap_seals_and_istiod_takes_the_remote_over(ready: Mesh) -> None:
    out = ready.mcgen("bootstrap")
    assert "sealed   aks for gke: token 1, certificate sha256:" in out
    assert "eyJ" not in ready.sealed.read_text()
    ready.mcgen("build", "--check")
    ready.sync("aks", "remote-secret")
    ready.wait_until_unsealed()
    wait_for("istiod to control aks", ready.remote_is_controlled, seconds=60)
    assert istiod_says(ready) == ["synced", "synced"]
    assert state(ready)["istiod"] == "2 of 2 synced"
    assert state(ready)["unsealed"] == "yes"
    assert state(ready)["next"] == "nothing"


def test_a_second_run_has_nothing_to_do(ready: Mesh) -> None:
    before = ready.sealed.read_bytes()
    assert "skipped  aks for gke: sealed already" in ready.mcgen("bootstrap")
    assert ready.sealed.read_bytes() == before


def test_reseal_makes_the_file_anew_with_the_same_token(ready: Mesh) -> None:
    before = ready.sealed.read_bytes()
    assert "sealed   aks for gke: token 1" in ready.mcgen("bootstrap", "--reseal", "aks")
    assert ready.sealed.read_bytes() != before
    ready.sync("aks", "remote-secret")
    ready.wait_until_unsealed()


# A Service in aks with an endpoint, of which istiod must not lose sight.
ENDPOINT = "10.99.0.7"
SERVICE = f"""\
apiVersion: v1
kind: Service
metadata: {{name: steady, namespace: multi-cluster}}
spec:
  ports: [{{name: http, port: 80}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: steady
  namespace: multi-cluster
  labels: {{kubernetes.io/service-name: steady}}
addressType: IPv4
ports: [{{name: http, port: 80}}]
endpoints:
- addresses: [{ENDPOINT}]
  conditions: {{ready: true}}
"""


class Watch(threading.Thread):
    """Asks one istiod, through a port-forward, for aks and for the endpoint in it, until it is told to stop."""

    def __init__(self, mesh: Mesh, pod: str) -> None:
        super().__init__(daemon=True)
        kubectl = [f"{TOOLS}/kubectl", f"--kubeconfig={mesh.lab['gke'].kubeconfig}", "--namespace=istio-system"]
        self.forward = subprocess.Popen([*kubectl, "port-forward", pod, ":15014"], stdout=subprocess.PIPE, text=True)
        assert self.forward.stdout
        self.port = self.forward.stdout.readline().split(" -> ")[0].rpartition(":")[2]
        self.stopped = threading.Event()
        self.seen: list[tuple[str, bool]] = []

    def run(self) -> None:
        while not self.stopped.wait(0.05):
            clusters = {each["id"]: each["syncStatus"] for each in json.loads(self.page("clusterz"))}
            self.seen.append((clusters.get("cluster-aks", "gone"), self.has_endpoint()))

    def has_endpoint(self) -> bool:
        return ENDPOINT in self.page("endpointShardz")

    def page(self, name: str) -> str:
        url = f"http://127.0.0.1:{self.port}/debug/{name}"
        return run(["curl", "--silent", "--show-error", "--fail", "--noproxy", "*", url])

    def end(self) -> None:
        self.stopped.set()
        if self.is_alive():
            self.join()
        self.forward.kill()
        self.forward.communicate()


@contextlib.contextmanager
def watched(mesh: Mesh) -> Iterator[list[Watch]]:
    """Watch every istiod, from when it knows the endpoint on."""
    mesh.lab["aks"].apply(SERVICE)
    pods = mesh.lab["gke"].kubectl("get", "pods", "--namespace=istio-system", "--selector=app=istiod", "--output=name")
    watches = [Watch(mesh, pod) for pod in pods.split()]
    try:
        for watch in watches:
            wait_for("an endpoint of aks", watch.has_endpoint, seconds=30)
            watch.start()
        yield watches
    finally:
        for watch in watches:
            watch.end()


def answer(server: str, token: str) -> str:
    """Return the status with which an API server answers a reader's token."""
    url = f"{server}/api/v1/namespaces/istio-system/services"
    # The token goes to curl through a pipe, too.
    argv = ["curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}", "--config", "-"]
    header = f'header = "Authorization: Bearer {token}"\n'
    return subprocess.run([*argv, url], input=header, capture_output=True, text=True, check=True).stdout


def test_a_token_is_rotated_while_istiod_runs(ready: Mesh) -> None:
    old, server = ready.token("1"), ready.lab["aks"].plan.server
    assert answer(server, old) == "200"
    with watched(ready) as watches:
        assert "tokens 1 -> 1, 2" in ready.mcgen("bootstrap", "--rotate", "aks")
        assert ready.run("bootstrap", "--rotate", "aks").code == 1
        assert "Secret istio-reader-gke-2-token is not there yet" in ready.mcgen("bootstrap")
        ready.sync("aks", "namespaces")
        ready.wait_for_token("2")
        assert "does not hold token 2" in ready.run("bootstrap", "--revoke").out
        assert "sealed   aks for gke: token 2" in ready.mcgen("bootstrap")
        refused = ready.run("bootstrap", "--revoke", "aks")
        assert (refused.code, "holds token 1, not yet 2" in refused.out) == (1, True), refused.said
        ready.sync("aks", "remote-secret")
        wait_for("a revocation", lambda: ready.run("bootstrap", "--revoke", "aks").code == 0, seconds=60)
    assert ready.facts["tokens"] == {"gke": {"aks": ["2"]}}
    assert len(watches) == 2
    for watch in watches:
        # While the new connection is made istiod calls the cluster syncing, and works on with the old one.
        assert {status for status, _ in watch.seen} <= {"synced", "syncing"}, watch.seen
        assert watch.seen[-1] == ("synced", True)
        assert all(known for _, known in watch.seen), watch.seen
    assert answer(server, old) == "200"
    ready.lab["aks"].kubectl("delete", "secret", "istio-reader-gke-1-token", "--namespace=istio-system")
    wait_for("the old token's end", lambda: answer(server, old) == "401", seconds=60)
    assert answer(server, ready.token("2")) == "200"
    assert istiod_says(ready) == ["synced", "synced"]


def test_the_tree_no_longer_has_the_old_token(ready: Mesh) -> None:
    text = (ready.tree / "clusters/aks/namespaces/tokens.yaml").read_text()
    assert "istio-reader-gke-2-token" in text
    assert "istio-reader-gke-1-token" not in text


def test_an_istiod_that_has_not_taken_the_secret_up_keeps_the_old_token(ready: Mesh) -> None:
    """The sealed secret holds the next token and is unsealed, but one istiod cannot be known to use it."""
    ready.mcgen("bootstrap", "--rotate", "aks")
    ready.sync("aks", "namespaces")
    ready.wait_for_token("3")
    ready.mcgen("bootstrap")
    gke = ready.lab["gke"]
    gke.kubectl("scale", "deployment/sealed-secrets-controller", "--namespace=kube-system", "--replicas=0")
    gke.kubectl("wait", "--for=delete", "pod", "--selector=name=sealed-secrets-controller", "-nkube-system")
    ready.sync("aks", "remote-secret")
    # Only the note says that the token is the new one: no istiod has taken anything up since.
    gke.kubectl(
        "annotate",
        "secret/istio-remote-secret-cluster-aks",
        "--namespace=istio-system",
        "mcgen/token=3",
        "--overwrite",
    )
    ran = ready.run("bootstrap", "--revoke", "aks")
    assert (ran.code, ran.out.count("does not show that it has taken the new secret up")) == (1, 2), ran.said
    gke.kubectl("scale", "deployment/sealed-secrets-controller", "--namespace=kube-system", "--replicas=1")
    gke.rolled_out("kube-system", "sealed-secrets-controller")
    wait_for("a revocation", lambda: ready.run("bootstrap", "--revoke", "aks").code == 0, seconds=60)
    with pytest.raises(LabError):
        gke.get("secret", "istio-remote-secret-nobody", "istio-system")
