"""One cloud's gateway goes: the other is left with what it has itself, and serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.calls import BOTH, ask, obey
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

PART = "gateway gone"
SELECTED = ("--selector=istio=eastwestgateway", "--namespace=istio-system")
GATEWAY = ("deployment/istio-eastwestgateway", "--namespace=istio-system")


def test_without_the_gateway_of_gke_aks_is_answered_by_aks_alone(mesh: Team, page: Page) -> None:
    gke = mesh.lab["gke"]
    replicas = gke.get("deployment", "istio-eastwestgateway", "istio-system")["spec"]["replicas"]
    gke.kubectl("scale", *GATEWAY, "--replicas=0")
    try:
        gke.kubectl("wait", "pods", *SELECTED, "--for=delete", "--timeout=120s", timeout=150)
        # It cannot ask istiod either, which is behind the same gateway, and needs it for nothing.
        wait_for("calls that v2 answers, all", lambda: set(ask(mesh.lab, "aks", at_once=True)) == {"v2"}, seconds=300)
        obey(mesh.lab, "gke", BOTH)
        page.follow("gateway-gone")
    finally:
        gke.kubectl("scale", *GATEWAY, f"--replicas={replicas}")
    obey(mesh.lab, "aks", BOTH)
