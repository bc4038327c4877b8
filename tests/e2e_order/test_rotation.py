"""A token is rotated in the mesh of the story."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e_order.rotation import rotate
from tests.lab import settling

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def test_three_commits_rotate_a_token(complete: Team) -> None:
    rotate(complete, complete.commit, lambda: settling.fine(complete.home, seconds=300))
