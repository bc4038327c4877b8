"""mcgen doctor on real API servers: all is fine once the generated setup is applied, and each defect is found."""

from __future__ import annotations

from contextlib import contextmanager
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.manifests.setup_argocd import release
from tests.e2e_lab.bare_mesh import CONTROLLER, BareMesh, endpoints, register
from tests.lab.catalogue import TOOLS
from tests.lab.lab import Lab
from tests.lab.plan import plan
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.cluster import Cluster

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

ARGOCD = "--namespace=argocd"
SYSTEM = "--namespace=istio-system"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareMesh]:
    """Yield the sample mesh in which all is as it should be; every test leaves it so."""
    network = IPv4Network("10.216.0.0/14")
    with Lab(plan((), bare=("gke", "aks"), name="doctor", network=network)) as lab:
        made = BareMesh(lab, tmp_path_factory.mktemp("mesh"))
        try:
            made.up()
            yield made
        finally:
            made.down()


@pytest.fixture(autouse=True)
def all_is_fine_after_it(mesh: BareMesh) -> Iterator[None]:
    yield
    assert mesh.doctor() == (0, [])


@contextmanager
def changed(cluster: Cluster, kind: str, name: str, where: str, patch: str, how: str = "merge") -> Iterator[None]:
    """Let an object differ for a moment."""
    target = [kind, name, *([where] if where else [])]
    before = yaml.safe_load(cluster.kubectl("get", *target, "--output=yaml"))
    for field in ("resourceVersion", "uid", "managedFields", "creationTimestamp", "generation"):
        before["metadata"].pop(field, None)
    before.pop("status", None)
    cluster.kubectl("patch", *target, f"--type={how}", f"--patch={patch}")
    try:
        yield
    finally:
        cluster.kubectl("replace", "--filename=-", stdin=yaml.safe_dump(before))


def test_all_is_fine_and_no_secret_is_told(mesh: BareMesh) -> None:
    for form in ("text", "json", "sarif"):
        done = mesh.mcgen("doctor", f"--format={form}")
        assert done.returncode == 0, done.stdout
        assert "hunter2" not in done.stdout + done.stderr
    assert mesh.mcgen("doctor").stdout.splitlines()[-1] == "46 fine"


HEALTH = "resource.customizations.health.argoproj.io_Application"


def settings(key: str, value: str | None) -> str:
    return yaml.safe_dump({"data": {key: value}})


@pytest.mark.parametrize(
    ("kind", "name", "patch", "code"),
    [
        ("configmap", "argocd-cm", settings(HEALTH, None), "MC701"),
        ("configmap", "argocd-cm", settings(HEALTH, "return {}"), "MC701"),
        ("configmap", "argocd-cm", settings("resource.exclusions", release("3.5").exclusions), "MC702"),
        ("configmap", "argocd-cmd-params-cm", "data: null", "MC703"),
        ("configmap", "mcgen-istio-1.31", settings("plugin.yaml", "a: b"), "MC704"),
        ("deployment", "argocd-repo-server", '{"spec": {"template": {"metadata": {"annotations": null}}}}', "MC704"),
        ("appproject", "gke-aks", '{"spec": {"destinations": []}}', "MC706"),
        ("application", "gke-aks-root", '{"spec": {"source": {"targetRevision": "x"}}}', "MC706"),
    ],
)
def test_a_changed_setup(mesh: BareMesh, kind: str, name: str, patch: str, code: str) -> None:
    with changed(mesh.lab["gke"], kind, name, ARGOCD, patch):
        assert mesh.codes() == [("Argo CD", code)]


def test_a_changed_admission_policy(mesh: BareMesh) -> None:
    patch = '{"spec": {"failurePolicy": "Ignore"}}'
    with changed(mesh.lab["gke"], "validatingadmissionpolicy", "mcgen-gke-aks-applications", "", patch):
        assert mesh.codes() == [("Argo CD", "MC707")]


def test_a_cluster_under_another_name(mesh: BareMesh) -> None:
    gke = mesh.lab["gke"]
    register(gke, "aks", "https://aks.example.com", known_as="azure")
    try:
        code, (found, used) = mesh.doctor()
        assert (code, found["code"], found["check"]) == (1, "MC708", "cluster 'aks' is registered")
        # The bootstrap job goes by the same Secret.
        assert used["code"] == "MC742"
        assert "it knows azure, gke" in found["message"]
    finally:
        register(gke, "aks", "https://aks.example.com")


@pytest.mark.parametrize(
    ("kind", "name", "where", "patch", "code"),
    [
        ("clusterrole", "istio-reader-gke", "", '[{"op": "remove", "path": "/rules/0"}]', "MC720"),
        ("clusterrolebinding", "istio-reader-gke-1", "", '[{"op": "remove", "path": "/subjects"}]', "MC720"),
        (
            "namespace",
            "istio-system",
            "",
            '[{"op": "replace", "path": "/metadata/labels/topology.istio.io~1network", "value": "x"}]',
            "MC722",
        ),
        (
            "service",
            "istio-eastwestgateway",
            SYSTEM,
            '[{"op": "add", "path": "/metadata/labels", "value": {"some": "label"}}]',
            "",
        ),
    ],
)
def test_a_changed_remote(mesh: BareMesh, kind: str, name: str, where: str, patch: str, code: str) -> None:
    with changed(mesh.lab["aks"], kind, name, where, patch, "json"):
        assert mesh.codes() == ([("aks", code)] if code else [])


def test_the_token_of_another_cluster(mesh: BareMesh) -> None:
    patch = '{"metadata": {"annotations": {"mcgen/cluster": "eks"}}}'
    with changed(mesh.lab["aks"], "secret", "istio-reader-gke-1-token", SYSTEM, patch):
        assert mesh.codes() == [("aks", "MC721")]


def test_another_istiod(mesh: BareMesh) -> None:
    patch = '[{"op": "replace", "path": "/spec/containers/0/image", "value": "docker.io/istio/pilot:1.30.4"}]'
    with changed(mesh.lab["gke"], "pod", "istiod-1", SYSTEM, patch, "json"):
        assert mesh.codes() == [("gke", "MC731")]


def test_nothing_ready_behind_the_controllers_service(mesh: BareMesh) -> None:
    gke = mesh.lab["gke"]

    def lead(key: str) -> None:
        gke.kubectl("replace", "--filename=-", stdin=yaml.safe_dump(endpoints(gke, key)))
        path = "jsonpath={.items[0].endpoints[0].conditions.ready}"
        where = ("endpointslices", "--namespace=kube-system", f"--selector=kubernetes.io/service-name={CONTROLLER}")
        said = str(key == "addresses").lower()
        wait_for("the slices", lambda: gke.kubectl("get", *where, f"--output={path}") == said, seconds=30)

    lead("notReadyAddresses")
    try:
        found = mesh.codes("--retries=0")
        # The API server leads nobody there any more, so that the rest cannot be seen.
        assert found == [("gke", "MC710"), ("gke", "MC700"), ("gke", "MC700")]
    finally:
        lead("addresses")


def test_the_certificate_of_the_wrong_cluster(mesh: BareMesh) -> None:
    before = mesh.blueprint.read_text()
    (mesh.blueprint.parent / "aks.pem").write_text(mesh.certificate(mesh.lab["aks"]))
    mesh.set_bootstrap("gke", certificate="aks.pem")
    try:
        code, (found,) = mesh.doctor()
        assert (code, found["code"]) == (1, "MC711")
        assert "pinned" in found["message"]
    finally:
        mesh.blueprint.write_text(before)


def test_a_secret_that_was_sealed_for_the_wrong_cluster(mesh: BareMesh, tmp_path: Path) -> None:
    file = mesh.tree / "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
    before = file.read_text()
    (tmp_path / "aks.pem").write_text(mesh.certificate(mesh.lab["aks"]))
    document = yaml.safe_load(before)
    template = document["spec"]["template"]
    secret = {"apiVersion": "v1", "kind": "Secret", **template, "stringData": {"cluster-aks": "x"}}
    argv = [str(TOOLS / "kubeseal"), f"--cert={tmp_path / 'aks.pem'}", "--format=yaml"]
    sealed = yaml.safe_load(run(argv, stdin=yaml.safe_dump(secret)))
    document["spec"]["encryptedData"] = sealed["spec"]["encryptedData"]
    file.write_text(yaml.safe_dump(document))
    try:
        code, (found,) = mesh.doctor()
        assert (code, found["code"], found["check"]) == (1, "MC712", "sealed remote secret of aks")
    finally:
        file.write_text(before)


def test_a_cluster_that_cannot_be_reached_is_unknown(mesh: BareMesh, tmp_path: Path) -> None:
    config = yaml.safe_load(mesh.lab["aks"].kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "nowhere").write_text(yaml.safe_dump(config))
    code, found = mesh.doctor(f"--kubeconfig=aks={tmp_path / 'nowhere'}", "--retries=0")
    assert code == 3
    assert {(check["cluster"], check["verdict"]) for check in found} == {("aks", "unknown")}
    assert len(found) == 9


def test_one_who_may_read_nothing_learns_that(mesh: BareMesh, tmp_path: Path) -> None:
    gke = mesh.lab["gke"]
    gke.kubectl("create", "serviceaccount", "nobody")
    try:
        config = yaml.safe_load(gke.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": gke.kubectl("create", "token", "nobody")}
        (tmp_path / "nobody").write_text(yaml.safe_dump(config))
        code, found = mesh.doctor(f"--kubeconfig=argocd={tmp_path / 'nobody'}", "--retries=0")
        assert code == 3
        assert {(check["cluster"], check["verdict"]) for check in found} == {("Argo CD", "unknown")}
        # What is open to everybody is its version.
        assert len(found) == 22
    finally:
        gke.kubectl("delete", "serviceaccount", "nobody")


def test_two_names_for_one_cluster(mesh: BareMesh) -> None:
    found = mesh.codes(f"--kubeconfig=aks={mesh.lab['gke'].kubeconfig}", "--retries=0")
    assert ("aks", "MC734") in found


def test_printed_settings_can_be_applied_and_make_it_fine(mesh: BareMesh) -> None:
    gke = mesh.lab["gke"]
    stock = settings("resource.exclusions", release("3.5").exclusions)
    with changed(gke, "configmap", "argocd-cm", ARGOCD, stock):
        gke.kubectl("patch", "configmap", "argocd-cm", ARGOCD, "--type=merge", f"--patch={settings(HEALTH, None)}")
        before = gke.get("configmap", "argocd-cm", "argocd")
        done = mesh.mcgen("doctor", "--print-settings")
        assert done.returncode == 0, done.stderr
        gke.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=done.stdout)
        assert mesh.doctor() == (0, [])
        after = gke.get("configmap", "argocd-cm", "argocd")
        assert after["metadata"]["labels"] == before["metadata"]["labels"]
        ours = {HEALTH, "resource.exclusions"}
        assert {k: v for k, v in after["data"].items() if k not in ours} == {
            k: v for k, v in before["data"].items() if k not in ours
        }
