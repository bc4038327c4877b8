"""What of the lab needs neither root nor the real programs."""

from __future__ import annotations

import json
import tarfile
from ipaddress import IPv4Network
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcgen.verify.watch import DELETED, ESTABLISHED, EXISTS, Event
from tests.lab import catalogue, images
from tests.lab.balancer import Balancer
from tests.lab.catalogue import Image
from tests.lab.plan import MOST_CLUSTERS, LabError, plan
from tests.lab.recorder import standing
from tests.lab.registry import digest_of

if TYPE_CHECKING:
    from pathlib import Path


@given(st.integers(min_value=1, max_value=MOST_CLUSTERS), st.integers(min_value=0, max_value=2**14 - 1))
def test_no_two_ranges_of_a_lab_overlap_or_leave_its_network(count: int, block: int) -> None:
    network = IPv4Network((block << 18, 14))
    lab = plan(tuple(f"c{number}" for number in range(count)), network=network)
    per_cluster = [(each.link, each.public, each.pods, each.services) for each in lab.clusters[:: max(1, count // 5)]]
    ranges = [lab.link, *(each for ranges in per_cluster for each in ranges)]
    assert all(each.subnet_of(network) for each in ranges)
    assert not any(one.overlaps(other) for one, other in combinations(ranges, 2))
    assert all(each.public.subnet_of(lab.public) for each in lab.clusters)
    assert lab.git_address in lab.public
    assert not any(lab.git_address in each.public for each in lab.clusters)


@pytest.mark.parametrize(
    ("names", "wrong"),
    [(("gke", "gke"), "named twice"), (("GKE",), "'GKE' is not a name"), ((), "1 to 62 clusters, not 0")],
)
def test_a_lab_that_cannot_be_is_refused(names: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(LabError, match=wrong):
        plan(names)


def test_the_network_of_a_lab_is_a_14() -> None:
    with pytest.raises(LabError, match=r"is a /14, not 10\.0\.0\.0/16"):
        plan(network=IPv4Network("10.0.0.0/16"))


def service(name: str, *, kind: str = "LoadBalancer", address: str = "", wanted: str = "") -> dict[str, Any]:
    status = {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}}
    spec = {"type": kind, "loadBalancerIP": wanted}
    return {"metadata": {"name": name, "namespace": "n"}, "spec": spec, "status": status}


@pytest.fixture
def balancer(monkeypatch: pytest.MonkeyPatch) -> Balancer:
    """Return a balancer of three addresses whose API server takes everything."""

    class Taken:
        def close(self) -> None: ...

    monkeypatch.setattr(Balancer, "__init__", lambda self: None)
    monkeypatch.setattr(Balancer, "_call", lambda self, path, body=None: Taken())
    made = Balancer.__new__(Balancer)
    made.addresses, made.given = ["a", "b", "c"], {}
    return made


def test_services_get_addresses_keep_them_and_give_them_back(balancer: Balancer) -> None:
    balancer.see(service("old", address="b"))
    balancer.see(service("first"))
    balancer.see(service("inside", kind="ClusterIP"))
    assert balancer.given == {"n/old": "b", "n/first": "a"}
    balancer.see(service("wants", wanted="b"))
    assert balancer.given["n/wants"] == "c"
    balancer.see(service("old", address="b"), gone=True)
    balancer.see(service("wants too", wanted="b"))
    assert balancer.given == {"n/first": "a", "n/wants": "c", "n/wants too": "b"}


def test_an_image_answers_to_the_names_of_its_patterns_alone() -> None:
    names = {"docker.io/istio/pilot:1.31.*": "pilot", "registry.k8s.io/pause:*": "pause"}
    assert digest_of(names, "docker.io/istio/pilot:1.31.1") == "pilot"
    assert digest_of(names, "docker.io/istio/pilot:1.30.0") is None
    assert digest_of(names, "docker.io/pause:3.10") is None


def test_what_has_not_changed_is_not_packed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    program.write_text("one")
    image = Image(names=("host/image:*",), files={"/opt/program": program}, links={"/bin/p": "../opt/program"})
    monkeypatch.setattr(catalogue, "images", lambda: (image,))
    store = tmp_path / "store"
    first = images.build(store)
    written = {path: path.stat().st_mtime_ns for path in (store / "sha256").iterdir()}
    assert images.build(store) == first
    assert {path: path.stat().st_mtime_ns for path in (store / "sha256").iterdir()} == written
    program.write_text("another")
    second = images.build(store)
    assert second != first
    manifest = json.loads((store / "sha256" / second["host/image:*"]).read_bytes())
    layer = store / "sha256" / manifest["layers"][0]["digest"].removeprefix("sha256:")
    with tarfile.open(layer) as tar:
        member = tar.extractfile("opt/program")
        assert member
        assert member.read() == b"another"
        assert tar.getmember("bin/p").linkname == "../opt/program"
        assert tar.getmember("tmp").mode == 0o1777
    # What no image has any more is gone: a manifest, a config and a layer are left.
    assert len(list((store / "sha256").iterdir())) == 3


def test_what_still_is_so_begins_another_line() -> None:
    def event(name: str, what: str, at: float) -> Event:
        return Event(at=at, cluster="gke", kind="CustomResourceDefinition", name=name, what=what)

    line = [event("a", EXISTS, 1), event("b", EXISTS, 2), event("a", ESTABLISHED, 3), event("b", DELETED, 4)]
    assert [(each.name, each.what, each.initial) for each in standing(line)] == [
        ("a", EXISTS, True),
        ("a", ESTABLISHED, True),
    ]
    assert [each.name for each in standing([*line, event("b", EXISTS, 5)])] == ["a", "a", "b"]
