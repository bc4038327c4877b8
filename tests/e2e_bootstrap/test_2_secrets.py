"""No token in plain text: every write, every file opened and every program started is looked at, also on failure."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.lab.catalogue import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e_bootstrap.mesh import Mesh

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

# Everything by which a program can put bytes somewhere, and everything that it can be told with.
CALLS = "execve,execveat,open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,mmap"
PIPED = re.compile(r"\bwrite\(\d+<pipe:\[(\d+)\]>")

# Reads the secret, says it to everybody, and fails.
TALKATIVE = """#!/bin/sh
case "$*" in *--version*|*--fetch-cert*) exec {kubeseal} "$@" ;; esac
secret=$(cat)
echo "error: cannot seal this: $secret" >&2
exit 1
"""
HANGING = """#!/bin/sh
case "$*" in *--version*|*--fetch-cert*) exec {kubeseal} "$@" ;; esac
exec sleep 300
"""


@dataclass(frozen=True)
class Traced:
    """What was seen of a run. pipes: those that the token went through."""

    code: int
    said: str
    leaks: list[str]
    pipes: set[str]


def forms(token: str) -> list[str]:
    """Return parts of the token by which it is found, also within base64 at any place."""
    inner = token.encode()[40:400]
    encoded = [b64encode(inner[shift:])[4:60].decode() for shift in range(3)]
    return [token[40:100], *encoded]


def traced(mesh: Mesh, folder: Path, token: str, *arguments: str, interrupt: bool = False, **more: str) -> Traced:
    """Run a bootstrap with everything that it and its children do written down, and look for the token."""
    trace = folder / "trace"
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    argv = ["strace", "-f", "-v", "-y", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace)]
    env = mesh.environment(HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), **more)
    process = subprocess.Popen(
        [*argv, *mesh.argv("bootstrap", *arguments)],
        cwd=mesh.folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if interrupt:
        wait_for_text(trace, "create-remote-secret")
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        mcgen = int(trace.read_text(errors="replace").split(maxsplit=1)[0])
        os.kill(mcgen, signal.SIGINT)
    said, _ = process.communicate(timeout=300)
    lines = trace.read_text(errors="replace").splitlines()
    found = [line for line in lines if any(form in line for form in forms(token))]
    trace.unlink()
    leaks = [line[:300] for line in found if not PIPED.search(line)]
    leaks += [f"{path}: on a disk" for path in holders(token, folder, mesh.folder)]
    pipes = {match[1] for line in found if (match := PIPED.search(line))}
    return Traced(process.returncode, said, leaks, pipes)


def wait_for_text(file: Path, text: str) -> None:
    for _ in range(600):
        if file.exists() and text in file.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise AssertionError(f"{text} was never seen")


def holders(token: str, *folders: Path) -> list[Path]:
    """Return the files in which the token lies."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.name != "trace":
                text = path.read_bytes().decode(errors="replace")
                found += [path] if any(form in text for form in forms(token)) else []
    return found


def fake(folder: Path, name: str, script: str) -> str:
    """Put a program in front of the real one, and return the PATH."""
    (folder / "bin").mkdir()
    program = folder / "bin" / name
    program.write_text(script.format(kubeseal=f"{TOOLS}/kubeseal"))
    program.chmod(0o755)
    return f"{folder / 'bin'}:{TOOLS}:{os.environ['PATH']}"


@pytest.fixture
def token(ready: Mesh) -> str:
    if not ready.sealed.exists():
        ready.mcgen("bootstrap")
    suffix = ready.facts.get("tokens", {"gke": {"aks": ["1"]}})["gke"]["aks"][-1]
    token = ready.token(suffix)
    assert len(token) > 500
    return token


def test_the_token_goes_through_one_pipe_and_nowhere_else(ready: Mesh, token: str, tmp_path: Path) -> None:
    seen = traced(ready, tmp_path, token, "--reseal")
    assert "sealed   aks for gke" in seen.said
    assert seen.leaks == []
    # The control: the trace does show what goes through the pipe.
    assert len(seen.pipes) == 1


def test_a_kubeseal_that_fails_and_quotes_the_secret_is_not_quoted(ready: Mesh, token: str, tmp_path: Path) -> None:
    path = fake(tmp_path, "kubeseal", TALKATIVE)
    before = ready.sealed.read_bytes()
    seen = traced(ready, tmp_path, token, "--reseal", PATH=path)
    assert seen.code == 3
    assert "kubeseal for gke: error: cannot seal this: " in seen.said
    assert "[hidden]" in seen.said
    assert not any(form in seen.said for form in forms(token))
    # It does say it, into the pipe in which mcgen catches it; one more is the script's own.
    assert (len(seen.pipes), seen.leaks) == (3, [])
    assert ready.sealed.read_bytes() == before


def test_an_istioctl_that_fails_leaks_nothing(ready: Mesh, token: str, tmp_path: Path) -> None:
    script = f'#!/bin/sh\ncase "$1" in version) exec {TOOLS}/istioctl "$@" ;; esac\n{TOOLS}/istioctl "$@" >&2\nexit 5\n'
    path = fake(tmp_path, "istioctl", script)
    seen = traced(ready, tmp_path, token, "--reseal", PATH=path)
    assert seen.code == 3
    assert "istioctl create-remote-secret for aks: " in seen.said
    assert not any(form in seen.said for form in forms(token))
    assert seen.leaks == []


def test_a_timeout_leaks_nothing_and_ends_both_programs(ready: Mesh, token: str, tmp_path: Path) -> None:
    path = fake(tmp_path, "kubeseal", HANGING)
    seen = traced(ready, tmp_path, token, "--reseal", "--timeout=5", "--retries=0", PATH=path)
    assert seen.code == 3
    assert "'kubeseal' did not end within 5 seconds and was stopped" in seen.said
    assert seen.leaks == []
    assert left_behind() == []


def test_an_interrupt_leaks_nothing_and_ends_both_programs(ready: Mesh, token: str, tmp_path: Path) -> None:
    path = fake(tmp_path, "kubeseal", HANGING)
    seen = traced(ready, tmp_path, token, "--reseal", PATH=path, interrupt=True)
    assert "mcgen: interrupted" in seen.said
    assert seen.leaks == []
    assert left_behind() == []
    assert not list(ready.tree.rglob("*.tmp"))


def left_behind() -> list[str]:
    found = subprocess.run(
        ["pgrep", "--full", "--list-full", "create-remote-secret|sleep 300"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.splitlines()
