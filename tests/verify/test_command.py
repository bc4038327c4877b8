"""The command, against clusters that answer from files: forms, exit codes, and what it must not ask."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mcgen.cli import run
from mcgen.doctor.ask import Group
from mcgen.doctor.run import Examined
from mcgen.doctor.verdict import finding, fine, skipped, unknown, warning
from mcgen.verify.junit import junit
from tests.answers import Answers
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

BLUEPRINT = "blueprints/gke-aks.yaml"
ASK = ["verify", BLUEPRINT, "--retries=0", "--timeout=5"]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return clusters that answer nothing but their version."""
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    shutil.copytree(CHECKOUT / "blueprints/gke-aks.inputs", tmp_path / "output/gke-aks")
    monkeypatch.chdir(tmp_path)
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    for cluster in ("gke", "aks"):
        answers.set(cluster, "raw", "version", {"gitVersion": "v1.35.4"})
    return answers


def test_what_does_not_answer_is_unknown_and_nothing_is_fine(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    for cluster in ("gke", "aks"):
        live.set(cluster, "raw", "version.error", "Unable to connect to the server\n")
    assert run([*ASK, "--format=json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["fine"] == 0
    assert {check["verdict"] for check in said["checks"] if check["cluster"]} == {"unknown"}
    assert run([*ASK, "--allow-unknown"]) == 0


def test_without_probe_it_only_reads(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    pods = 'istio-system\tistiod-1\t{"app":"istiod"}\tistiod\tRunning\t10.0.0.1\t\tdiscovery \tTrue\t\n'
    for cluster in ("gke", "aks"):
        live.set(cluster, "pods", "list", pods)
        live.set(cluster, "services", "list", {"items": []})
        live.set(cluster, "endpointslices", "list", {"items": []})
        live.set(cluster, "serviceaccounts", "list", "")
    assert run([*ASK, "--format=json"]) == 1
    verbs = {word for line in live.asked().splitlines() for word in line.split()[1:] if not word.startswith("-")}
    assert {"get", "port-forward"} <= verbs
    assert not verbs & {"create", "apply", "delete", "patch", "exec", "wait", "secrets", "secret"}
    checks = {
        (each["cluster"], each["check"]): each["verdict"] for each in json.loads(capsys.readouterr().out)["checks"]
    }
    assert checks["gke", "every istiod reads aks"] == "unknown"
    assert checks["gke", "east-west gateway is ready"] == "finding"
    assert checks["gke", "a new pod in multi-cluster gets a sidecar"] == "skipped"


def test_wrong_use_is_told(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    assert live
    assert run([*ASK, "--probe-image=curl"]) == 2
    assert run([*ASK, "--kubeconfig=eks=x"]) == 2
    assert "there are gke, aks" in capsys.readouterr().err


def test_junit() -> None:
    checks = (
        fine("a", "seen"),
        finding("MC801", "b", "wrong <&>\x1b", "mend it"),
        warning("MC804", "c", "perhaps", "look"),
        unknown("d", "no answer"),
        skipped("e", "not asked"),
    )
    group = Group(where="gke", title="gke", path=())
    for allowed, counts in ((False, ("1", "1", "1")), (True, ("1", "0", "2"))):
        text = junit("shop", [Examined(group=group, checks=checks)], allow_unknown=allowed)
        (suite,) = ElementTree.fromstring(text)
        assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == counts
        assert suite.get("tests") == "5"
        failure = suite.find("testcase[@name='b']/failure")
        assert failure is not None
        assert failure.get("message") == "wrong <&>\\x1b"
        assert failure.get("type") == "MC801"
        assert failure.text == "wrong <&>\\x1b\nhelp: mend it"
