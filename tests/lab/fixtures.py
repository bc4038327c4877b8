"""The lab as a pytest fixture: brought up for the run, or one that is up already (MCGEN_LAB=its name)."""

from __future__ import annotations

from contextlib import ExitStack
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.lab.lab import Lab, at_hand
from tests.lab.plan import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.parts import Parts


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab with the clusters gke and aks, which can run pods, and 'spare', which is an API server alone."""
    with at_hand(Lab(plan(("gke", "aks"), bare=("spare",), name="test", network=IPv4Network("10.204.0.0/14")))) as lab:
        yield lab


@pytest.fixture(scope="session", name="lab")
def lab_of_parts(parts: Parts) -> Iterator[Lab]:
    """Yield the empty lab of a run whose parts are measured; what they took is written among its logs."""
    stack = ExitStack()
    try:
        with parts.part("clusters"):
            stack.enter_context(at_hand(parts.lab))
        yield parts.lab
    finally:
        with parts.part("down"):
            stack.close()
        parts.write(parts.lab.logs / "parts.json")
