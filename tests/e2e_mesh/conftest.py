"""One mesh for all tests here, made once by the whole road; later tests change it by commits, in their order."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

import pytest

from tests.e2e_mesh import road
from tests.e2e_mesh.page import Page
from tests.lab.fixtures import lab_of_parts
from tests.lab.lab import Lab, named
from tests.lab.parts import Parts
from tests.lab.plan import plan
from tests.lab.team import Team, gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.sshd import Server

__all__ = ["lab_of_parts"]


@pytest.fixture(scope="session")
def parts() -> Parts:
    """Return what measures the parts of the run, on a lab of its own or one that is up (MCGEN_LAB=its name)."""
    return Parts(lab=named() or Lab(plan(name="mesh", network=IPv4Network("10.224.0.0/14"))))


@pytest.fixture(scope="session")
def team(lab: Lab, parts: Parts) -> Team:
    """Return the team: Argo CD and sealed-secrets run, the repository has nothing in it."""
    with parts.part("Argo CD"):
        return gather(lab)


@pytest.fixture(scope="session")
def server(team: Team) -> Server:
    """Return the team's Git server for SSH; the blueprint is ready to be built."""
    return road.prepare(team)


@pytest.fixture(scope="session")
def page(team: Team) -> Page:
    """Return the tutorial, with what stands on it for an address of this lab."""
    lab, gke, aks = team.lab, team.lab["gke"].plan, team.lab["aks"].plan
    return Page(
        team=team,
        names={
            str(lab.plan.git_address): "git.example.com",
            str(gke.node_address): "203.0.113.64",
            str(aks.node_address): "198.51.100.64",
            **{str(address): f"203.0.113.{number}" for number, address in enumerate(gke.balancers[:2], 10)},
            **{str(address): f"198.51.100.{number}" for number, address in enumerate(aks.balancers[:2], 10)},
        },
    )


@pytest.fixture(scope="session")
def waiting(team: Team, server: Server, page: Page, parts: Parts) -> Team:
    """Return the team when the chain of aks waits at its gate."""
    with parts.part("to the gate"):
        road.to_the_gate(team, page)
    return team


@pytest.fixture(scope="session")
def sealed(waiting: Team, server: Server, parts: Parts) -> str:
    """Return the log of the bootstrap job, which has pushed its branch."""
    with parts.part("job"):
        return road.seal(waiting, server)


@pytest.fixture(scope="session")
def complete(waiting: Team, sealed: str, page: Page, parts: Parts) -> Team:
    """Return the team whose mesh is complete: a person has merged what the job pushed."""
    with parts.part("to the end"):
        road.merge(waiting, page)
    return waiting


@pytest.fixture(scope="module")
def mesh(complete: Team, parts: Parts, request: pytest.FixtureRequest) -> Iterator[Team]:
    """Yield the team with its mesh, while the time of the module's checks is taken."""
    with parts.part(request.module.PART):
        yield complete
