"""Another root while calls go on: certificates and roots are those of each step, and no call fails for it.

The control of all of it is a client that nobody restarts: it must be cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from tests.e2e_peers import rotation
from tests.e2e_peers.calling import RESTARTED, Calling, failures
from tests.e2e_peers.road import CLUSTERS
from tests.lab.calls import BOTH, obey
from tests.lab.presented import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e_peers.rotation import Step
    from tests.lab.parts import Parts
    from tests.lab.presented import Presented
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the root will be that follows."""
    return tmp_path_factory.mktemp("following") / "root"


@pytest.fixture(scope="module")
def calling(mesh: Team) -> Iterator[Calling]:
    """Yield what calls all the while."""
    for name in CLUSTERS:
        obey(mesh.lab, name, BOTH)
    with Calling(mesh.lab) as calling:
        yield calling


@pytest.fixture(scope="module")
def steps(mesh: Team, calling: Calling, offline: Path, following: Path, parts: Parts) -> Iterator[dict[str, Step]]:
    """Yield how it was in each step."""
    rotation.forget(mesh)
    folders = {"both": (offline, following), "switched": (offline, following), "": (following,)}
    try:
        with parts.part("rotation"):
            # What restarts alone cost, with nothing else changed.
            calling.part = f"before{RESTARTED}"
            rotation.restart(mesh)
            yield {rotation.STEPS[each]: rotation.take(mesh, each, folders[each], calling) for each in rotation.STEPS}
    finally:
        rotation.unforget(mesh)


@pytest.fixture(scope="module")
def old(steps: dict[str, Step], offline: Path) -> x509.Certificate:
    return _root(offline)


@pytest.fixture(scope="module")
def new(steps: dict[str, Step], following: Path) -> x509.Certificate:
    return _root(following)


def _root(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "root-cert.pem").read_bytes())


@pytest.mark.parametrize("name", CLUSTERS)
def test_what_is_restarted_has_the_certificate_and_the_roots_of_the_step(
    steps: dict[str, Step], old: x509.Certificate, new: x509.Certificate, name: str
) -> None:
    for step, root, other, roots in (
        ("both", old, new, {old, new}),
        ("switched", new, old, {old, new}),
        ("over", new, old, {new}),
    ):
        found = steps[step].restarted[name]
        assert set(found.roots) == roots, step
        assert refusal(found, (root,)) == "", step
        assert "verification failed" in refusal(found, (other,)), step


def test_an_istiod_that_began_before_its_ca_was_unsealed_is_told_and_takes_it_up(steps: dict[str, Step]) -> None:
    # That it took it up later is what the step waits for, before anything is restarted.
    assert ("aks", "MC735") in steps["both"].too_early


def test_clients_of_both_primaries_trust_each_other_in_every_mixture(steps: dict[str, Step]) -> None:
    for step in steps.values():
        seen: list[Presented] = [each for group in (step.anew, step.restarted) for each in group.values()]
        assert [refusal(one, other.roots) for one in seen for other in seen] == [""] * len(seen) ** 2


def test_no_call_failed_for_it(steps: dict[str, Step], calling: Calling) -> None:
    table = calling.table()
    print(f"\n{table}")
    for part, answers in calling.answers.items():
        if part.endswith(RESTARTED):
            # Pods that go take calls along, in whichever mesh. Half of all calls go from one primary to the other.
            assert failures(answers) < answers.total() / 10, table
        else:
            assert failures(answers) == 0, table


def test_who_was_never_restarted_was_cut_off_two_steps_later(steps: dict[str, Step]) -> None:
    assert steps["both"].forgotten == BOTH
    assert not steps["switched"].forgotten & BOTH
    assert not steps["over"].forgotten & BOTH


@pytest.mark.parametrize("name", CLUSTERS)
def test_at_the_end_each_client_is_answered_from_both_clouds(mesh: Team, steps: dict[str, Step], name: str) -> None:
    obey(mesh.lab, name, BOTH)
