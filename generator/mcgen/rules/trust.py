"""Rules about who signs: several primaries trust each other only under one root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.rules.finding import Finding, error, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint


def one_root(blueprint: Blueprint) -> Iterator[Finding]:
    """MC207: several primaries have certificates under one root."""
    if len(blueprint.primaries) < 2 or blueprint.trust.mode == "cacerts":
        return
    second = next(i for i, c in enumerate(blueprint.clusters) if c.name == blueprint.primaries[1])
    message = f"the istiods of {one_of(blueprint.primaries)} would each make a root of its own, and trust no other one"
    advice = "write `trust: {mode: cacerts}`: each primary then has an intermediate certificate under one root"
    yield error("MC207", ("clusters", second, "role"), message, advice)


RULES = (one_root,)
