"""From one file to a mesh over two clouds: Argo CD, the gate, the bootstrap job, a merge, and real pods at the end."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from tests.e2e_mesh import road
from tests.lab import argocd, settling, story
from tests.lab.plan import LabError
from tests.lab.team import SEALED, TREE

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.sshd import Server
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

DEPLOYMENTS = {
    "gke": {
        "istio-system": ("istiod", "istio-eastwestgateway", "istio-ingressgateway"),
        "multi-cluster": ("helloworld-v1", "sleep-gke"),
    },
    "aks": {"istio-system": ("istio-eastwestgateway",), "multi-cluster": ("helloworld-v2", "sleep-aks")},
}


def test_the_lab_changes_three_settings_of_the_product_and_says_so(waiting: Team) -> None:
    kustomization = (waiting.tree / "clusters/gke/control-plane/kustomization.yaml").read_text()
    for setting in ("PILOT_ENABLE_METADATA_EXCHANGE", "PILOT_ENABLE_ALPN_FILTER", "telemetry"):
        assert setting in kustomization
        assert setting not in (waiting.tree / "clusters/gke/control-plane/istio-operator.yaml").read_text()


def test_the_chain_of_aks_waits_at_its_gate(waiting: Team) -> None:
    # Settled and not looked at once: an autoscaler that moves makes the chain Progressing for a moment.
    settling.until(waiting.home, "chain of aks at its gate", story.at_the_gate, seconds=120, calm=True)


def test_before_the_remote_secret_pods_of_the_remote_get_no_certificate(waiting: Team) -> None:
    road.refused(waiting)
    assert not road.has_certificate(waiting)


def test_the_job_seals_and_pushes_its_branch(sealed: str, page: Page) -> None:
    page.follow("job")
    assert "sealed   aks for gke: token 1" in sealed
    assert f"next: merge {road.BRANCH} into main" in sealed


def test_the_key_of_the_job_pushes_no_other_branch(waiting: Team, sealed: str, server: Server) -> None:
    for branch in ("main", "another"):
        with pytest.raises(LabError, match="is protected"):
            road.push_as_the_job(waiting, server, branch)


def test_git_has_the_secret_sealed_and_nothing_of_it_in_the_open(complete: Team) -> None:
    sealed = (complete.repository.copy / TREE / SEALED).read_text()
    assert "kind: SealedSecret" in sealed
    of_accounts = (
        "--field-selector=type=kubernetes.io/service-account-token",
        "--output=jsonpath={.items[*].data.token}",
    )
    tokens = complete.lab["aks"].kubectl("get", "secrets", "--namespace=istio-system", *of_accounts).split()
    assert tokens
    history = complete.repository.git("log", "--all", "--patch")
    assert not any(form in history for token in tokens for form in (token, b64decode(token).decode()))


def test_every_application_is_synced_and_healthy(complete: Team) -> None:
    def all_fine(found: dict[str, argocd.Application]) -> bool:
        return len(found) == 1 + 2 + 8 + 6 and all(each.fine for each in found.values())

    # Autoscalers begin to move now, and a Deployment that is scaled is Progressing for a moment.
    settling.until(complete.home, "mesh that is well", all_fine, seconds=120, calm=True)


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_real_pods_stand_behind_it(complete: Team, name: str) -> None:
    cluster = complete.lab[name]
    for namespace, deployments in DEPLOYMENTS[name].items():
        for deployment in deployments:
            cluster.rolled_out(namespace, deployment)
    proxy = ("--namespace=multi-cluster", "--container=istio-proxy")
    for deployment in DEPLOYMENTS[name]["multi-cluster"]:
        log = cluster.kubectl("logs", *proxy, f"deployment/{deployment}")
        assert "Envoy proxy is ready" in log
        assert "rejected" not in log.lower()


def test_with_the_remote_secret_the_same_pod_got_its_certificate(complete: Team) -> None:
    road.granted(complete)
