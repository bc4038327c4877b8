"""A policy decides who may call, and how: each comes by a commit, and holds in both clouds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e_mesh import road
from tests.lab.calls import BOTH, obey

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

PART = "policies"


def test_only_the_client_of_aks_may_call_v1(mesh: Team, page: Page) -> None:
    for name in ("gke", "aks"):
        obey(mesh.lab, name, BOTH)
    road.add_policy(mesh, page, "l4")
    obey(mesh.lab, "gke", {"403", "v2"})
    obey(mesh.lab, "aks", BOTH)
    page.follow("l4-calls")


def test_and_with_head_only(mesh: Team, page: Page) -> None:
    obey(mesh.lab, "aks", {"200"}, head=True)
    road.add_policy(mesh, page, "l7")
    obey(mesh.lab, "aks", {"403", "v2"})
    # HEAD does reach v1: who may not call it is refused there.
    obey(mesh.lab, "gke", {"200", "403"}, head=True)
    obey(mesh.lab, "aks", {"200"}, head=True)
    page.follow("l7-calls")
