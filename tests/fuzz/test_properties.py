"""A sample of `make fuzz`: every property on a few examples."""

from __future__ import annotations

import pytest

from tests.fuzz.play import play
from tests.fuzz.properties import PROPERTIES, Property

EXAMPLES = 600


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.name)
def test_it_holds(prop: Property) -> None:
    assert play(prop, max(5, round(EXAMPLES * prop.share)))


def test_the_shares_are_all_of_it() -> None:
    assert sum(prop.share for prop in PROPERTIES) == pytest.approx(1)
