"""Rules about clusters that leave: nobody is left without what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.networks import primary_of
from mcgen.rules.finding import Finding, error, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint


def primaries_stay(blueprint: Blueprint) -> Iterator[Finding]:
    """MC270, MC271: a primary does not leave while it serves remotes, and the last one not at all."""
    stay = any(cluster.role == "primary" and not cluster.state for cluster in blueprint.clusters)
    for i, cluster in enumerate(blueprint.clusters):
        if not cluster.state:
            continue
        served = [
            other.name
            for other in blueprint.clusters
            if other.role == "remote" and primary_of(other, blueprint) == cluster.name
        ]
        if cluster.role == "primary" and served:
            yield error(
                "MC270",
                ("clusters", i, "state"),
                f'"{cluster.name}" cannot leave: its istiod serves {one_of(served)}',
                "remove its remotes first, with `mcgen remove cluster`",
            )
        elif len(blueprint.clusters) == 1:
            yield error(
                "MC271",
                ("clusters", i, "state"),
                f'"{cluster.name}" is the last cluster: a mesh without one is none',
                "remove the line; to take the whole mesh away, see docs/lifecycle.md",
            )
        elif cluster.role == "primary" and not stay:
            yield error(
                "MC271",
                ("clusters", i, "state"),
                f'"{cluster.name}" cannot leave: no primary would stay, and a mesh without one is none',
                "remove the line of one primary; to take the whole mesh away, see docs/lifecycle.md",
            )


RULES = (primaries_stay,)
