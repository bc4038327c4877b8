"""What could not be seen is unknown, and never fine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen import names
from mcgen.cli import run
from tests.doctor.live import BLUEPRINT, FORBIDDEN, REGISTERED, TOKEN, doctor, images, not_fine

if TYPE_CHECKING:
    from tests.answers import Answers


def test_a_cluster_that_does_not_answer_is_unknown_and_stops_no_other(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.set("aks", ".", "all.error", "Unable to connect to the server: dial tcp: i/o timeout\n")
    said = doctor(capsys, code=3)
    of_aks = [check for check in said["checks"] if check["cluster"] == "aks"]
    assert {check["verdict"] for check in of_aks} == {"unknown"}
    assert {check["code"] for check in of_aks} == {"MC700"}
    assert len(not_fine(said)) == len(of_aks) == 9
    assert live.asked().count("--context=aks") == 1


def test_what_is_wrong_elsewhere_counts_more_than_what_is_unknown(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.set("aks", ".", "all.error", "Unable to connect to the server\n")
    live.remove("gke", "appproject", "gke-aks")
    doctor(capsys, code=1)


UNSEEN = {
    ("gke", "configmap", "argocd-cm"): {
        "argocd-cm: health of Applications",
        "argocd-cm: health of Istio's injector",
        "argocd-cm: resource.exclusions",
        # They are as generated, but whether they have an effect is not known.
        "ValidatingAdmissionPolicy mcgen-gke-aks-applications",
        "ValidatingAdmissionPolicy mcgen-gke-aks-applicationsets",
    },
    REGISTERED: {"cluster 'gke' is registered", "cluster 'aks' is registered"},
    ("gke", "appproject", "gke-aks"): {"AppProject gke-aks"},
    ("gke", "kubeseal", "certificate"): {"sealing certificate"},
    ("gke", "kubeseal", "validate"): {"sealed remote secret of aks"},
    ("aks", "secret", TOKEN): {f"Secret {TOKEN}"},
    ("aks", "clusterrole", "istio-reader-gke"): {"ClusterRole istio-reader-gke"},
    ("gke", "pods", "app=istiod"): {"istiod's version"},
    ("gke", "secret", "mcgen-bootstrap-git"): {"bootstrap job: Secret argocd/mcgen-bootstrap-git"},
    ("gke", "service", names.EAST_WEST_GATEWAY): {"address of Service istio-eastwestgateway"},
    ("aks", "namespace", "kube-system"): {"a cluster of its own"},
}


@pytest.mark.parametrize("place", UNSEEN, ids=" ".join)
def test_what_may_not_be_read_is_unknown_and_all_else_is_seen(
    place: tuple[str, str, str], live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    context, kind, name = place
    live.set(context, kind, f"{name}.error", FORBIDDEN)
    said = doctor(capsys, code=3)
    assert {check for _, check, _ in not_fine(said)} == UNSEEN[place]
    assert {code for _, _, code in not_fine(said)} == {"MC700"}


@pytest.mark.parametrize(
    ("place", "answer", "check"),
    [
        (("gke", "configmap", "argocd-cm"), "surprise", "argocd-cm: health of Applications"),
        (("aks", "raw", "version"), "<html>", "Kubernetes version"),
        (("aks", "raw", "version"), '{"gitVersion": "main"}', "Kubernetes version"),
        (("gke", "pods", "app=istiod"), "a discovery=pilot@sha256:00\n", "istiod's version"),
        (("aks", "pods", "istio=eastwestgateway"), "a istio-proxy=proxyv2:main\n", "version of the east-west gateway"),
    ],
)
def test_an_answer_that_says_nothing_is_unknown(
    place: tuple[str, str, str], answer: str, check: str, live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.set(*place, answer)
    assert check in {check for _, check, code in not_fine(doctor(capsys, code=3)) if code == "MC700"}


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("argocd:v3.5.7", "argocd:latest", "Argo CD's version"),
        ("istioctl:1.31.1", "istioctl@sha256:00", "plugin mcgen-istio-1.31: istioctl"),
    ],
)
def test_an_image_without_a_version_is_unknown(
    old: str, new: str, check: str, live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    images(live, old, new)
    assert not_fine(doctor(capsys, code=3)) == [("Argo CD", check, "MC700")]


def test_a_credential_of_the_job_that_is_no_json_is_told_without_what_it_is(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.set("gke", "secret", "cluster-aks", "hunter2")
    said = doctor(capsys, code=3)
    assert not_fine(said) == [("Argo CD", "bootstrap job: Secret argocd/cluster-aks", "MC700")]
    assert "hunter2" not in str(said)


def test_a_place_that_does_not_answer_takes_one_line(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    live.set("aks", ".", "all.error", "Unable to connect to the server: dial tcp: i/o timeout\n")
    assert run(["doctor", BLUEPRINT, "--retries", "0"]) == 3
    text = capsys.readouterr().out
    lines = text.partition("aks, remote (context 'aks')\n")[2].splitlines()
    assert lines[0].startswith("  ? Kubernetes version: Unable to connect to the server")
    assert "8 further checks were not made (--verbose names them)" in lines[0]
    assert len([line for line in lines if line.startswith("  ?")]) == 1
    assert run(["--verbose", "doctor", BLUEPRINT, "--retries", "0"]) == 3
    every = capsys.readouterr().out.partition("aks, remote (context 'aks')\n")[2]
    assert len([line for line in every.splitlines() if line.startswith("  ?")]) == 9
    assert "further checks" not in every


def test_a_kind_that_is_not_installed_is_not_there(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    said = 'error: the server doesn\'t have a resource type "appproject"\n'
    live.set("gke", "appproject", "gke-aks.error", said)
    assert not_fine(doctor(capsys, code=1)) == [("Argo CD", "AppProject gke-aks", "MC706")]
