"""What doctor says, and what it must not ask or say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mcgen.cli import run
from tests.doctor.live import APPLICATION, BLUEPRINT, FORBIDDEN, TOKEN, change, config, doctor, without_policy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.answers import Answers


def test_secrets_are_asked_for_by_template_but_for_what_the_job_logs_in_with(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "hunter2" not in str(doctor(capsys, code=0))
    lines = [line for line in live.asked().splitlines() if "get secret" in line]
    whole = [line for line in lines if "get secret cluster-aks --namespace=argocd --output=json" in line]
    assert (len(lines), len(whole)) == (4, 1)
    for line in set(lines) - set(whole):
        assert "--output=go-template=" in line
        assert ".data.config" not in line
        assert "--output=json" not in line


def test_it_only_ever_reads(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    doctor(capsys, code=0)
    for line in re.findall("^kube.*", live.asked(), re.MULTILINE):
        words = [word for word in line.split() if not word.startswith("--context=") and "timeout" not in word]
        assert words[1] in ("get", "config", "version", "--fetch-cert", "--validate", "--version"), line


def test_what_differs_is_told_by_its_place_alone(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    change(
        live,
        "gke",
        "application",
        "gke-aks-root",
        lambda d: d["spec"]["source"].update(repoURL="https://me:hunter2@git.example.com/x"),
    )
    config(live, **{APPLICATION: "-- hunter2"})
    said = doctor(capsys, code=1)
    assert "hunter2" not in json.dumps(said)
    assert "spec.source.repoURL" in json.dumps(said)


def test_text(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    live.remove("gke", "appproject", "gke-aks")
    live.set("aks", "secret", f"{TOKEN}.error", FORBIDDEN)
    without_policy(live, "mcgen-gke-aks-applications")
    assert run(["doctor", BLUEPRINT, "--retries", "0"]) == 1
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert lines[0] == "this machine"
    assert "  ✓ istioctl: 1.31.1" in lines
    assert "Argo CD (context 'gke')" in lines
    assert "gke, primary (context 'gke')" in lines
    assert "  ✗ AppProject gke-aks: it is not there [MC706]" in lines
    assert "      help: kubectl apply -f argocd/install, after argocd/setup" in lines
    assert any(line.startswith(f"  ? Secret {TOKEN}: Error from server") for line in lines)
    assert any(line.startswith("  ! ValidatingAdmissionPolicy mcgen-gke-aks-applications: ") for line in lines)
    assert lines[-1] == "43 fine, 1 wrong, 1 to look at, 1 unknown"


def test_sarif_has_all_that_is_not_fine(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    live.remove("gke", "appproject", "gke-aks")
    live.set("aks", "secret", f"{TOKEN}.error", FORBIDDEN)
    assert run(["doctor", BLUEPRINT, "--retries", "0", "--format", "sarif"]) == 1
    (log,) = json.loads(capsys.readouterr().out)["runs"]
    assert [(each["ruleId"], each["level"]) for each in log["results"]] == [("MC706", "error"), ("MC700", "warning")]
    assert all(rule["shortDescription"]["text"] for rule in log["tool"]["driver"]["rules"])


def test_wrong_use(live: Answers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", BLUEPRINT, "--kubeconfig", "eks=x"]) == 2
    assert "argocd, gke, aks" in capsys.readouterr().err
    (tmp_path / "wrong.yaml").write_text("kind: Mesh\n")
    assert run(["doctor", "wrong.yaml"]) == 1
