"""A lab of its own, and a mesh in it that grows from test to test as it does for a team."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.e2e_bootstrap.mesh import Mesh
from tests.lab import addons
from tests.lab.lab import Lab, at_hand
from tests.lab.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab with pods in gke and aks, and 'spare', an API server alone; MCGEN_LAB names one that is up."""
    with at_hand(Lab(plan(("gke", "aks"), bare=("spare",), name="boot", network=IPv4Network("10.208.0.0/14")))) as lab:
        yield lab


@pytest.fixture(scope="session")
def mesh(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Mesh:
    """Return the sample mesh of the lab's clusters, built but not yet in them."""
    mesh = Mesh(lab, tmp_path_factory.mktemp("mesh"))
    mesh.write(mesh.data())
    mesh.mcgen("build")
    return mesh


@pytest.fixture(scope="session")
def ready(lab: Lab, mesh: Mesh) -> Mesh:
    """Return the mesh with its primary running, sealed-secrets in it, and the first stage of the remote."""
    addons.sealed_secrets(lab["gke"])
    for stage in ("namespaces", "base", "control-plane", "east-west-gateway", "exposure"):
        mesh.sync("gke", stage)
    lab["gke"].rolled_out("istio-system", "istiod")
    lab["gke"].rolled_out("istio-system", "istio-eastwestgateway")
    mesh.sync("aks", "namespaces")
    mesh.wait_for_token("1")
    return mesh
