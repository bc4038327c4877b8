"""mcgen doctor --print-settings: what is needed, merged into what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.cli import run
from tests.doctor.live import APPLICATION, BLUEPRINT, INJECTOR, change, config, doctor, not_fine

if TYPE_CHECKING:
    from tests.answers import Answers


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["doctor", BLUEPRINT, "--retries", "0", "--print-settings"]) == 0
    return {each["metadata"]["name"]: each for each in yaml.safe_load_all(capsys.readouterr().out)}


def test_what_is_printed_makes_it_fine_and_keeps_the_rest(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    own = "# ours\n- kinds: [Secret] # no\n- apiGroups: [discovery.k8s.io]\n  kinds:\n  - EndpointSlice\n  - Other\n"
    config(live, resource__exclusions=own, **{APPLICATION: "return {}", INJECTOR: None, "dex__config": "x: y\n"})
    change(live, "gke", "configmap", "argocd-cmd-params-cm", lambda d: d["data"].popitem())

    def server_side(document: Any) -> None:
        document["metadata"] |= {
            "uid": "u",
            "resourceVersion": "7",
            "managedFields": [{}],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "yes"},
        }

    change(live, "gke", "configmap", "argocd-cm", server_side)
    before = live.get("gke", "configmap", "argocd-cm")
    found = printed(capsys)
    assert list(found) == ["argocd-cm", "argocd-cmd-params-cm"]
    made = found["argocd-cm"]
    assert made["metadata"] == {
        "name": "argocd-cm",
        "namespace": "argocd",
        "labels": before["metadata"]["labels"],
        "annotations": {"kept": "yes"},
    }
    assert made["data"]["resource.exclusions"] == own.replace("  - EndpointSlice\n", "")
    others = {key for key in before["data"] if not key.startswith("resource.")}
    assert {key: made["data"][key] for key in others} == {key: before["data"][key] for key in others}
    assert found["argocd-cmd-params-cm"]["data"]["server.insecure"] == "true"
    for document in found.values():
        live.set("gke", "configmap", document["metadata"]["name"], document)
    assert not_fine(doctor(capsys, code=0)) == []
    assert printed(capsys) == found


def test_a_health_check_that_goes_is_told(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    config(live, **{APPLICATION: "return {}"})
    assert run(["doctor", BLUEPRINT, "--print-settings"]) == 0
    assert "argoproj.io_Application' had another value" in capsys.readouterr().err


def test_exclusions_that_are_not_there_are_not_made(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    config(live, resource__exclusions=None)
    assert "resource.exclusions" not in printed(capsys)["argocd-cm"]["data"]
    assert not_fine(doctor(capsys, code=0)) == []


@pytest.mark.parametrize("value", ["- apiGroups: ['*']\n", "- [\n", "text"])
def test_exclusions_that_nobody_can_merge(value: str, live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    config(live, resource__exclusions=value)
    assert run(["doctor", BLUEPRINT, "--print-settings"]) == 3
    assert "cannot be changed for you" in capsys.readouterr().err


def test_settings_of_an_argocd_that_is_not_there(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    live.remove("gke", "configmap", "argocd-cm")
    assert run(["doctor", BLUEPRINT, "--print-settings"]) == 3
    assert "is Argo CD installed there?" in capsys.readouterr().err
