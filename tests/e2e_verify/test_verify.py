"""mcgen verify against a mesh of real pods: everything is seen when it is well, and each defect when it is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
import yaml

from mcgen import names
from tests.e2e_verify.live_mesh import BLUEPRINT, DEMO, LiveMesh
from tests.lab import handbook
from tests.lab.catalogue import CHECKOUT
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

SYSTEM = f"--namespace={names.ISTIO_SYSTEM}"
GATEWAY = f"deployment/{names.EAST_WEST_GATEWAY}"
POLICY = "helloworld-v1-callers"


@contextmanager
def broken(mesh: LiveMesh, cluster: str, stage: str, *commands: tuple[str, ...]) -> Iterator[None]:
    """Break something with kubectl, and have the stage that it belongs to applied again."""
    try:
        for command in commands:
            mesh[cluster].kubectl(*command)
        yield
    finally:
        mesh.stage(cluster, stage)


@contextmanager
def without_gateway(mesh: LiveMesh, cluster: str) -> Iterator[None]:
    """Scale a gateway to nothing, which its autoscaler takes for somebody's wish."""
    pods = ("get", "pods", SYSTEM, "--selector=istio=eastwestgateway", "--output=name")
    try:
        mesh[cluster].kubectl("scale", SYSTEM, GATEWAY, "--replicas=0")
        wait_for("the end of the gateway", lambda: not mesh[cluster].kubectl(*pods), seconds=120, pause=1)
        yield
    finally:
        mesh[cluster].kubectl("scale", SYSTEM, GATEWAY, "--replicas=1")
        mesh[cluster].rolled_out(names.ISTIO_SYSTEM, names.EAST_WEST_GATEWAY, seconds=300)


def checks(mesh: LiveMesh, *options: str) -> dict[tuple[str, str], str]:
    """Return the verdicts by cluster and check."""
    return {(each["cluster"], each["check"]): each["verdict"] for each in mesh.verify(*options)[1]}


def test_a_mesh_that_is_well(mesh: LiveMesh) -> None:
    code, found = mesh.verify("--probe")
    assert code == 0, [each for each in found if each["verdict"] != "fine"]
    assert {each["verdict"] for each in found} == {"fine"}
    assert mesh.probes() == []
    said = {(each["cluster"], each["check"]): each["message"] for each in found}
    assert said["gke", "every istiod reads aks"] == "synced in 2"
    assert said["gke", f"policy {DEMO}/{POLICY} lets pass"].startswith("HEAD / from multi-cluster/sleep-aks in aks")
    assert said["gke", f"policy {DEMO}/{POLICY} refuses"].startswith("HEAD / from multi-cluster/default in gke")
    assert "15012" in said["aks", "reaches the gateway of gke"]
    for here, there in (("gke", "aks"), ("aks", "gke")):
        assert "answered there" in said[here, f"calls helloworld.{DEMO} in {there}"]


def test_without_probe_what_only_traffic_shows_is_told_as_not_tried(mesh: LiveMesh) -> None:
    said = mesh.mcgen("verify", "--format=junit")
    assert said.returncode == 0
    root = ElementTree.fromstring(said.stdout)
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"gke", "aks"}
    skipped = {case.get("name") for case in suites["gke"] if case.find("skipped") is not None}
    assert f"policy {DEMO}/{POLICY} refuses" in skipped
    assert f"calls helloworld.{DEMO} in aks" in skipped
    assert suites["gke"].get("skipped") == str(len(skipped))
    assert suites["gke"].get("failures") == suites["gke"].get("errors") == "0"


def test_a_remote_secret_that_is_gone(mesh: LiveMesh) -> None:
    # Its owner would bring it back.
    command = ("delete", "sealedsecret", names.remote_secret("cluster-aks"), SYSTEM)
    gone = ("get", "secret", names.remote_secret("cluster-aks"), SYSTEM)
    with broken(mesh, "gke", "remote-secrets/aks", command):
        wait_for("the end of the Secret", lambda: not mesh["gke"].says(*gone), seconds=60, pause=1)
        wait_for("istiod to see it", lambda: ("gke", "MC801") in mesh.codes(), seconds=60, pause=1)
        found = checks(mesh, "--probe")
        assert found["gke", "every istiod reads aks"] == "finding"
        assert found["gke", "every istiod reads gke"] == "fine"
        assert found["gke", f"calls helloworld.{DEMO} in aks"] == "finding"
    wait_for("istiod to read aks again", lambda: mesh.codes() == set(), seconds=120, pause=1)


@pytest.mark.long
def test_a_gateway_without_pods(mesh: LiveMesh) -> None:
    with without_gateway(mesh, "aks"):
        assert ("aks", "MC806") in mesh.codes()
        found = checks(mesh, "--probe")
        assert found["gke", "reaches the gateway of aks"] == "finding"
        assert found["gke", f"calls helloworld.{DEMO} in aks"] == "finding"
        assert found["aks", "reaches the gateway of gke"] == "fine"
        assert found["gke", f"policy {DEMO}/helloworld-v1-methods refuses"] == "fine"


def test_a_policy_that_is_gone(mesh: LiveMesh) -> None:
    command = ("delete", "authorizationpolicies.security.istio.io", POLICY, f"--namespace={DEMO}")
    with broken(mesh, "gke", "policies", command):
        assert mesh.codes() == {("gke", "MC807")}
        found = checks(mesh, "--probe")
        assert found["gke", f"policy {DEMO}/{POLICY} refuses"] == "finding"
        assert found["gke", f"policy {DEMO}/{POLICY} lets pass"] == "fine"
        assert found["gke", f"policy {DEMO}/helloworld-v1-methods refuses"] == "fine"


@pytest.mark.long
def test_somebody_elses_policy_refuses_who_must_pass(mesh: LiveMesh) -> None:
    mesh["gke"].apply(
        yaml.safe_dump(
            {
                "apiVersion": names.ISTIO_SECURITY,
                "kind": "AuthorizationPolicy",
                "metadata": {"name": "nobody", "namespace": DEMO},
                "spec": {"action": "DENY", "rules": [{}]},
            }
        )
    )
    try:
        assert mesh.codes() == set()
        found = checks(mesh, "--probe")
        assert found["gke", f"policy {DEMO}/{POLICY} lets pass"] == "finding"
        assert found["gke", f"policy {DEMO}/helloworld-v1-methods lets pass"] == "finding"
        # A refusal is an answer: the way is open.
        assert found["aks", f"calls helloworld.{DEMO} in gke"] == "fine"
    finally:
        mesh["gke"].kubectl("delete", "authorizationpolicies.security.istio.io", "nobody", f"--namespace={DEMO}")


@pytest.mark.long
def test_plain_text_that_is_let_in(mesh: LiveMesh) -> None:
    patch = '--patch={"spec": {"mtls": {"mode": "PERMISSIVE"}}}'
    kind = "peerauthentications.security.istio.io"
    with broken(mesh, "gke", "policies", ("patch", kind, "default", SYSTEM, "--type=merge", patch)):
        assert mesh.codes() == {("gke", "MC807"), ("gke", "MC808")}
        found = checks(mesh, "--probe")
        for cluster in ("gke", "aks"):
            assert found[cluster, f"helloworld.{DEMO}:80 refuses plain text"] == "finding"


@pytest.mark.long
def test_no_istiod(mesh: LiveMesh) -> None:
    pods = ("get", "pods", SYSTEM, "--selector=app=istiod", "--output=name")
    try:
        mesh["gke"].kubectl("scale", SYSTEM, "deployment/istiod", "--replicas=0")
        wait_for("the end of istiod", lambda: not mesh["gke"].kubectl(*pods), seconds=120, pause=1)
        found = checks(mesh)
        for cluster in ("gke", "aks"):
            assert found["gke", f"every istiod reads {cluster}"] == "finding"
            assert found[cluster, f"istiod serves the proxies in {DEMO}"] == "finding"
            assert found[cluster, f"identities of the proxies in {DEMO}"] == "fine"
    finally:
        mesh["gke"].kubectl("scale", SYSTEM, "deployment/istiod", "--replicas=2")
        mesh["gke"].rolled_out(names.ISTIO_SYSTEM, "istiod", seconds=300)
        wait_for("all proxies to be served again", lambda: mesh.codes() == set(), seconds=180, pause=2)


@pytest.mark.long
def test_a_cluster_that_injects_no_sidecars(mesh: LiveMesh) -> None:
    command = ("delete", "mutatingwebhookconfiguration", "istio-sidecar-injector")
    with broken(mesh, "aks", "control-plane", command):
        try:
            mesh["aks"].kubectl("run", "bare", f"--namespace={DEMO}", "--image=docker.io/curlimages/curl:8.16.0",
                                "--command", "--", "sleep", "600")  # fmt: skip
            mesh["aks"].kubectl("wait", "pod/bare", f"--namespace={DEMO}", "--for=condition=Ready", "--timeout=120s")
            found = checks(mesh, "--probe")
            assert found["aks", f"a new pod in {DEMO} gets a sidecar"] == "finding"
            assert found["aks", f"pods in {DEMO} have sidecars"] == "finding"
            assert found["gke", f"a new pod in {DEMO} gets a sidecar"] == "fine"
        finally:
            mesh["aks"].kubectl("delete", "pod", "bare", f"--namespace={DEMO}", "--now")
    assert mesh.probes() == []


@pytest.mark.long
def test_an_address_that_is_not_the_gateways(mesh: LiveMesh) -> None:
    facts = mesh.tree / ".mcgen/facts.yaml"
    before = facts.read_text()
    data = yaml.safe_load(before)
    data["addresses"]["gke"] = "203.0.113.10"
    facts.write_text(yaml.safe_dump(data))
    try:
        assert mesh.codes() == {("gke", "MC733")}
    finally:
        facts.write_text(before)


def test_what_cannot_be_seen_is_unknown(mesh: LiveMesh, tmp_path: Path) -> None:
    away = tmp_path / "kubeconfig"
    # Nobody has this address in the lab.
    text = mesh["aks"].kubeconfig.read_text().replace(mesh["aks"].plan.server, "https://127.0.0.1:1")
    away.write_text(text)
    options = (f"--kubeconfig=aks={away}", "--retries=0")
    code, found = mesh.verify(*options, "--probe")
    assert code == 3
    assert {each["verdict"] for each in found if each["cluster"] == "aks"} == {"unknown"}
    by_check = {each["check"]: each["verdict"] for each in found if each["cluster"] == "gke"}
    assert by_check[f"calls helloworld.{DEMO} in aks"] == "unknown"
    assert by_check["every istiod reads aks"] == "fine"
    assert mesh.verify(*options, "--allow-unknown")[0] == 0
    assert mesh.probes() == []


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(each, marks=pytest.mark.long) for each in (signal.SIGTERM, signal.SIGKILL))],
    ids=lambda each: each.name,
)
def test_probes_go_whatever_ends_the_run(mesh: LiveMesh, number: signal.Signals) -> None:
    argv = [sys.executable, "-m", "mcgen", "verify", BLUEPRINT, "--probe"]
    # A shell's background job would ignore SIGINT.
    process = subprocess.Popen(
        argv, cwd=mesh.folder, env=mesh.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        wait_for("probes", lambda: len(mesh.probes()) == 5, seconds=120)
        process.send_signal(number)
        said, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    if number is signal.SIGKILL:
        assert len(mesh.probes()) == 5
        assert mesh.verify("--probe")[0] == 0
    else:
        assert process.returncode == 130, said + errors
        assert "interrupted" in errors
    assert mesh.probes() == []


def test_the_rights_that_the_page_names_are_enough(mesh: LiveMesh, tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/verify.md").read_text()
    rights = handbook.block(page, "## Rights", "yaml")
    options = []
    for name, cluster in mesh.lab.clusters.items():
        cluster.apply(rights)
        cluster.kubectl("create", "serviceaccount", "verifier", "--namespace=default")
        for role in ("mcgen-verify", "mcgen-verify-probe"):
            binding = ("clusterrolebinding", role, f"--clusterrole={role}", "--serviceaccount=default:verifier")
            cluster.kubectl("create", *binding)
        token = cluster.kubectl("create", "token", "verifier", "--namespace=default").strip()
        config = json.loads(cluster.kubectl("config", "view", "--raw", "--flatten", "--output=json"))
        config["users"][0]["user"] = {"token": token}
        file = tmp_path / f"{name}.kubeconfig"
        file.write_text(json.dumps(config))
        options.append(f"--kubeconfig={name}={file}")
    code, found = mesh.verify(*options, "--probe")
    assert code == 0, [each for each in found if each["verdict"] != "fine"]
    for cluster in mesh.lab.clusters.values():
        cluster.kubectl("delete", "clusterrolebinding", "mcgen-verify-probe")
    assert mesh.verify(*options)[0] == 0


@pytest.mark.long
def test_a_probe_that_cannot_start_says_what_it_waits_for(mesh: LiveMesh) -> None:
    code, found = mesh.verify("--probe", "--probe-image=registry.example.com/nobody/has-this:1")
    assert code == 3
    (said,) = (each for each in found if (each["cluster"], each["check"]) == ("gke", f"calls helloworld.{DEMO} in aks"))
    assert said["verdict"] == "unknown"
    assert "ImagePull" in said["message"]
    assert mesh.probes() == []
