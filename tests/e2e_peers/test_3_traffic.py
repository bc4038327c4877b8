"""Calls between two primaries: mutual TLS on the link, and plain text refused, each with a control."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.e2e_peers.road import CLUSTERS
from tests.lab.overhear import overhear
from tests.lab.plaintext import URL, answered, outside, permissive, strict
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

VERSION = {"gke": "v1", "aks": "v2"}


def test_nothing_of_it_can_be_read_between_the_clouds(mesh: Team) -> None:
    assert [bool(seen) for seen in overhear(mesh).values()] == [False, True, True]


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_pod_without_a_sidecar_is_refused_in_each_cluster(mesh: Team, name: str) -> None:
    with pytest.raises(LabError, match="Connection reset by peer"):
        outside(mesh, name, URL)


def test_and_is_answered_while_mutual_tls_is_not_strict(mesh: Team) -> None:
    mesh.edit(permissive)
    mesh.build()
    mesh.commit("Plain text is let in, for a trial")
    for name in CLUSTERS:
        wait_for(f"answer to plain text in {name}", partial(answered, mesh, name, VERSION[name]), seconds=300)
    mesh.edit(strict)
    mesh.build()
    mesh.commit("Plain text is refused again")
    for name in CLUSTERS:
        wait_for(
            f"refusal of plain text in {name}",
            lambda name=name: not answered(mesh, name, VERSION[name]),  # type: ignore[misc]
            seconds=300,
        )
