"""--status says where a pair stands and what is next, and of what it could not see that it is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcgen.bootstrap import certificate as certificates
from tests.bootstrap.sealed import (
    COMMAND,
    DAY,
    NOW,
    REMOTE_SECRET,
    SYNCED,
    TIMEOUT,
    table,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bootstrap.sealed import Mesh

Capture = pytest.CaptureFixture[str]
FORBIDDEN = 'Error from server (Forbidden): secrets is forbidden: User "jane" cannot get it\n'
UNREACHABLE = "Unable to connect to the server: dial tcp: lookup gke.example.com: no such host\n"


def status(mesh: Mesh, capsys: Capture, code: int = 0) -> dict[str, Any]:
    """Return where the one pair stands."""
    (pair,) = mesh.asked(capsys, "--status", code=code)["pairs"]
    found: dict[str, Any] = pair
    return found


def test_where_all_is_well_there_is_nothing_to_do(mesh: Mesh, capsys: Capture, certificate: str) -> None:
    used = certificates.parse(certificate.encode(), "here")
    mesh.note(certificates={"gke": {"fingerprint": used.fingerprint, "notAfter": used.day}})
    mesh.seal(token="1", certificate=used.fingerprint)
    assert mesh.bootstrap("--status") == 0
    assert capsys.readouterr().out == (
        "gke: east-west address 203.0.113.10\n"
        "aks for gke: sealed\n"
        "  token:       1, 3 days old\n"
        f"  certificate: {used.fingerprint[:23]}..., expires {used.day}\n"
        "  unsealed:    yes\n"
        "  istiod:      2 of 2 synced\n"
        "  next:        nothing\n"
    )


def test_it_writes_nothing_and_asks_for_no_secret(mesh: Mesh) -> None:
    before = {path: path.read_bytes() for path in mesh.tree.rglob("*") if path.is_file()}
    assert mesh.bootstrap("--status") == 0
    assert {path: path.read_bytes() for path in mesh.tree.rglob("*") if path.is_file()} == before
    for line in mesh.live.asked().splitlines():
        # Of a Secret kubectl gets what a template picks, which is never its data.
        assert " secret " not in line or "--output=go-template={{.type}}" in line
        assert "create-remote-secret" not in line


def unsealed(answer: str) -> Callable[[Mesh], object]:
    return lambda mesh: mesh.live.set("gke", "sealedsecret", REMOTE_SECRET, answer)


def not_applied(mesh: Mesh) -> None:
    mesh.live.remove("gke", "sealedsecret", REMOTE_SECRET)


def one_lags(mesh: Mesh) -> None:
    mesh.live.set("gke", "istioctl", "remote-clusters", table(("istiod-1", SYNCED), ("istiod-2", TIMEOUT)))


def one_does_not_know_it(mesh: Mesh) -> None:
    mesh.live.set("gke", "istioctl", "remote-clusters", table(("istiod-1", SYNCED)))


def nobody_runs(mesh: Mesh) -> None:
    mesh.live.set("gke", "pods", "app=istiod", "")


def expires_soon(mesh: Mesh) -> None:
    mesh.note(certificates={"gke": {"fingerprint": f"sha256:{64 * '0'}", "notAfter": f"{NOW + 10 * DAY:%Y-%m-%d}"}})


LAGS = "find out why istiod cannot read aks: mcgen doctor"
STANDS: dict[str, tuple[Callable[[Mesh], object], str, str, str]] = {
    "opened": (lambda _: None, "yes", "2 of 2 synced", "nothing"),
    "cannot be opened": (unsealed("False"), "no", "2 of 2 synced", f"gke cannot open it: {COMMAND} --reseal aks"),
    "not opened yet": (unsealed(""), "not yet", "2 of 2 synced", "commit, and let Argo CD sync"),
    "not applied": (not_applied, "not applied", "2 of 2 synced", "commit, and let Argo CD sync"),
    "one lags": (one_lags, "yes", "1 of 2 synced", LAGS),
    "one does not know it": (one_does_not_know_it, "yes", "1 of 2 synced", LAGS),
    "no istiod": (nobody_runs, "yes", "0 of 0 synced", LAGS),
    "expires soon": (
        expires_soon, "yes", "2 of 2 synced",
        "nothing (the sealing certificate expires soon; the controller makes a new one by itself)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDS)
def test_what_is_next_for_a_sealed_secret(mesh: Mesh, capsys: Capture, case: str) -> None:
    change, opened, istiod, following = STANDS[case]
    change(mesh)
    found = status(mesh, capsys)
    assert (found["state"], found["token"], found["age"]) == ("sealed", "1", 3)
    assert (found["unsealed"], found["istiod"], found["next"], found["why"]) == (opened, istiod, following, [])


SILENCE = [
    # What does not answer, its words, and what is unknown then.
    (("aks", "secret", "istio-reader-gke-1-token"), FORBIDDEN, {"age": None}, "nothing"),
    (("gke", "sealedsecret", REMOTE_SECRET), FORBIDDEN, {"unsealed": "unknown"}, "reach the clusters to know more"),
    (("gke", "pods", "app=istiod"), FORBIDDEN, {"istiod": "unknown"}, "reach the clusters to know more"),
    (("gke", "istioctl", "remote-clusters"), UNREACHABLE, {"istiod": "unknown"}, "reach the clusters to know more"),
]


@pytest.mark.parametrize(
    ("place", "words", "unknown", "following"), SILENCE, ids=[" ".join(each[0]) for each in SILENCE]
)
def test_what_does_not_answer_is_unknown_and_all_else_is_told(
    mesh: Mesh, capsys: Capture, place: tuple[str, str, str], words: str, unknown: dict[str, Any], following: str
) -> None:
    context, kind, name = place
    mesh.live.set(context, kind, f"{name}.error", words)
    known = {"age": 3, "unsealed": "yes", "istiod": "2 of 2 synced", "token": "1", "state": "sealed"}
    found = status(mesh, capsys, code=3)
    assert {key: found[key] for key in known} == known | unknown
    assert found["next"] == following
    (why,) = found["why"]
    assert words.strip() in why


def test_what_did_not_answer_stands_below_in_the_programs_own_words(mesh: Mesh, capsys: Capture) -> None:
    mesh.live.set("gke", "istioctl", "remote-clusters.error", UNREACHABLE)
    assert mesh.bootstrap("--status") == 3
    said = capsys.readouterr().out
    assert "  istiod:      unknown\n" in said
    assert f"  no answer:   istioctl remote-clusters in gke: {UNREACHABLE}" in said


def lost(mesh: Mesh) -> None:
    mesh.live.set("aks", ".", "all.error", UNREACHABLE)


def no_token(mesh: Mesh) -> None:
    mesh.live.remove("aks", "secret", "istio-reader-gke-2-token")


def not_filled(mesh: Mesh) -> None:
    mesh.live.set("aks", "secret", "istio-reader-gke-2-token", token("2", filled=""))


@pytest.mark.parametrize(
    ("change", "following", "code"),
    [
        (lambda _: None, COMMAND, 0),
        (no_token, "commit, until Argo CD has synced stage namespaces of aks", 0),
        (not_filled, "commit, until Argo CD has synced stage namespaces of aks", 0),
        (lost, f"reach aks, then {COMMAND}", 3),
    ],
)
def test_a_new_token_is_sealed_once_it_is_there(
    mesh: Mesh, capsys: Capture, change: Callable[[Mesh], object], following: str, code: int
) -> None:
    mesh.rotating(sealed="1")
    change(mesh)
    found = status(mesh, capsys, code)
    assert (found["state"], found["token"], found["next"]) == ("rotating, to be sealed", "1", following)


def test_the_old_token_goes_once_the_new_one_is_in_use(mesh: Mesh, capsys: Capture) -> None:
    mesh.rotating(sealed="2")
    found = status(mesh, capsys)
    assert (found["state"], found["token"]) == ("rotating, new token sealed", "2")
    assert found["next"] == f"{COMMAND} --revoke aks"


def test_before_anything_is_sealed_there_is_a_token_at_most(mesh: Mesh, capsys: Capture) -> None:
    mesh.waits()
    found = status(mesh, capsys)
    assert (found["state"], found["token"], found["unsealed"], found["istiod"]) == ("not sealed", "", "", "")
    assert (found["age"], found["next"]) == (3, COMMAND)
    assert "sealedsecret" not in mesh.live.asked()
    assert mesh.bootstrap("--status") == 0
    assert "  token:       none sealed, 3 days old\n" in capsys.readouterr().out


def test_the_programs_must_be_there(mesh: Mesh, capsys: Capture) -> None:
    (mesh.live.programs / "kubectl").write_text("#!/bin/sh\nexit 7\n")
    assert mesh.bootstrap("--status") == 3
    assert "`kubectl version --client` fails: exit code 7" in capsys.readouterr().err
