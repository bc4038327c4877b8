"""One live mesh for all tests here, whole again after each."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.e2e_verify.live_mesh import LiveMesh
from tests.lab.lab import Lab, at_hand
from tests.lab.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab of these tests alone, or one that is up and empty (MCGEN_LAB=its name)."""
    with at_hand(Lab(plan(name="verify", network=IPv4Network("10.228.0.0/14")))) as lab:
        yield lab


@pytest.fixture(scope="session")
def mesh(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> LiveMesh:
    """Return the sample mesh, running."""
    mesh = LiveMesh(lab, tmp_path_factory.mktemp("mesh"))
    mesh.up()
    return mesh
