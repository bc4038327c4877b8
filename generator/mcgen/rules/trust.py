"""Rules about who signs: several primaries trust each other only under one root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.backends import EXTERNAL_SECRETS
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


def rotation(blueprint: Blueprint) -> Iterator[Finding]:
    """MC281: a root is changed where there is one to change, and while nothing else is under way."""
    path = ("trust", "rotation")
    if blueprint.trust.rotation is None:
        return
    if blueprint.trust.mode != "cacerts":
        message = "each istiod makes its own root, and changes it by itself"
        yield error("MC281", path, message, "remove the line; only roots of `mode: cacerts` are changed in steps")
    if blueprint.secrets.backend == EXTERNAL_SECRETS:
        message = "the root changes, and with External Secrets the facts note one root for each CA"
        yield error("MC281", path, message, "remove the line; roots are changed in steps with `sealed-secrets` only")
    leaving = next((cluster.name for cluster in blueprint.clusters if cluster.state), "")
    if leaving or blueprint.istio.upgrade:
        other = f'"{leaving}" leaves' if leaving else "an upgrade is under way"
        yield error("MC281", path, f"the root changes, and {other}", "finish the one before the other")


RULES = (one_root, rotation)
