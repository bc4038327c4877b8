"""Two services in two clouds answer each other, and nobody in between can read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests import proofs
from tests.e2e_mesh import road
from tests.lab.calls import BOTH, DEMO, obey
from tests.lab.overhear import WORDS, overhear
from tests.lab.plaintext import URL, answered, outside, permissive, strict
from tests.lab.plan import LabError
from tests.lab.presented import presented
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, *proofs.lab("gke-aks")]

PART = "traffic"


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_each_client_is_answered_from_both_clouds(mesh: Team, name: str) -> None:
    obey(mesh.lab, name, BOTH)


def test_as_the_page_says(mesh: Team, page: Page) -> None:
    page.follow("calls")


def test_nothing_of_it_can_be_read_between_the_clouds(mesh: Team, page: Page) -> None:
    table = overhear(mesh)
    page.show("link", "".join(f"{where:<48}'{WORDS}' {'seen' if n else 'not seen'}\n" for where, n in table.items()))
    assert [bool(n) for n in table.values()] == [False, True, True]


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_each_client_has_the_identity_of_its_account(mesh: Team, name: str) -> None:
    found = presented(mesh.lab[name], DEMO, "app=sleep")
    assert found.identity == f"spiffe://cluster.local/ns/{DEMO}/sa/sleep-{name}"


def test_a_pod_without_a_sidecar_is_refused_while_mutual_tls_is_strict(mesh: Team, page: Page) -> None:
    with pytest.raises(LabError, match="Connection reset by peer"):
        outside(mesh, "gke", URL)
    page.follow("plain")


def test_and_is_answered_while_it_is_not(mesh: Team) -> None:
    mesh.edit(permissive)
    road.commit(mesh, "Plain text is let in, for a trial")
    wait_for("answer to plain text", partial(answered, mesh, "gke", "v1"), seconds=180, pause=0.5)
    mesh.edit(strict)
    road.commit(mesh, "Plain text is refused again")
    wait_for("refusal of plain text", lambda: not answered(mesh, "gke", "v1"), seconds=180, pause=0.5)
