"""The lab is what the tests on it take it for: clusters with pods, an internet, and nothing else between them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.lab import addons
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.network import check
from tests.lab.plan import LabError
from tests.lab.process import alive, run, wait_for

if TYPE_CHECKING:
    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

CURL = ("curl", "--silent", "--show-error", "--insecure", "--max-time", "3")
TREE = CHECKOUT / "output/gke-aks"
NODES = ("gke", "aks")


@pytest.fixture(scope="module")
def demo(lab: Lab) -> Lab:
    """Return the lab with a Service behind a load balancer, and a client, on every node."""
    for name in NODES:
        addons.demo(lab[name])
    for name in NODES:
        lab[name].rolled_out("demo", "hello")
        lab[name].rolled_out("demo", "client")
        wait_for(f"a load balancer of {name}", partial(balancer, lab[name]), seconds=30)
        # A ready pod is not a Service that answers: kube-proxy hears of its endpoint later than the Deployment does.
        for url in ("http://hello/hello", outside(lab[name])):
            wait_for(f"an answer of {url} in {name}", partial(answers, lab[name], url), seconds=60)
    return lab


def answers(cluster: Cluster, url: str) -> bool:
    """Tell whether the URL answers a pod of the cluster now."""
    try:
        ask(cluster, url)
    except LabError:
        return False
    return True


def outside(cluster: Cluster) -> str:
    return f"http://{balancer(cluster)}/hello"


def balancer(cluster: Cluster) -> str:
    ingress = cluster.get("service", "hello", "demo")["status"]["loadBalancer"].get("ingress", [{"ip": ""}])
    address: str = ingress[0]["ip"]
    return address


def pod(cluster: Cluster) -> str:
    path = "jsonpath={.items[0].status.podIP}"
    return cluster.kubectl("get", "pods", "--namespace=demo", "--selector=app=hello", f"--output={path}")


def ask(cluster: Cluster, url: str) -> str:
    """Return what a pod of the cluster is answered."""
    return cluster.execute("demo", "deployment/client", *CURL, url)


def test_every_program_runs_and_says_its_version(lab: Lab) -> None:
    for name, cluster in lab.clusters.items():
        names = {process.name for process in cluster.processes()}
        assert {"etcd", "kube-apiserver", "kube-controller-manager", "balancer"} <= names, name
        assert all(alive(process) for process in cluster.processes()), name
        assert '"gitVersion": "v1.35.4"' in cluster.kubectl("get", "--raw=/version")
    for name in NODES:
        assert lab[name].ready()


def test_a_cluster_without_a_node_is_an_api_server(lab: Lab) -> None:
    spare = lab["spare"]
    spare.kubectl("create", "namespace", "some")
    spare.kubectl("wait", "--namespace=some", "--for=create", "serviceaccount/default", "--timeout=30s")
    assert spare.kubectl("get", "nodes", "--output=name") == ""
    spare.kubectl("delete", "namespace", "some", "--timeout=60s")


@pytest.mark.parametrize("name", NODES)
def test_pods_find_services_by_name(demo: Lab, name: str) -> None:
    assert ask(demo[name], "http://hello/hello").startswith("Hello version: v1, instance: hello-")
    assert ask(demo[name], "http://hello.demo.svc.cluster.local/hello").startswith("Hello")
    assert '"major": "1"' in ask(demo[name], "https://kubernetes.default/version")
    with pytest.raises(LabError, match="Could not resolve host"):
        ask(demo[name], "http://nobody.demo/hello")


@pytest.mark.parametrize("name", NODES)
def test_logs_and_exec_go_through_the_kubelet(demo: Lab, name: str) -> None:
    cluster = demo[name]
    assert cluster.kubectl("logs", "--namespace=demo", "deployment/client") == f"client of {name}\n"
    assert cluster.execute("demo", "deployment/client", "cat", stdin="through") == "through"
    with pytest.raises(LabError, match="exit code 7"):
        cluster.execute("demo", "deployment/client", "sh", "-c", "exit 7")


@pytest.mark.parametrize(("here", "there"), [("aks", "gke"), ("gke", "aks")])
def test_another_cluster_is_reached_through_the_internet_alone(demo: Lab, here: str, there: str) -> None:
    near, far = demo[here], demo[there]
    assert ask(near, outside(far)).startswith("Hello")
    assert ask(near, f"{far.plan.server}/readyz") == "ok"
    service = far.get("service", "hello", "demo")["spec"]
    closed = (
        f"http://{pod(far)}:5000/hello",
        f"http://{service['clusterIP']}/hello",
        f"http://{far.plan.node_address}:{service['ports'][0]['nodePort']}/hello",
        f"https://{far.plan.node_address}:10250/healthz",
        f"http://{far.plan.balancers[-1]}/",
        "http://198.51.100.1/",
    )
    for url in closed:
        with pytest.raises(LabError, match=r"curl: \((7|28)\)"):
            ask(near, url)


def test_the_ways_between_clusters_are_closed_by_the_lab_and_not_by_chance(demo: Lab) -> None:
    near, far, internet = demo["aks"], demo["gke"], demo.plan.internet
    url = f"http://{pod(far)}:5000/hello"
    route = ["ip", "-n", internet, "route"]
    rules = [(internet, ["FORWARD", "-j", "ACCEPT"]), (far.plan.namespace, ["FORWARD", "-i", "wan", "-j", "ACCEPT"])]
    run([*route, "add", str(far.plan.pods), "via", str(far.plan.node_address)])
    try:
        for namespace, rule in rules:
            with pytest.raises(LabError):
                ask(near, url)
            run(["iptables", "-I", *rule], namespace=namespace)
        assert ask(near, url).startswith("Hello")
    finally:
        for namespace, rule in rules:
            run(["iptables", "-D", *rule], namespace=namespace)
        run([*route, "del", str(far.plan.pods)])
    with pytest.raises(LabError):
        ask(near, url)


def test_a_second_lab_on_the_same_addresses_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="is in use here"):
        check(lab.plan)


def test_an_image_that_nobody_packed_is_not_looked_for_elsewhere(lab: Lab) -> None:
    lab["gke"].kubectl("run", "unknown", "--image=docker.io/library/nginx:1", "--restart=Never")

    def refused() -> bool:
        statuses = lab["gke"].get("pod", "unknown")["status"].get("containerStatuses", [])
        return any("not found" in status["state"].get("waiting", {}).get("message", "") for status in statuses)

    wait_for("a refused image", refused, seconds=30)
    lab["gke"].kubectl("delete", "pod", "unknown", "--now")


def test_sealed_secrets_unseals_what_kubeseal_sealed(lab: Lab) -> None:
    cluster = lab["gke"]
    addons.sealed_secrets(cluster)
    secret = cluster.kubectl("create", "secret", "generic", "token", "--from-literal=a=b", "--dry-run=client", "-oyaml")
    where = ["--controller-namespace=kube-system", f"--kubeconfig={cluster.kubeconfig}"]
    sealed = run([str(TOOLS / "kubeseal"), *where], stdin=secret)
    assert "kind: SealedSecret" in sealed or '"kind": "SealedSecret"' in sealed
    cluster.apply(sealed)
    wait_for("the unsealed Secret", lambda: cluster.says("get", "secret", "token"), seconds=30)
    assert cluster.get("secret", "token")["data"] == {"a": "Yg=="}


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Cluster:
    """Return gke with the tree's control plane."""
    for stage in ("namespaces", "base", "control-plane"):
        addons.stage(lab["gke"], TREE / "clusters/gke" / stage)
    lab["gke"].rolled_out("istio-system", "istiod")
    return lab["gke"]


def test_the_control_plane_of_the_tree_becomes_ready(mesh: Cluster) -> None:
    found = mesh.get("deployment", "istiod", "istio-system")
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "docker.io/istio/pilot:1.31.1"
    webhook = mesh.get("mutatingwebhookconfiguration", "istio-sidecar-injector")
    assert all(each["clientConfig"].get("caBundle") for each in webhook["webhooks"])


def test_injected_pods_talk_and_their_envoys_take_every_configuration(mesh: Cluster) -> None:
    for stage in ("east-west-gateway", "workloads"):
        addons.stage(mesh, TREE / "clusters/gke" / stage)
    mesh.rolled_out("istio-system", "istio-eastwestgateway")
    mesh.rolled_out("multi-cluster", "helloworld-v1")
    mesh.rolled_out("multi-cluster", "sleep-gke")
    url = "http://helloworld.multi-cluster/hello"
    assert mesh.execute("multi-cluster", "deployment/sleep-gke", *CURL, url).startswith("Hello version: v1")
    proxies = {"istio-system": "deployment/istio-eastwestgateway", "multi-cluster": "deployment/sleep-gke"}
    for namespace, proxy in proxies.items():
        log = mesh.kubectl("logs", f"--namespace={namespace}", proxy, "--container=istio-proxy")
        assert "Envoy proxy is ready" in log
        assert "rejected" not in log.lower()
