"""The lab as a pytest fixture: brought up for the run, or one that is up already (MCGEN_LAB=its name)."""

from __future__ import annotations

import os
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.lab.lab import Lab
from tests.lab.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab with the clusters gke and aks, which can run pods, and 'spare', which is an API server alone."""
    if name := os.environ.get("MCGEN_LAB"):
        yield Lab.found(name)
        return
    with Lab(plan(("gke", "aks"), bare=("spare",), name="test", network=IPv4Network("10.204.0.0/14"))) as lab:
        yield lab
