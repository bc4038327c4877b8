"""A token is rotated by three commits: Argo CD makes the new account with its token, and prunes the old one."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from tests.e2e_bootstrap.test_1_first import answer
from tests.lab.plan import LabError
from tests.lab.settling import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.team import Team

SYSTEM = "istio-system"


def token(team: Team, suffix: str) -> str:
    """Return the reader's token of a suffix, empty while it is not there."""
    try:
        found = team.lab["aks"].get("secret", f"istio-reader-gke-{suffix}-token", SYSTEM)
    except LabError:
        return ""
    return b64decode(found.get("data", {}).get("token", "")).decode()


def revoked(team: Team, said: list[str]) -> bool:
    try:
        said.append(team.bootstrap("--revoke", "aks"))
    except LabError:
        return False
    return "tokens 1, 2 -> 2" in said[-1]


def rotate(team: Team, commit: Callable[[str], object], well: Callable[[], object]) -> None:
    """Rotate the token of aks in a mesh that is well, and see the old one refused and the new one taken.

    commit: commits what stands in the team's working copy; well: waits until every Application is. Raises LabError.
    """
    old, server = token(team, "1"), team.lab["aks"].plan.server
    _must("the token is taken", answer(server, old) == "200")
    _must("--rotate adds a token", "tokens 1 -> 1, 2" in team.bootstrap("--rotate", "aks"))
    commit("A second token for aks")
    told(team.home, "the second token", lambda: token(team, "2"))
    _must("the new token is sealed", "sealed   aks for gke: token 2" in team.bootstrap())
    commit("The second token of aks, sealed")
    said: list[str] = []
    told(team.home, "every istiod to have it", lambda: revoked(team, said))
    well()
    commit("The first token of aks is revoked")
    told(team.home, "the refusal of the old token", lambda: answer(server, old) == "401")
    well()
    _must("the new token is taken", answer(server, token(team, "2")) == "200")
    _must("the old token is gone", not token(team, "1"))


def _must(what: str, holds: bool) -> None:
    # In a trial a failure is one line of many, and the next trial follows.
    if not holds:
        raise LabError(f"not so: {what}")
