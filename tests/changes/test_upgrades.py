"""What `mcgen diff` says of each step of an upgrade: all findings of high risk, and the step itself."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml

from mcgen import upgrades
from mcgen.changes.classify import findings
from mcgen.changes.finding import CLOSE, OPEN, Risk
from mcgen.changes.trees import whole
from tests.changes.cases import built, read_inputs
from tests.samples import CHECKOUT

DONE = "done"
STEPS = [upgrades.NONE, *upgrades.BY_NAME, DONE]
HIGH = {
    "prepared": set(),
    "primaries": {("istio", "aks gke"), ("route", "gke"), ("source", "aks gke")},
    "remotes": set(),
    "switched": {
        ("upgrade", "aks gke"), ("istiod", "aks gke"), ("istiod", "gke"), ("source", "aks"), ("source", "gke"),
    },
    "gateways": {
        ("istio", "aks gke"), ("upgrade", "aks gke"), ("istiod", "aks gke"), ("finalizer", "aks gke"),
        ("source", "aks gke"),
    },
    "removed": {("route", "gke"), ("upgrade", "aks gke"), ("stage", "aks gke")},
    DONE: set(),
}  # fmt: skip


@cache
def tree(step: str) -> dict[str, bytes]:
    data = yaml.safe_load((CHECKOUT / "blueprints/gke-aks.yaml").read_text(encoding="utf-8"))
    istio: dict[str, Any] = {"version": "1.30.4"}
    if step == DONE:
        istio = {"version": "1.31.1", "revision": "1-31"}
    elif step:
        istio["upgrade"] = {"to": "1.31.1", "step": step}
    return built(data | {"istio": istio}, read_inputs("gke-aks"))


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_step_is_told_of(step: str) -> None:
    found = findings(whole(tree(STEPS[STEPS.index(step) - 1]), tree(step)))
    high = {(one.kind, " ".join(one.clusters)) for one in found if one.risk is Risk.HIGH}
    assert high == HIGH[step]
    (own,) = [one for one in found if one.kind == "upgrade"]
    words = "is over" if step == DONE else f"is at step {OPEN}{step}{CLOSE}"
    assert own.what.endswith(words)
    assert own.clusters == ("aks", "gke")


def test_an_istiod_that_goes_is_deleted_and_not_left_alone() -> None:
    found = findings(whole(tree("gateways"), tree("removed")))
    (gone,) = [one for one in found if one.kind == "stage"]
    assert "deletes all that it brought" in gone.why
