"""What goes with a release: the workflow, the licences, and the audit that says what it could not ask."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import audit
import licences
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = yaml.load((CHECKOUT / ".github/workflows/release.yml").read_text(), Loader=yaml.BaseLoader)
(JOB,) = WORKFLOW["jobs"].values()


def test_the_workflow_has_the_rights_of_its_job_and_runs_what_is_pinned() -> None:
    assert WORKFLOW["permissions"] == {}
    assert JOB["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    used = [step["uses"] for step in JOB["steps"] if "uses" in step]
    assert [use for use in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", use)] == []
    assert JOB["steps"][0]["with"]["persist-credentials"] == "false"


def test_the_workflow_runs_targets_that_there_are() -> None:
    targets = re.findall(r"^([a-z0-9-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    wanted = [step["run"].split()[1] for step in JOB["steps"] if step.get("run", "").startswith("make ")]
    assert wanted == ["check", "test", "audit", "release"]
    assert set(wanted) <= set(targets)


def test_every_package_that_is_installed_has_its_licence_on_the_page() -> None:
    page = (CHECKOUT / "docs/licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+) \|$", page, re.MULTILINE))
    needed = licences.installed("mcgen")
    assert {"click", "cryptography", "cffi", "jinja2", "markupsafe"} <= set(needed)
    assert set(needed) <= rows.keys()
    assert [name for name in needed if not rows[name].strip()] == []


def program(path: Path, *, out: str = "", error: str = "", code: int = 0) -> Path:
    """Write a program that says something and ends with a code."""
    lines = [f"#!{sys.executable}", "import sys", f"sys.stdout.write({out!r})", f"sys.stderr.write({error!r})"]
    path.write_text("\n".join([*lines, f"sys.exit({code})", ""]))
    path.chmod(0o755)
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one lock file and one program, which the audit takes for the checkout."""
    (tmp_path / "requirements-x.txt").touch()
    (tmp_path / ".tools").mkdir()
    (tmp_path / ".tools/kustomize.inputs").touch()
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    return tmp_path


def known(**fields: object) -> str:
    return json.dumps({"dependencies": [{"name": "a", **fields}]})


@pytest.mark.parametrize(
    ("pip", "go", "code", "said"),
    [
        ({"out": known(version="1", vulns=[])}, {"out": "No vulnerabilities found."}, 0, ["0 with known", "0 skipped"]),
        (
            {"out": known(version="1", vulns=[{"id": "PYSEC-1"}]), "code": 1},
            {"out": "Vulnerability #1: GO-2026-1\n more", "code": 3},
            1,
            ["x.txt: a 1: PYSEC-1", "kustomize: GO-2026-1", "2 with known", "0 skipped"],
        ),
        (
            {"out": known(skip_reason="not found")},
            {"error": "govulncheck: fetching: no such host", "code": 1},
            0,
            [
                "SKIPPED requirements-x.txt: nothing is known of 1 packages, such as a",
                "SKIPPED kustomize: govulncheck: fetch",
                "2 skipped",
            ],
        ),
        (
            {"error": "no network", "code": 1},
            {"out": "fine"},
            0,
            ["SKIPPED requirements-x.txt: no network", "1 skipped"],
        ),
    ],
    ids=["clean", "weak", "unknown", "away"],
)
def test_the_audit(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pip: dict[str, Any],
    go: dict[str, Any],
    code: int,
    said: list[str],
) -> None:
    """Who cannot be asked is said to be skipped, and found nothing is said of those alone who answered."""
    monkeypatch.setattr(audit, "PIP_AUDIT", program(place / "pip-audit", **pip))
    monkeypatch.setattr(audit, "GOVULNCHECK", program(place / "govulncheck", **go))
    assert audit.main() == code
    printed = capsys.readouterr().out
    assert [words for words in said if words not in printed] == []
