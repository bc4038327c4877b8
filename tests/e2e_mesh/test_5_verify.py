"""mcgen verify sees the same, on the mesh as Argo CD made it; its defects are tried in tests/e2e_verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen import names as known
from tests.e2e_mesh.page import block, names
from tests.lab import story

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

PART = "verify"


def test_mcgen_verify_sees_all_of_it(mesh: Team, page: Page) -> None:
    page.follow("verify")
    marks = {line.strip()[:1] for line in block("verify")["text"].splitlines() if line.startswith("  ")}
    assert marks == {"✓"}


def test_its_probes_are_gone(mesh: Team) -> None:
    for cluster in mesh.lab.clusters.values():
        pods = ("get", "pods", "--all-namespaces", f"--selector={known.PROBE}", "--output=name")
        assert not cluster.kubectl(*pods).strip()


def test_at_the_end_all_is_well(mesh: Team) -> None:
    story.resynced(mesh)


def test_the_page_shows_nothing_that_was_not_run(page: Page) -> None:
    assert names() == page.shown
