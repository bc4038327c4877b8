"""What a time line is made of, and what the checker of the order finds in one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcgen import load
from mcgen.verify.watch import EXISTS, Event, statements
from mcgen.verify.watch_order import Chain, around, chains, missing, violations
from tests.lab.handbook import block
from tests.lab.plan import LabError
from tests.samples import BY_TREE, CHECKOUT


def condition(kind: str, status: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status}]}}


@pytest.mark.parametrize(
    ("kind", "found", "true"),
    [
        ("Deployment", {}, set()),
        ("Deployment", {"status": {"conditions": None}}, set()),
        ("Deployment", condition("Available", "False"), set()),
        ("Deployment", condition("Available", "True"), {"available"}),
        ("SealedSecret", condition("Synced", "True"), {"unsealed"}),
        ("MutatingWebhookConfiguration", {"webhooks": [{"clientConfig": {"caBundle": "x"}}, {}]}, set()),
        ("MutatingWebhookConfiguration", {"webhooks": [{"clientConfig": {"caBundle": "x"}}]}, {"caBundle filled"}),
        ("Application", {"status": {"health": {"status": "Healthy"}}}, {"Healthy"}),
        ("Application", {"status": {"sync": {"status": "OutOfSync"}}}, {"OutOfSync"}),
    ],
)
def test_what_is_said_of_an_object(kind: str, found: dict[str, Any], true: set[str]) -> None:
    assert statements(kind, found) == true | {EXISTS}


def sample(tree: str) -> tuple[Chain, ...]:
    given = load.read(str(CHECKOUT / BY_TREE[tree].blueprint))
    return chains(load.load(given, BY_TREE[tree].folder).mesh)


CHAINS = {f"{tree} {chain.cluster}": chain for tree in ("gke-aks", "three-clouds") for chain in sample(tree)}


def in_order(chain: Chain) -> list[Event]:
    """Return a time line in which each stage begins when the one before it works."""
    events = []
    for stage, effects in chain.stages.items():
        owner = f"{chain.name}-{stage}"
        some = Event(at=0, cluster=chain.cluster, kind="Role", name=f"{stage}/any", what=EXISTS, application=owner)
        events += [some, *(Event(at=0, cluster=e.cluster, kind=e.kind, name=e.name, what=e.what) for e in effects)]
    return events


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_the_checker_is_content_with_the_order(chain: Chain) -> None:
    assert violations(in_order(chain), chain) == []
    assert missing(in_order(chain), chain) == []


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_the_checker_finds_every_effect_that_came_too_late_or_never(chain: Chain) -> None:
    events = in_order(chain)
    last = max(index for index, event in enumerate(events) if event.application)
    for index, event in enumerate(events[:last]):
        never = [*events[:index], *events[index + 1 :]]
        if event.application:
            assert any(f" {event.name.split('/')[0]} of" in line for line in missing(never, chain)), event
        else:
            found = violations([*never, event], chain)
            assert any(each.before.of(event) for each in found), event
            assert any(event.name in line for line in missing(never, chain)), event
            assert all(str(each.event) in "".join(around(never, each)) for each in found)


def test_what_was_there_when_the_watching_began_is_in_no_order() -> None:
    chain = CHAINS["gke-aks aks"]
    there = [replace(event, initial=True) for event in reversed(in_order(chain))]
    assert violations(there, chain) == []
    without = [event for event in there if event.what != "unsealed"]
    assert {each.before.what for each in violations(without, chain)} == {"unsealed"}


def test_another_chain_of_a_similar_name_is_not_judged() -> None:
    chain = CHAINS["gke-aks aks"]
    other = Event(at=0, cluster="aks", kind="Role", name="any", what=EXISTS, application="gke-aks-aks-2-workloads")
    assert violations([other], chain) == []


def test_a_page_gives_the_first_block_of_a_language_below_some_words() -> None:
    page = "one\n```sh\nfalse\n```\n- two\n  ```yaml\n  a: 1\n  ```\n  ```sh\n  true\n  ```\n"
    assert block(page, "two") == "true\n"
    assert block(page, "one", "yaml") == "a: 1\n"
    with pytest.raises(LabError, match="no block of sh after 'three'"):
        block(page, "three")
