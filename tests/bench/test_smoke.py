"""The guard reads its figures from the page, and sees what has become slower."""

from __future__ import annotations

from tests.bench import page, smoke
from tests.bench.page import PAGE


def test_the_page_has_the_figures() -> None:
    found = smoke.committed(PAGE.read_text(encoding="utf-8"), smoke.CLUSTERS)
    assert found.keys() == set(smoke.WATCHED)
    assert all(0.3 < ratio < 3 for ratio in found.values())


def test_half_as_slow_again_is_too_slow() -> None:
    before = dict.fromkeys(smoke.WATCHED, 1.0)
    assert list(smoke.slower(before, dict.fromkeys(smoke.WATCHED, 1.5))) == []
    (found,) = smoke.slower(before, before | {page.FIRST: 1.51})
    assert found == "mcgen, first build: 1.51 times the Jinja2 script, and 1.00 when it was committed"
