"""Scanners that others wrote, over objects: checkov and kube-score. Both run without a network."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from tests.programs import program, run
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.policy.rules import Thing

CHECKOV = CHECKOUT / ".tools/scan/bin/checkov"
# What kube-score itself reports: 1 is critical, 5 a warning, 7 almost well.
_REPORTED = 5


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """passed: how many checks found nothing. findings: (scanner, check, kind/name), one for each place."""

    passed: int
    findings: tuple[tuple[str, str, str], ...]


def checkov(things: Mapping[str, Sequence[Thing]], folder: Path) -> Scanned:
    """Scan the objects of one tree, by their cluster; they are written into an empty folder."""
    names = {}
    for cluster, each in things.items():
        (folder / cluster).mkdir()
        for number, thing in enumerate(each):
            file = folder / cluster / f"{number}.yaml"
            file.write_text(yaml.safe_dump(thing), encoding="utf-8")
            names[os.fspath(file)] = called(thing)
    argv = [os.fspath(CHECKOV), "--framework", "kubernetes", "--skip-download", "--compact", "--quiet", "-o", "json"]
    done = subprocess.run([*argv, "-d", os.fspath(folder)], capture_output=True, check=False, timeout=600)
    # It ends with 1 when it finds something, and then has said it all.
    assert done.returncode in {0, 1}, done.stderr.decode(errors="replace")
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0
    failed = found["results"]["failed_checks"]
    findings = [("checkov", each["check_id"], names[each["file_abs_path"]]) for each in failed]
    return Scanned(passed=found["summary"]["passed"], findings=tuple(findings))


def kube_score(things: Mapping[str, Sequence[Thing]]) -> Scanned:
    """Scan the objects of one tree; those of a cluster together, since some checks look for another object."""
    passed, findings = 0, []
    for each in things.values():
        text = yaml.safe_dump_all(each).encode()
        # Its last word is of no use here: 1 when there is anything critical.
        argv = [program("kube-score"), "score", "--output-format", "json", "--exit-one-on-warning=false", "-"]
        done = subprocess.run(argv, input=text, capture_output=True, check=False, timeout=300)
        assert done.returncode in {0, 1}, done.stderr.decode(errors="replace")
        for thing in json.loads(done.stdout) or []:
            name = f"{thing['type_meta']['kind']}/{thing['object_meta']['name']}"
            checks = [check for check in thing["checks"] if not check["skipped"]]
            wrong = [check["check"]["id"] for check in checks if check["grade"] <= _REPORTED]
            passed += len(checks) - len(wrong)
            findings += [("kube-score", check, name) for check in wrong]
    return Scanned(passed=passed, findings=tuple(findings))


def versions() -> dict[str, str]:
    """Return the version of each scanner."""
    lines = (CHECKOUT / "tools/kube-score/go.mod").read_text(encoding="utf-8").splitlines()
    (pinned,) = [line.split()[1].removeprefix("v") for line in lines if "zegl/kube-score v" in line]
    return {"checkov": run([os.fspath(CHECKOV), "--version"]).decode().strip(), "kube-score": pinned}


def called(thing: Thing) -> str:
    return f"{thing['kind']}/{thing['metadata']['name']}"
