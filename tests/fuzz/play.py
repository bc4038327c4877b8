"""Plays a property: so many examples, counted by what became of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings

if TYPE_CHECKING:
    from tests.fuzz.properties import Property


def play(prop: Property, examples: int) -> Counter[str]:
    """Return how often what became of the examples; raise AssertionError, with the smallest one, for a bad one."""
    counts: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(prop.examples)
    def trial(example: Any) -> None:
        counts[prop.holds(example)] += 1

    trial()
    return counts
