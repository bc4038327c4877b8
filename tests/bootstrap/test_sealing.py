"""A remote secret is sealed for the cluster that it is for, of the right token, or a person is told why it is not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import names
from mcgen.bootstrap import certificate as certificates
from mcgen.bootstrap import run as bootstrap
from mcgen.bootstrap.access import Access
from mcgen.bootstrap.outcome import Options
from tests.bootstrap.sealed import REMOTE_SECRET, SEALED, Mesh, token
from tests.certificates import ELLIPTIC, RSA, issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.bootstrap.run import Result

Capture = pytest.CaptureFixture[str]
TOKEN = "eyJhbGciOiJSUzI1NiJ9.the-token-of-a-remote.c2lnbmF0dXJl"
FORBIDDEN = 'Error from server (Forbidden): it is forbidden: User "jane" cannot get it\n'
CONTROLLER = "controller kube-system/sealed-secrets-controller of gke"
OTHER = f"sha256:{64 * '0'}"


@pytest.fixture
def mesh(mesh: Mesh) -> Mesh:
    """Return the mesh with programs that seal its remote secret again."""
    mesh.live.set("aks", "istioctl", "create-remote-secret", f"stringData: {TOKEN}\n")
    mesh.live.set("none", "kubeseal", "seal", yaml.safe_dump(mesh.sealed))
    return mesh


def sealing(mesh: Mesh, **options: Any) -> Result:
    """Seal it again."""
    return bootstrap.run(mesh.loaded(), mesh.tree, Options(retries=0, reseal=frozenset({"aks"}), **options))


def of_pair(result: Result) -> tuple[str, str]:
    (found,) = [outcome for outcome in result.outcomes if outcome.remote]
    return found.state.value, found.words


def of_consumer(result: Result) -> list[tuple[str, str]]:
    return [(outcome.state.value, outcome.words) for outcome in result.outcomes if not outcome.remote]


def test_the_chain_goes_on_with_what_was_sealed(mesh: Mesh, capsys: Capture, certificate: str) -> None:
    mesh.waits()
    stage = mesh.tree / "clusters/aks/argocd/20-control-plane.yaml"
    assert not stage.exists()
    used = certificates.parse(certificate.encode(), "here")
    said = mesh.asked(capsys)
    assert said["wrote"] is True
    assert said["pairs"] == [
        {
            "consumer": "gke",
            "remote": "aks",
            "state": "sealed",
            "words": f"token 1, certificate {used.fingerprint[:19]}, to {used.day}",
        }
    ]
    assert said["consumers"] == []
    assert said["notes"] == [f"gke: sealing with certificate {used.fingerprint} from {CONTROLLER}"]
    assert stage.exists()
    assert mesh.facts["addresses"] == {"gke": "203.0.113.10"}
    assert mesh.facts["certificates"] == {"gke": {"fingerprint": used.fingerprint, "notAfter": used.day}}
    assert mesh.sealed["metadata"]["annotations"] == {names.CERTIFICATE: used.fingerprint}
    inner = mesh.sealed["spec"]["template"]["metadata"]
    assert inner["annotations"] == {names.REMOTE_CLUSTER: "cluster-aks", names.TOKEN: "1"}
    assert mesh.bootstrap() == 0
    assert "skipped  aks for gke: sealed already" in capsys.readouterr().out


def without_token(mesh: Mesh) -> None:
    mesh.live.remove("aks", "secret", "istio-reader-gke-1-token")


def says(place: tuple[str, str, str], answer: Any) -> Callable[[Mesh], object]:
    return lambda mesh: mesh.live.set(*place, answer)


def prints(change: Callable[[dict[str, Any]], object]) -> Callable[[Mesh], object]:
    """Let kubeseal print another document."""

    def act(mesh: Mesh) -> None:
        document = mesh.sealed
        change(document)
        mesh.live.set("none", "kubeseal", "seal", yaml.safe_dump(document))

    return act


SECRET = ("aks", "secret", "istio-reader-gke-1-token")
SEAL, CERTIFICATE = ("none", "kubeseal", "seal"), ("gke", "kubeseal", "certificate")
CASES: dict[str, tuple[Callable[[Mesh], object], str, str]] = {
    "no token": (
        without_token, "waiting",
        "for stage namespaces of aks: Secret istio-reader-gke-1-token is not there yet",
    ),
    "odd annotations": (
        says(SECRET, token(cluster="aks|gke")), "failed",
        "aks: the annotations of Secret istio-reader-gke-1-token are none of mcgen's",
    ),
    "not filled": (
        says(SECRET, token(filled="")), "waiting",
        "for the controller of aks, which has not filled Secret istio-reader-gke-1-token yet",
    ),
    "another account": (
        says(SECRET, token("7")), "failed",
        "aks: Secret istio-reader-gke-1-token is of the account 'istio-reader-gke-7', and not of mcgen",
    ),
    "another cluster": (
        says(SECRET, token(cluster="eks")), "failed", "context 'aks' leads to the cluster 'eks', and not to 'aks'",
    ),
    "no token Secret": (
        says(SECRET, "Opaque |||"), "failed",
        "aks: Secret istio-reader-gke-1-token is of type Opaque, and no token Secret",
    ),
    "forbidden": (says((*SECRET[:2], f"{SECRET[2]}.error"), FORBIDDEN), "failed", f"aks (context 'aks'): {FORBIDDEN}"),
    "forbidden, behind what kubectl's libraries say": (
        says((*SECRET[:2], f"{SECRET[2]}.error"), f"E1201 12:00:00.000000 7 memcache.go:265] no groups\n{FORBIDDEN}"),
        "failed", f"aks (context 'aks'): {FORBIDDEN}",
    ),
    "no context": (
        says(("aks", ".", "all.error"), 'error: context "aks" does not exist\n'), "failed",
        'aks (context \'aks\'): error: context "aks" does not exist '
        "(give --kubeconfig CLUSTER=FILE, or name the context in clusters[].bootstrap.context)",
    ),
    "istioctl fails": (
        says(("aks", "istioctl", "create-remote-secret.error"), f"no CA for {TOKEN}\n"), "failed",
        "istioctl create-remote-secret for aks: no CA for [hidden]",
    ),
    "kubeseal fails": (
        says((*SEAL[:2], "seal.error"), "cannot encrypt\n"), "failed", "kubeseal for gke: cannot encrypt",
    ),
    "no YAML": (says(SEAL, "a: ["), "failed", "kubeseal printed something that is no YAML; nothing was written"),
    "nothing": (says(SEAL, ""), "failed", "kubeseal printed 0 documents instead of one; nothing was written"),
    "two": (
        says(SEAL, "a: 1\n---\nb: 2\n"), "failed", "kubeseal printed 2 documents instead of one; nothing was written",
    ),
    "another name": (
        prints(lambda document: document["metadata"].update(name=TOKEN)), "failed",
        f'kubeseal did not print the sealed secret of aks: metadata.name is "[hidden]", and must be "{REMOTE_SECRET}"',
    ),
    "not sealed": (
        prints(lambda document: document["spec"]["encryptedData"].update({"cluster-aks": TOKEN})), "failed",
        "kubeseal did not print the sealed secret of aks: spec.encryptedData.cluster-aks is not sealed; "
        "a secret that stands there is known to all",
    ),
    "no controller": (
        says(
            (*CERTIFICATE[:2], "certificate.error"),
            'error: services "sealed-secrets-controller" not found.\n'
            "Please, use the flag --controller-name and --controller-namespace\n",
        ),
        "failed",
        "no certificate from the sealed-secrets controller kube-system/sealed-secrets-controller: "
        'error: services "sealed-secrets-controller" not found. '
        "(is it installed there? addons.sealedSecrets says where it is)",
    ),
    "no certificate": (
        says(CERTIFICATE, "<html>"), "failed", f"{CONTROLLER}: this is no certificate in PEM form",
    ),
    "no RSA key": (
        says(CERTIFICATE, issue(ELLIPTIC, days=200)), "failed",
        f"{CONTROLLER}: the certificate has no RSA key, so it is none of sealed-secrets",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_sealed_is_told_and_what_was_sealed_stays(mesh: Mesh, case: str) -> None:
    change, state, words = CASES[case]
    change(mesh)
    before = (mesh.tree / SEALED).read_bytes()
    assert of_pair(sealing(mesh)) == (state, words.strip())
    assert (mesh.tree / SEALED).read_bytes() == before


def test_a_failure_is_an_exit_code_and_waiting_is_none(mesh: Mesh, capsys: Capture) -> None:
    without_token(mesh)
    assert mesh.bootstrap("--reseal") == 0
    assert "1 waiting" in capsys.readouterr().out
    mesh.live.set(*SECRET, token("7"))
    assert mesh.bootstrap("--reseal", "aks") == 3
    assert "1 failed" in capsys.readouterr().out


def test_a_tree_from_before_tokens_said_whose_they_are(mesh: Mesh) -> None:
    mesh.live.set(*SECRET, token(cluster=""))
    assert of_pair(sealing(mesh))[0] == "sealed"


def known(mesh: Mesh, fingerprint: str) -> None:
    mesh.note(certificates={"gke": {"fingerprint": fingerprint, "notAfter": "2036-11-24"}})


def test_the_controllers_new_certificate_is_used_and_told(mesh: Mesh, certificate: str) -> None:
    used = certificates.parse(certificate.encode(), "here").fingerprint
    known(mesh, OTHER)
    change = f"gke: the certificate of {CONTROLLER} is {used}, and was {OTHER}: the new one is used from now on"
    assert sealing(mesh).notes == (change,)
    assert mesh.facts["certificates"]["gke"]["fingerprint"] == used
    assert sealing(mesh).notes == ()


def given(certificate: str) -> dict[str, dict[str, str]]:
    return {"certificates": {"gke": certificate}}


def test_a_given_certificate_that_changed_is_looked_at_by_a_person_first(mesh: Mesh, certificate: str) -> None:
    (mesh.tree.parent / "gke.pem").write_text(certificate)
    known(mesh, OTHER)
    refused = sealing(mesh, **given("output/gke.pem"))
    state, words = of_pair(refused)
    assert state == "failed"
    assert words.endswith(
        f"and was {OTHER}: nothing is sealed with it before somebody has looked at it (--accept-new-cert)"
    )
    assert mesh.facts["certificates"]["gke"]["fingerprint"] == OTHER
    accepted = sealing(mesh, **given("output/gke.pem"), accept_new_certificate=True)
    assert of_pair(accepted)[0] == "sealed"
    assert accepted.notes[0].startswith("gke: the certificate of output/gke.pem is sha256:")
    assert "--fetch-cert" not in mesh.live.asked()


def test_a_certificate_of_the_blueprint_lies_beside_it(mesh: Mesh, certificate: str) -> None:
    text = mesh.blueprint.read_text()
    own = "    role: primary\n    bootstrap: {certificate: keys/gke.pem}\n"
    mesh.blueprint.write_text(text.replace("    role: primary\n", own, 1))
    assert of_pair(sealing(mesh)) == (
        "failed",
        "the certificate 'blueprints/keys/gke.pem' cannot be read: No such file or directory",
    )
    (mesh.blueprint.parent / "keys").mkdir()
    (mesh.blueprint.parent / "keys/gke.pem").write_text(certificate)
    assert of_pair(sealing(mesh))[0] == "sealed"


def test_a_certificate_that_has_expired(mesh: Mesh) -> None:
    (mesh.tree.parent / "old.pem").write_text(issue(RSA, days=50))
    state, words = of_pair(sealing(mesh, **given("output/old.pem")))
    assert state == "failed"
    assert words.startswith("output/old.pem: the certificate expired on ")
    assert words.endswith(": fetch the controller's new one")


def test_a_certificate_from_a_url(mesh: Mesh, certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, float]] = []

    def opened(_: object, url: str, *, timeout: float) -> io.BytesIO:
        asked.append((url, timeout))
        return io.BytesIO(certificate.encode())

    monkeypatch.setattr("urllib.request.OpenerDirector.open", opened)
    assert of_pair(sealing(mesh, **given("https://pki.example.com/gke.pem"), timeout=7))[0] == "sealed"
    assert asked == [("https://pki.example.com/gke.pem", 7)]


def test_a_url_that_does_not_answer(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(_: object, url: str, *, timeout: float) -> io.BytesIO:
        raise OSError(f"{url}: no route within {timeout:g} seconds")

    monkeypatch.setattr("urllib.request.OpenerDirector.open", opened)
    url = "https://pki.example.com/gke.pem"
    assert of_pair(sealing(mesh, **given(url), timeout=7)) == (
        "failed",
        f"the certificate '{url}' cannot be read: {url}: no route within 7 seconds",
    )


SERVICE = ("gke", "service", names.EAST_WEST_GATEWAY)
ADDRESSES = {
    "none yet": (
        says(SERVICE, ""), "waiting",
        "Service istio-eastwestgateway has no address yet: its remotes wait for stage east-west-gateway",
    ),
    "no gateway": (
        lambda mesh: mesh.live.remove(*SERVICE), "waiting",
        "Service istio-eastwestgateway has no address yet: its remotes wait for stage east-west-gateway",
    ),
    "loopback": (
        says(SERVICE, "127.0.0.1 "), "failed",
        '"127.0.0.1" is an address that no other cluster can reach: write one that they can, in the blueprint',
    ),
    "host name": (
        says(SERVICE, "lb.example.com "), "failed",
        '"lb.example.com" is a host name; the API servers of the remotes can call istiod by an IP address only: '
        "reserve an address for the gateway and write it here, in the blueprint",
    ),
    "forbidden": (
        says((*SERVICE[:2], f"{SERVICE[2]}.error"), FORBIDDEN), "failed", f"gke (context 'gke'): {FORBIDDEN}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDRESSES)
def test_a_gateway_without_an_address_keeps_no_secret_from_being_sealed(mesh: Mesh, case: str) -> None:
    change, state, words = ADDRESSES[case]
    mesh.note(addresses={})
    change(mesh)
    result = sealing(mesh)
    assert of_consumer(result) == [(state, words.strip())]
    assert of_pair(result)[0] == "sealed"
    assert result.failed is (state == "failed")
    assert mesh.facts["addresses"] == {}


def test_the_first_of_several_addresses_is_noted_and_no_known_one_is_asked_for_again(mesh: Mesh) -> None:
    mesh.note(addresses={})
    mesh.live.set(*SERVICE, "203.0.113.99 203.0.113.98 ")
    assert of_consumer(sealing(mesh)) == []
    assert mesh.facts["addresses"] == {"gke": "203.0.113.99"}
    assert of_consumer(sealing(mesh)) == []
    assert mesh.live.asked().count("get service") == 1


def test_a_server_that_leads_each_machine_to_itself_is_told(mesh: Mesh) -> None:
    mesh.live.set("aks", "view", "list", "https://127.0.0.1:6443")
    result = sealing(mesh)
    assert of_pair(result)[0] == "sealed"
    assert result.notes[-1] == (
        "aks: its remote secret says https://127.0.0.1:6443, which no other cluster can reach: "
        "set clusters[].bootstrap.server, and seal again with --reseal"
    )


def test_a_server_of_the_blueprint_stands_in_the_secret(mesh: Mesh) -> None:
    text = mesh.blueprint.read_text()
    old, server = "    bootstrap:\n      credentials", "https://10.0.0.9:6443"
    assert old in text
    mesh.blueprint.write_text(
        text.replace(
            old, f"    bootstrap:\n      server: {server}\n      tlsServerName: aks.example.com\n      credentials"
        )
    )
    mesh.live.set("aks", "view", "list", "https://127.0.0.1:6443")
    result = sealing(mesh)
    assert of_pair(result)[0] == "sealed"
    (asked,) = [line for line in mesh.live.asked().splitlines() if "create-remote-secret" in line]
    assert f"--server={server}" in asked
    assert "--tls-server-name=aks.example.com" in asked
    # What the kubeconfig says leads nowhere else then.
    assert [note for note in result.notes if "no other cluster can reach" in note] == []


def test_a_cluster_is_reached_by_the_kubeconfig_that_was_given(mesh: Mesh) -> None:
    mesh.live.set("elsewhere", ".", "all.error", FORBIDDEN)
    assert of_pair(sealing(mesh, kubeconfigs={"aks": "there/elsewhere"})) == (
        "failed",
        f"aks (there/elsewhere): {FORBIDDEN.strip()}",
    )
    assert "--context=aks" not in mesh.live.asked()


def test_a_cluster_to_which_there_is_no_way(mesh: Mesh) -> None:
    barred = "gke: Secret argocd/cluster-gke cannot be read"
    result = sealing(mesh, kubeconfigs={"gke": Access(cluster="gke", barred=barred)})
    assert of_consumer(result) == [("failed", barred)]
    assert of_pair(result) == ("failed", barred)


@pytest.mark.parametrize(
    ("program", "place", "options"),
    [("kubectl", "aks (context 'aks')", given("output/gke.pem")), ("kubeseal", "gke (context 'gke')", {})],
)
def test_a_program_that_does_not_end_is_stopped(
    mesh: Mesh, certificate: str, program: str, place: str, options: dict[str, Any]
) -> None:
    """No other one runs before it, which could take as long on a machine that has much to do."""
    (mesh.tree.parent / "gke.pem").write_text(certificate)
    (mesh.live.programs / program).write_text("#!/bin/sh\nexec sleep 60\n")
    assert of_pair(sealing(mesh, timeout=0.3, **options)) == (
        "failed",
        f"{place}: '{program}' did not end within 0.3 seconds and was stopped",
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--kubeconfig", "eks=x"], "--kubeconfig eks=...: there is no such cluster; the mesh has gke, aks"),
        (["--cert", "eks=x"], "--cert eks=...: there is no such cluster; the mesh has gke, aks"),
        (["--rotate", "--status"], "--status and --rotate are steps of their own: give one of them"),
        (["--new-ca", "there"], "--new-ca is the root that follows the one of --ca: give both"),
        (["--clone", "https://x", "--dry-run"], "--dry-run is for a tree on this machine"),
    ],
)
def test_wrong_use_is_told_before_anybody_is_asked(mesh: Mesh, capsys: Capture, options: list[str], words: str) -> None:
    assert mesh.bootstrap(*options) == 2
    assert words in capsys.readouterr().err
    assert not (mesh.live.folder / "asked").exists()


def test_the_job_belongs_into_a_pod(mesh: Mesh, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert mesh.bootstrap("--clone", "git@git.example.com:platform/mesh.git") == 3
    assert "this is no pod" in capsys.readouterr().err
