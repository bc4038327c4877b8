"""A token is rotated in the mesh of the story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e_order.rotation import rotate
from tests.lab import argocd

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def test_three_commits_rotate_a_token(complete: Team) -> None:
    def well() -> None:
        argocd.settle(
            complete.home, "mesh that is well", lambda found: all(each.fine for each in found.values()), seconds=300
        )

    rotate(complete, complete.commit, well)
