"""What a time line is made of, and what the checker of the order finds in one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e_order.checker import REMOTE, violations
from tests.lab.handbook import block
from tests.lab.plan import LabError
from tests.lab.recorder import EXISTS, Event, statements


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


def in_order() -> list[Event]:
    """Return a time line in which each stage begins when the one before it works."""
    events = []
    for stage, effects in REMOTE.items():
        owner = f"gke-aks-aks-{stage}"
        events.append(Event(at=0, cluster="aks", kind="Role", name=f"{stage}/any", what=EXISTS, application=owner))
        events += [Event(at=0, cluster=e.cluster, kind=e.kind, name=e.name, what=e.what) for e in effects]
    return events


def test_the_checker_is_content_with_the_order() -> None:
    assert violations(in_order()) == []


def test_the_checker_finds_every_effect_that_came_too_late() -> None:
    events = in_order()
    for index, event in enumerate(events):
        if not event.application:
            late = [*events[:index], *events[index + 1 :], event]
            assert any(event.name in line for line in violations(late)), event


def test_a_page_gives_the_first_block_of_a_language_below_some_words() -> None:
    page = "one\n```sh\nfalse\n```\n- two\n  ```yaml\n  a: 1\n  ```\n  ```sh\n  true\n  ```\n"
    assert block(page, "two") == "true\n"
    assert block(page, "one", "yaml") == "a: 1\n"
    with pytest.raises(LabError, match="no block of sh after 'three'"):
        block(page, "three")
