"""What the tests of this folder do: builds, commits, and the commands under test, on a copy of the sample."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mcgen import edit
from mcgen.cli import run

SAMPLE = "b.yaml"
STATES = ["leaving", "secret-gone", "gateways-gone", "control-plane-gone", "gone"]
EKS = ["--platform", "generic", "--role", "remote", "--egress", "203.0.113.128/29", "--argocd-secret", "cluster-eks"]


def git(*arguments: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *author, *arguments], check=True, capture_output=True)


def commit(words: str) -> None:
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", words)


def remove(*options: str) -> int:
    return run(["remove", "cluster", SAMPLE, "aks", *options])


def against(*options: str) -> int:
    return run(["validate", "output/gke-aks", "--against", "HEAD", "--validator", "embedded", *options])


def set_state(index: int, state: str) -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    Path(SAMPLE).write_text(edit.set_state(text, index, state), encoding="utf-8")
    assert run(["build", SAMPLE]) == 0
