"""What a blueprint must make sense of beyond its shape. Each rule is one function that yields findings.

A rule may rely on the shape only: every rule runs on every blueprint that fits the schema, and all findings
are reported at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.problems import Problem
from mcgen.rules import (
    addons,
    bootstrap,
    clusters,
    gateways,
    inputs,
    istio,
    leaving,
    metadata,
    namespaces,
    patches,
    policies,
    ranges,
    resources,
    secrets,
    trust,
    upgrade,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.facts import Inputs
    from mcgen.rules.finding import Finding
    from mcgen.source import Source

RULES: tuple[Callable[[Blueprint], Iterator[Finding]], ...] = (
    *addons.RULES,
    *bootstrap.RULES,
    *clusters.RULES,
    *gateways.RULES,
    *istio.RULES,
    *leaving.RULES,
    *metadata.RULES,
    *namespaces.RULES,
    *policies.RULES,
    *ranges.RULES,
    *resources.RULES,
    *secrets.RULES,
    *trust.RULES,
    *upgrade.RULES,
    *versions.RULES,
)
_LONGEST = 600
_MOST_ERRORS = 1000


def check(blueprint: Blueprint, found: Inputs, source: Source) -> list[Problem]:
    """Return the problems of a blueprint and its inputs, each at its place in the blueprint's file.

    Patches are checked last, and only against a mesh that makes sense: their targets are looked for in it.
    """
    findings = list(_enough(finding for rule in RULES for finding in rule(blueprint)))
    findings += _enough(inputs.check(blueprint, found))
    if not any(finding.fatal for finding in findings):
        findings += patches.check(blueprint, found)
    return [_problem(finding, source) for finding in findings]


def _enough(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings until there are more errors than anybody reads."""
    errors = 0
    for finding in findings:
        yield finding
        errors += finding.fatal
        if errors >= _MOST_ERRORS:
            return


def _clip(text: str) -> str:
    # A value may be as long as its file.
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _problem(finding: Finding, source: Source) -> Problem:
    pos, length = source.span(finding.path, key=finding.key)
    return Problem(
        code=finding.code,
        message=_clip(finding.message),
        pos=pos,
        length=length,
        advice=_clip(finding.advice),
        severity=finding.severity,
    )
