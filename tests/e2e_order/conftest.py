"""One ground for all tests here; on it a story: a team installs the sample mesh, waits at the gate, seals, is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e_order.trials.ground import Ground, new_lab
from tests.lab import story
from tests.lab.lab import at_hand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab import Lab
    from tests.lab.recorder import Recorder
    from tests.lab.story import Waiting
    from tests.lab.team import Team


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Yield a lab of these tests alone, or one that is up (MCGEN_LAB=its name)."""
    with at_hand(new_lab()) as lab:
        yield lab


@pytest.fixture(scope="session")
def ground(lab: Lab) -> Iterator[Ground]:
    """Yield the lab with a prepared Argo CD, clean; its time line is written among its logs."""
    with Ground(lab) as ground:
        yield ground
    ground.recorder.write(lab.logs / "timeline.txt")


@pytest.fixture(scope="session")
def timeline(ground: Ground) -> Recorder:
    """Return the recorder of everything that happens."""
    return ground.recorder


@pytest.fixture(scope="session")
def team(ground: Ground) -> Team:
    """Return the team, before its first commit of a tree."""
    return ground.team("story", "gke-aks")


@pytest.fixture(scope="session")
def waiting(team: Team, timeline: Recorder) -> Waiting:
    """Return how it was when the chain of aks waited at its gate."""
    return story.first_install(team)


@pytest.fixture(scope="session")
def complete(team: Team, waiting: Waiting) -> Team:
    """Return the team whose mesh is complete."""
    story.open_the_gate(team)
    return team
