"""The model of what many clusters cost an Argo CD: what it is fitted to, it gives back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.e2e_order.scale import model
from tests.e2e_order.scale.fleet import Size

STORED, MANIFESTS = 2**14, 3.0


def sizes(alone: float, cluster: float, application: float) -> list[Size]:
    """Return sizes as an Argo CD would have them whose memory grows in straight lines."""
    return [
        Size(
            clusters=clusters,
            applications=applications,
            controller=round(alone + cluster * clusters + application * applications),
            repo=100,
            still=applications / 1000,
            commits={},
        )
        for clusters, applications in ((10, 10), (100, 100), (1000, 1000), (1000, 7000))
    ]


def test_straight_lines_are_found_again() -> None:
    found = model.fitted(sizes(200, 2, 0.5), STORED, MANIFESTS)
    assert (found.alone, found.cluster, found.application) == pytest.approx((200, 2, 0.5))
    assert found.still == pytest.approx(1 / 1000)


def test_the_table_says_what_a_fleet_needs() -> None:
    measured = sizes(196, 2, 0.5)
    lines = model.lines(model.fitted(measured, STORED, MANIFESTS), measured)
    assert "at most 0% away" in lines[0]
    cells = [each.strip() for each in lines[-1].strip("|").split("|")]
    # 196 + 2 * 10,000 + 0.5 * 70,000 MiB, of which a shard of 4,096 takes 3,900 beside what it needs alone.
    assert cells == ["10,000", "70,000", "1,094", "53.9", "70.0", "15", "500"]


def test_what_does_not_lie_on_the_line_is_told() -> None:
    measured = sizes(196, 2, 0.5)
    off = [measured[0], replace(measured[1], controller=700), *measured[2:]]
    assert "at most 0% away" not in model.lines(model.fitted(off, STORED, MANIFESTS), off)[0]
