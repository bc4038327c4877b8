"""A remote that leaves a mesh whose secrets are fetched: the proof of the order agrees with the build in every mixture.

A fuzzed blueprint of such a mesh once gave a finding about a finalizer, and its example was lost; these are all the
inputs that decide which stages have one.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import yaml

from mcgen import chain, phases
from mcgen.emit import emit
from mcgen.facts import Authority, Facts, Inputs, Pushed
from mcgen.problems import has_errors
from tests import judged
from tests.helpers import BLUEPRINTS

ROOT = "sha256:" + "0" * 64
# Of the leaving remote and the other one: whether the secret is with the provider; whether the primary has its CA and
# its address; and in which state the other one is.
MIXTURES = list(itertools.product((True, False), (True, False), (True, False), (True, False), ("", "leaving", "gone")))


def mesh(state: str, other: str) -> str:
    data: dict[str, Any] = yaml.safe_load((BLUEPRINTS / "external-secrets.yaml").read_bytes())
    data["demo"] = {"enabled": True}
    data["clusters"][1] |= {"state": state, "ingressGateway": True}
    data["clusters"].append(
        {"name": "own", "platform": "generic", "role": "remote"} | ({"state": other} if other else {})
    )
    return emit([data])


def inputs(*, pushed: bool, others: bool, authority: bool, address: bool) -> Inputs:
    held = {name: Pushed(number=3, token="1") for name, has in (("aks", pushed), ("own", others)) if has}
    facts = Facts(
        pushed={"gke": held} if held else {},
        authorities={"gke": Authority(number=1, root=ROOT, expires="2028-11-29")} if authority else {},
        addresses={"gke": "203.0.113.10"} if address else {},
    )
    return Inputs(facts=facts)


@pytest.mark.parametrize("state", phases.BY_STATE)
def test_the_proof_agrees_with_the_build(state: str) -> None:
    for pushed, others, authority, address, other in MIXTURES:
        given = inputs(pushed=pushed, others=others, authority=authority, address=address)
        found = judged.read(mesh(state, other))
        assert [problem for problem in judged.problems(found, given) if has_errors([problem])] == []
        assert judged.build(found, given) == [], (pushed, others, authority, address, other)


def test_a_finalizer_too_many_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a build that gives a finalizer to the stages that stay, and none to those that go."""
    left = chain._left

    def turned(steps: tuple[chain.Step, ...], state: str) -> tuple[chain.Step, ...]:
        return tuple(replace(step, deletable=not step.deletable) for step in left(steps, state))

    monkeypatch.setattr(chain, "_left", turned)
    found = judged.read(mesh("leaving", ""))
    given = inputs(pushed=True, others=True, authority=True, address=True)
    said = [problem.message for problem in judged.build(found, given)]
    assert any("without a finalizer the next phase leaves its objects behind" in message for message in said), said
    assert any("it has a finalizer, and its cluster is" in message for message in said), said
