"""One story for all tests here: a team installs the sample mesh, waits at the gate, seals, and is done."""

from __future__ import annotations

import os
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.lab import story
from tests.lab.lab import Lab
from tests.lab.plan import plan
from tests.lab.recorder import Recorder
from tests.lab.team import Team, gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.story import Waiting


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab of this story alone, or one that is up and empty (MCGEN_LAB=its name)."""
    if name := os.environ.get("MCGEN_LAB"):
        yield Lab.found(name)
        return
    with Lab(plan(name="order", network=IPv4Network("10.212.0.0/14"))) as lab:
        yield lab


@pytest.fixture(scope="session")
def timeline(lab: Lab) -> Iterator[Recorder]:
    """Yield the recorder of everything that happens; its time line is written among the lab's logs."""
    recorder = Recorder({name: cluster.kubeconfig for name, cluster in lab.clusters.items()})
    with recorder:
        yield recorder
    recorder.write(lab.logs / "timeline.txt")


@pytest.fixture(scope="session")
def team(lab: Lab) -> Team:
    """Return the team, before its first commit of a tree."""
    return gather(lab)


@pytest.fixture(scope="session")
def waiting(team: Team, timeline: Recorder) -> Waiting:
    """Return how it was when the chain of aks waited at its gate."""
    return story.first_install(team)


@pytest.fixture(scope="session")
def complete(team: Team, waiting: Waiting) -> Team:
    """Return the team whose mesh is complete."""
    story.open_the_gate(team)
    return team
