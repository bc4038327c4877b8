"""A token is rotated by commits: Argo CD makes the new account with its token, and prunes the old one."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from tests.e2e_bootstrap.test_1_first import answer
from tests.lab import argocd
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

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


def well(team: Team) -> None:
    """Wait until every Application is Synced and Healthy."""
    argocd.settle(team.home, "mesh that is well", lambda found: all(each.fine for each in found.values()), seconds=300)


def test_three_commits_rotate_a_token(complete: Team) -> None:
    old, server = token(complete, "1"), complete.lab["aks"].plan.server
    assert answer(server, old) == "200"
    assert "tokens 1 -> 1, 2" in complete.bootstrap("--rotate", "aks")
    complete.commit("A second token for aks")
    wait_for("the second token", lambda: token(complete, "2"), seconds=120, pause=1)
    assert "sealed   aks for gke: token 2" in complete.bootstrap()
    complete.commit("The second token of aks, sealed")
    said: list[str] = []
    wait_for("every istiod to have it", lambda: revoked(complete, said), seconds=180, pause=2)
    # A webhook's call that comes while Argo CD is comparing is lost with that; the next resync would find the commit.
    well(complete)
    complete.commit("The first token of aks is revoked")
    well(complete)
    wait_for("its refusal", lambda: answer(server, old) == "401", seconds=60, pause=1)
    assert answer(server, token(complete, "2")) == "200"
    assert not token(complete, "1")
