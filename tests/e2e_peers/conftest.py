"""One mesh of two primaries for all tests here, made once; later tests change it by commits, in their order."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.e2e_peers import road
from tests.lab.fixtures import lab_of_parts
from tests.lab.lab import Lab, named
from tests.lab.parts import Parts
from tests.lab.plan import plan
from tests.lab.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.team import Team

__all__ = ["lab_of_parts"]


@pytest.fixture(scope="session")
def parts() -> Parts:
    """Return what measures the parts of the run, on a lab of its own or one that is up (MCGEN_LAB=its name)."""
    return Parts(lab=named() or Lab(plan(name="peers", network=IPv4Network("10.244.0.0/14"))))


@pytest.fixture(scope="session")
def timeline(lab: Lab) -> Iterator[Recorder]:
    """Yield the recorder of everything that happens in both clusters; its line is written among the lab's logs."""
    with Recorder({name: cluster.kubeconfig for name, cluster in lab.clusters.items()}) as recorder:
        yield recorder
    recorder.write(lab.logs / "timeline.txt")


@pytest.fixture(scope="session")
def team(lab: Lab, timeline: Recorder, parts: Parts) -> Team:
    """Return the team: Argo CD and sealed-secrets run, the repository has nothing in it."""
    with parts.part("Argo CD"):
        return road.gather(lab)


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder, outside of every repository, in which the root of the mesh will be."""
    return tmp_path_factory.mktemp("offline") / "root"


@pytest.fixture(scope="session")
def waiting(team: Team, parts: Parts) -> Team:
    """Return the team when both chains wait for their CA."""
    with parts.part("to the gates"):
        road.to_the_gates(team)
    return team


@pytest.fixture(scope="session")
def alone(waiting: Team, offline: Path, parts: Parts) -> Team:
    """Return the team when each primary is complete, and none can read the other yet."""
    with parts.part("to the end"):
        road.give_authorities(waiting, offline)
    return waiting


@pytest.fixture(scope="session")
def mesh(alone: Team, parts: Parts) -> Team:
    """Return the team whose mesh is complete."""
    with parts.part("peers"):
        road.introduce(alone)
    return alone
