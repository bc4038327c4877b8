"""What is tried between clusters on one network, where pods are called directly and a gateway is for istiod alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcgen.backends import Held
from mcgen.bootstrap.retry import Retry
from mcgen.doctor.cluster import with_gateway
from mcgen.verify import gateways, seen, tried
from mcgen.verify.probes import Running
from tests.unit.test_networks import MIXED, PAIR, PRIMARIES, SERVING, Clusters, resolved
from tests.verify.planned import NAMESPACE, mesh, world

if TYPE_CHECKING:
    from mcgen.verify.world import World

SERVED = (15012, 15017)


@pytest.mark.parametrize(
    ("clusters", "caller", "cluster", "ports"),
    [
        (PAIR, "west", "east", SERVED),
        (PRIMARIES, "west", "east", ()),
        (SERVING, "west", "east", ()),
        (SERVING, "north", "east", SERVED),
        (MIXED, "north", "east", (15443, *SERVED)),
        (MIXED, "west", "north", (15443,)),
    ],
)
def test_the_ports_at_which_a_gateway_is_needed(
    clusters: Clusters, caller: str, cluster: str, ports: tuple[int, ...]
) -> None:
    found = resolved(clusters).by_name
    assert gateways.ports(found[caller], found[cluster]) == ports


def on(*networks: str) -> World:
    """Return a world with helloworld in both clusters, in a namespace that is not exported."""
    address = {"address": "203.0.113.1"}
    clusters: list[dict[str, Any]] = [
        {"name": "gke", "platform": "gke", "role": "primary", "network": networks[0], "gateway": address},
        {"name": "aks", "platform": "aks", "role": "remote", "network": networks[1]},
    ]
    planned = mesh(clusters=clusters, demo={"enabled": False}, namespaces=[{"name": NAMESPACE}], policies=[])
    # With the remote secret in its place the remote's chain has got as far as a gateway, if it has one.
    pairs = {name: replace(pair, held=Held()) for name, pair in planned.pairs.items()}
    return replace(world(planned), gateways=with_gateway(replace(planned, pairs=pairs)))


def whats(found: World, name: str) -> set[str]:
    cluster = found.mesh.by_name[name]
    return {what for each in tried.questions(tried.plan(found), Running(), cluster) for what in each.whats}


def test_services_are_called_directly_whether_exported_or_not() -> None:
    assert f"calls helloworld.{NAMESPACE} in aks" in whats(on("net", "net"), "gke")
    assert f"calls helloworld.{NAMESPACE} in aks" not in whats(on("net", "other"), "gke")


def test_a_remote_tries_the_gateway_of_its_primary_alone() -> None:
    one = on("net", "net")
    assert "reaches the gateway of gke" in whats(one, "aks")
    assert "reaches the gateway of aks" not in whats(one, "gke")
    assert "reaches the gateway of aks" in whats(on("net", "other"), "gke")


def test_no_istiod_is_asked_for_gateways_that_lead_nowhere() -> None:
    for networks, asked in ((("net", "net"), False), (("net", "other"), True)):
        found = on(*networks)
        questions = seen.questions(found, found.mesh.by_name["gke"], Retry(0))
        known = {what for each in questions for what in each.whats}
        assert ("every istiod knows the gateway of gke" in known) is asked
