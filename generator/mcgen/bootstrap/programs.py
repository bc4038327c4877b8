"""The programs that a bootstrap needs: there, and of the right version, before anything is begun."""

from __future__ import annotations

from mcgen import istioctl, proc
from mcgen.problems import ToolError

_SECONDS = 20.0


def check(minor: str) -> str:
    """Return the istioctl of the mesh's Istio minor; raise ToolError unless that and kubectl are there."""
    found = istioctl.needed(minor)
    _runs(["kubectl", "version", "--client"])
    return found


def check_kubeseal() -> None:
    """Raise ToolError unless kubeseal is there."""
    _runs(["kubeseal", "--version"])


def _runs(argv: list[str]) -> None:
    done = proc.run(argv, timeout=_SECONDS)
    if done.code:
        raise ToolError(f"`{' '.join(argv)}` fails: {done.words or f'exit code {done.code}'}")
