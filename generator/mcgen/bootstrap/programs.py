"""The programs that a bootstrap needs: there, and of the right version, before anything is begun."""

from __future__ import annotations

import re

from mcgen import proc
from mcgen.problems import ToolError

_MINOR = re.compile(r"v?([0-9]+\.[0-9]+)")
_SECONDS = 20.0


def check(minor: str) -> None:
    """Raise ToolError unless kubectl is there, and an istioctl of the mesh's Istio minor."""
    found = istioctl_minor()
    if found != minor:
        raise ToolError(
            f"istioctl is of version {found}, and the mesh runs Istio {minor}: put an istioctl {minor} on PATH"
        )
    _runs(["kubectl", "version", "--client"])


def check_kubeseal() -> None:
    """Raise ToolError unless kubeseal is there."""
    _runs(["kubeseal", "--version"])


def _runs(argv: list[str]) -> None:
    done = proc.run(argv, timeout=_SECONDS)
    if done.code:
        raise ToolError(f"`{' '.join(argv)}` fails: {done.words or f'exit code {done.code}'}")


def istioctl_minor(program: str = "istioctl") -> str:
    """Return the minor version of the istioctl on PATH, or of another one; raise ToolError when it does not say."""
    argv = [program, "version", "--remote=false", "--short"]
    done = proc.run(argv, timeout=_SECONDS)
    found = _MINOR.search(done.stdout.decode(errors="replace"))
    if done.code or found is None:
        said = done.words or proc.words(done.stdout) or f"exit code {done.code}"
        raise ToolError(f"`{' '.join(argv)}` does not say a version: {said}")
    return found[1]
