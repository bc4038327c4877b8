"""A cluster and two API servers, Git over SSH, and a mesh whose job is installed as its README says."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.e2e_job.mesh import World
from tests.lab import sshd
from tests.lab.lab import Lab, at_hand
from tests.lab.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab with pods in gke alone; MCGEN_LAB names one that is up."""
    with at_hand(Lab(plan(("gke",), bare=("aks", "eks"), name="job", network=IPv4Network("10.220.0.0/14")))) as lab:
        yield lab


@pytest.fixture(scope="session")
def world(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the mesh: built and pushed, its first stages applied, its job installed."""
    world = World(lab, sshd.serve(lab), tmp_path_factory.mktemp("world"))
    world.make()
    return world
