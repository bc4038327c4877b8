"""Plain text into a mesh: who calls without a sidecar, and the policy that lets them in or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.calls import DEMO
from tests.lab.plan import LabError

if TYPE_CHECKING:
    from tests.lab.team import Team

# The namespace of pods of nobody's mesh (addons.demo).
OUTSIDE = "demo"
URL = f"http://helloworld.{DEMO}/hello"


def outside(team: Team, cluster: str, url: str) -> str:
    """Return what a pod without a sidecar is answered; raise LabError when it is not."""
    ask = ("curl", "--silent", "--show-error", "--max-time", "5", url)
    return team.lab[cluster].execute(OUTSIDE, "deployment/client", *ask)


def answered(team: Team, cluster: str, version: str) -> bool:
    """Tell whether a version answers a pod of its cluster that has no sidecar."""
    try:
        return f"version: {version}" in outside(team, cluster, URL)
    except LabError:
        return False


def permissive(blueprint: dict[str, Any]) -> None:
    """Let a patch admit plain text to the mesh."""
    patch = {"op": "replace", "path": "/spec/mtls/mode", "value": "PERMISSIVE"}
    blueprint["patches"].append({"stage": "policies", "target": {"kind": "PeerAuthentication"}, "patch": [patch]})


def strict(blueprint: dict[str, Any]) -> None:
    """Take that patch away."""
    del blueprint["patches"][-1]
