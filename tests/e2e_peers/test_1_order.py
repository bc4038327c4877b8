"""Two primaries, installed by Argo CD: no istiod before its CA is unsealed, and nobody waits for a peer."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from mcgen import names
from mcgen.verify.watch import AVAILABLE, EXISTS
from mcgen.verify.watch_order import missing, violations
from tests import proofs
from tests.e2e_peers.road import CLUSTERS, SAMPLE
from tests.lab import argocd, settling
from tests.lab.calls import BOTH, DEMO, obey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mcgen.verify.watch import Event
    from tests.lab.recorder import Recorder
    from tests.lab.team import Team

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.lab,
    pytest.mark.long,
    *proofs.lab(SAMPLE, without=("eks",)),
]

DEPLOYMENTS = {
    "gke": (("istio-system", "istiod"), ("istio-system", "istio-eastwestgateway"), (DEMO, "helloworld-v1")),
    "aks": (("istio-system", "istiod"), ("istio-system", "istio-eastwestgateway"), (DEMO, "helloworld-v2")),
}
OWN = {"gke": {"v1"}, "aks": {"v2"}}
CA = f"{names.ISTIO_SYSTEM}/{names.AUTHORITY}"
ISTIOD = f"{names.ISTIO_SYSTEM}/{names.ISTIOD}"
REMOTE = f"{names.ISTIO_SYSTEM}/istio-remote-secret-"


def first(events: Iterable[Event], cluster: str, kind: str, name: str, what: str) -> float:
    """Return when something was so for the first time."""
    return next(e.at for e in events if (e.cluster, e.kind, e.name, e.what) == (cluster, kind, name, what))


def test_both_chains_wait_for_their_ca_and_no_istiod_is_there(waiting: Team) -> None:
    assert waiting.gated == {f"multi-primary-{each}" for name in CLUSTERS for each in (name, f"{name}-trust")}
    for cluster in waiting.lab.clusters.values():
        found = cluster.kubectl("get", "deployments,secrets", "--namespace=istio-system", "--output=name")
        assert "istiod" not in found
        assert names.AUTHORITY not in found


def test_the_chains_came_to_their_end_and_nobody_waited_for_a_peer(alone: Team, timeline: Recorder) -> None:
    found = argocd.applications(alone.home)
    assert len(found) == 1 + 2 + 2 * 8
    assert not [name for name in found if "-reads-" in name]
    for name in CLUSTERS:
        version = f"helloworld-v{1 + CLUSTERS.index(name)}"
        assert first(timeline.events, name, "Deployment", f"{DEMO}/{version}", AVAILABLE)
    assert not [each for each in timeline.events if each.name.startswith(REMOTE)]


def test_until_then_each_primary_calls_what_is_in_its_own_cluster(alone: Team) -> None:
    for name in CLUSTERS:
        obey(alone.lab, name, OWN[name])


def test_every_application_is_synced_and_healthy(mesh: Team) -> None:
    found = settling.fine(mesh.home, seconds=settling.PATIENCE)
    assert {name for name in found if "-reads-" in name} == {
        "multi-primary-gke-reads-aks",
        "multi-primary-aks-reads-gke",
    }


@pytest.mark.parametrize("name", CLUSTERS)
def test_real_pods_stand_behind_it(mesh: Team, name: str) -> None:
    cluster = mesh.lab[name]
    for namespace, deployment in (*DEPLOYMENTS[name], (DEMO, f"sleep-{name}")):
        cluster.rolled_out(namespace, deployment)
    for deployment in (DEPLOYMENTS[name][-1][1], f"sleep-{name}"):
        log = cluster.kubectl("logs", f"--namespace={DEMO}", "--container=istio-proxy", f"deployment/{deployment}")
        assert "Envoy proxy is ready" in log


@pytest.mark.parametrize("name", CLUSTERS)
def test_with_the_peer_each_primary_calls_both_clusters(mesh: Team, name: str) -> None:
    obey(mesh.lab, name, BOTH)


def test_nothing_came_before_its_turn(mesh: Team, timeline: Recorder) -> None:
    for chain in mesh.chains:
        assert missing(timeline.events, chain) == []
        assert violations(timeline.events, chain) == []


@pytest.mark.parametrize("name", CLUSTERS)
def test_istiod_came_after_its_ca_and_workloads_before_the_peer(mesh: Team, timeline: Recorder, name: str) -> None:
    events, (other,) = timeline.events, {*CLUSTERS} - {name}
    unsealed = first(events, name, "Secret", CA, EXISTS)
    istiod = first(events, name, "Deployment", ISTIOD, EXISTS)
    workloads = first(events, name, "Deployment", f"{DEMO}/sleep-{name}", AVAILABLE)
    peer = first(events, name, "Secret", f"{REMOTE}{other}", EXISTS)
    assert unsealed < istiod < workloads < peer


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_same_line_with_the_ca_unsealed_last_is_a_violation(mesh: Team, timeline: Recorder, name: str) -> None:
    chain = mesh.chain(name)
    ca = [each for each in timeline.events if (each.cluster, each.name) == (name, CA)]
    late = [*(each for each in timeline.events if each not in ca), *ca]
    found = violations(late, chain)
    assert {each.before.name for each in found} == {CA}
    assert ISTIOD in {each.event.name for each in found}


def test_no_key_is_in_git_nor_anywhere_but_with_the_root(mesh: Team, offline: Path) -> None:
    history = mesh.repository.git("log", "--all", "--patch")
    assert "kind: SealedSecret" in history
    assert "PRIVATE KEY" not in history
    for cluster in mesh.lab.clusters.values():
        key = cluster.get("secret", names.AUTHORITY, names.ISTIO_SYSTEM)["data"]["ca-key.pem"]
        assert "PRIVATE KEY" in b64decode(key).decode()
        assert key not in history
    assert {path.name for path in offline.iterdir()} == {"root-cert.pem", "root-key.pem"}
