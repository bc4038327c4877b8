"""The steps to another root: what each trusts, and which commits workloads survive that are not synced at once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from mcgen import names, roots
from mcgen.roots import BOTH, NONE, SWITCHED, Signed

OLD, NEW = "sha256:old", "sha256:new"
STATES = {
    "old": Signed(root=OLD, trusted=(OLD,)),
    BOTH: Signed(root=OLD, trusted=(OLD, NEW)),
    SWITCHED: Signed(root=NEW, trusted=(OLD, NEW)),
    "new": Signed(root=NEW, trusted=(NEW,)),
}
ORDER = list(STATES)


def mesh(state: str) -> dict[str, Signed]:
    return dict.fromkeys(("aks", "gke"), STATES[state])


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ORDER, ORDER)))
def test_one_step_at_a_time(before: str, after: str) -> None:
    found = list(roots.distrust(mesh(before), mesh(after)))
    assert (found == []) == (abs(ORDER.index(before) - ORDER.index(after)) <= 1)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ORDER, ORDER)))
def test_one_primary_alone_goes_no_further(before: str, after: str) -> None:
    found = list(roots.distrust(mesh(before), mesh(before) | {"aks": STATES[after]}))
    assert (found == []) == (abs(ORDER.index(before) - ORDER.index(after)) <= 1)


def test_who_does_not_trust_whom() -> None:
    pairs = {(name, other, root) for name, other, root in roots.distrust(mesh("old"), mesh(SWITCHED))}
    assert pairs == {(name, other, NEW) for name, other in itertools.product(("aks", "gke"), repeat=2)}


@pytest.mark.parametrize(("step", "fitting"), [(NONE, {"old", "new"}), (BOTH, {BOTH}), (SWITCHED, {SWITCHED})])
def test_what_a_step_asks_for(step: str, fitting: set[str]) -> None:
    assert {state for state, signed in STATES.items() if signed.fits(step)} == fitting


def test_what_a_file_says() -> None:
    def document(**annotations: str) -> dict[str, Any]:
        return {"metadata": {"annotations": annotations}}

    assert roots.of(document()) == Signed(root="", trusted=())
    assert roots.of(document(**{names.ROOT: OLD})) == STATES["old"]
    assert roots.of(document(**{names.ROOT: NEW, names.TRUSTED: f"{OLD},{NEW}"})) == STATES[SWITCHED]
    # A file of somebody's own says nothing, and nothing is held against it.
    assert list(roots.distrust({"gke": roots.of({})}, mesh("new"))) == []
    assert all(roots.of({}).fits(step) for step in (NONE, BOTH, SWITCHED))
