"""The order, on a real Argo CD: the first complete install of the sample mesh over two real clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen.verify.watch_order import missing, violations
from tests import proofs
from tests.lab import settling
from tests.lab.process import wait_for
from tests.lab.story import CHAINS, PATIENCE, ROOT

if TYPE_CHECKING:
    from tests.lab.recorder import Recorder
    from tests.lab.story import Waiting
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, *proofs.lab("gke-aks")]

DEMO = "multi-cluster"
WORKLOADS = {
    "gke": ("helloworld-v1", "sleep-gke"),
    "aks": ("helloworld-v2", "sleep-aks"),
}


def test_the_chain_of_the_remote_waits_and_holds_back_nobody(waiting: Waiting) -> None:
    found = waiting.applications
    chain, gate = found["gke-aks-aks"], found["gke-aks-aks-remote-secret"]
    assert (chain.sync, chain.health, chain.operation) == ("Synced", "Suspended", "Succeeded")
    assert (gate.sync, gate.health) == ("Synced", "Suspended")
    assert found[ROOT].fine
    assert found["gke-aks-gke"].fine
    assert found["gke-aks-gke-workloads"].fine


def test_nothing_behind_the_gate_is_in_the_remote(waiting: Waiting) -> None:
    stages = {name.removeprefix("gke-aks-aks-") for name in waiting.applications if name.startswith("gke-aks-aks-")}
    assert stages == {"namespaces", "remote-secret"}
    aks, gke = waiting.objects["aks"], waiting.objects["gke"]
    assert not [name for name in aks if "istio" in name]
    assert "job.batch/aks-remote-secret-gate" in gke
    assert not [name for name in gke if name.startswith("sealedsecret")]


def test_the_commit_that_seals_lets_the_chain_run_to_its_end(complete: Team) -> None:
    found = settling.fine(complete.home, seconds=PATIENCE)
    assert {ROOT, *CHAINS} <= found.keys()
    assert len(found) == len({ROOT, *CHAINS}) + 8 + 6
    assert not complete.home.says("get", "job", "aks-remote-secret-gate", "--namespace=istio-system")


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_real_pods_stand_behind_it(complete: Team, name: str) -> None:
    cluster = complete.lab[name]
    cluster.rolled_out("istio-system", "istio-eastwestgateway")
    for deployment in WORKLOADS[name]:
        cluster.rolled_out(DEMO, deployment)
        assert "Envoy proxy is ready" in cluster.kubectl(
            "logs", f"--namespace={DEMO}", f"deployment/{deployment}", "--container=istio-proxy"
        )


def test_calls_go_from_one_cloud_to_the_other(complete: Team) -> None:
    def answered() -> bool:
        # Version v1, in gke itself, may only be asked with HEAD, and not by sleep-gke: what answers is in aks.
        ask = ("curl", "--silent", "--max-time", "5", "http://helloworld/hello")
        return "version: v2" in complete.home.execute(DEMO, "deployment/sleep-gke", *ask)

    wait_for("an answer from aks", answered, seconds=60, pause=1)


def test_nothing_came_before_its_turn(complete: Team, timeline: Recorder) -> None:
    events = timeline.events
    for chain in complete.chains:
        assert missing(events, chain) == []
        assert violations(events, chain) == []
