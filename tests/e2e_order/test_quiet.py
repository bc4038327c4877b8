"""After the install nothing moves by itself, and what somebody moves is put back."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import argocd, settling
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.cluster import Cluster
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

RESYNCS = 4
SYSTEM = "istio-system"


def operations(team: Team) -> dict[str, dict[str, Any]]:
    """Return of every Application its last sync, and what it is compared with."""
    listed = team.home.kubectl("get", "applications", f"--namespace={argocd.NAMESPACE}", "--output=json")
    return {each["metadata"]["name"]: each for each in json.loads(listed)["items"]}


def resync(team: Team) -> None:
    """Have every Application rendered and compared anew, as Argo CD does by itself from time to time."""
    before = {name: each["status"]["reconciledAt"] for name, each in operations(team).items()}
    # The times have no parts of a second.
    time.sleep(1)
    where = (f"--namespace={argocd.NAMESPACE}", "--all", "--overwrite")
    team.home.kubectl("annotate", "applications", *where, f"{argocd.REFRESH}=hard")

    def done() -> bool:
        now = operations(team)
        return all(each["status"]["reconciledAt"] > before[name] for name, each in now.items())

    wait_for("a resync of every Application", done, seconds=180, pause=0.5)


def test_it_stays_synced_and_healthy_without_another_sync(complete: Team) -> None:
    syncs = {name: each["status"]["operationState"]["startedAt"] for name, each in operations(complete).items()}
    for _ in range(RESYNCS):
        resync(complete)
        found = argocd.applications(complete.home)
        assert [str(each) for each in found.values() if each.sync != "Synced"] == []
        # A metrics-server that misses a scrape makes a HorizontalPodAutoscaler Degraded until the next one.
        settling.fine(complete.home, seconds=180)
    after = {name: each["status"]["operationState"]["startedAt"] for name, each in operations(complete).items()}
    assert after == syncs


def test_no_application_has_a_warning(complete: Team) -> None:
    settling.fine(complete.home, seconds=180)
    found = operations(complete)
    assert {name: each["status"].get("conditions", []) for name, each in found.items()} == {name: [] for name in found}


def test_a_changed_object_is_put_back(complete: Team) -> None:
    cluster = complete.lab["aks"]
    changed = {"spec": {"ports": [{"port": 15443, "name": "tls", "targetPort": 1}]}}
    where = (f"--namespace={SYSTEM}", "--type=strategic")
    cluster.kubectl("patch", "service", "istio-eastwestgateway", *where, f"--patch={json.dumps(changed)}")

    def put_back() -> bool:
        ports = cluster.get("service", "istio-eastwestgateway", SYSTEM)["spec"]["ports"]
        return [port["targetPort"] for port in ports if port["port"] == 15443] == [15443]

    wait_for("the port as it was", put_back, seconds=120, pause=1)


def test_a_deleted_object_comes_back(complete: Team) -> None:
    cluster = complete.lab["aks"]
    before = uid(cluster)
    cluster.kubectl("delete", "deployment", "istio-eastwestgateway", f"--namespace={SYSTEM}")
    wait_for("a new Deployment", lambda: uid(cluster) not in ("", before), seconds=120, pause=1)
    cluster.rolled_out(SYSTEM, "istio-eastwestgateway")
    settling.fine(complete.home, seconds=180)


def uid(cluster: Cluster) -> str:
    """Return the identity of the gateway's Deployment, nothing when it is not there."""
    try:
        found: str = cluster.get("deployment", "istio-eastwestgateway", SYSTEM)["metadata"]["uid"]
    except LabError:
        return ""
    return found
