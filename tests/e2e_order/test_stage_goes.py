"""What a stage made goes with it, where its Application has a finalizer: the remedy of MC668 on a real Argo CD."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab import argocd, settling
from tests.lab.catalogue import CHECKOUT
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

APPLICATION = "gke-aks-gke-ingress-gateway"
PAGE = (CHECKOUT / "docs/rules.md").read_text(encoding="utf-8").replace("shop-gke-ingress-gateway", APPLICATION)
GATEWAY = ("deployment,service,horizontalpodautoscaler", "--selector=app=istio-ingressgateway")


def there(team: Team) -> str:
    return team.home.kubectl("get", *GATEWAY, "--namespace=istio-system", "--output=name").strip()


def finalizers(team: Team) -> str:
    path = "--output=jsonpath={.metadata.finalizers}"
    return team.home.kubectl("get", "applications.argoproj.io", APPLICATION, "--namespace=argocd", path)


def test_a_finalizer_of_a_person_lets_argo_cd_delete_what_the_stage_made(complete: Team) -> None:
    settling.fine(complete.home, seconds=300)
    assert there(complete)
    complete.follow(PAGE, "## MC668: a stage goes, and what it made stays")
    # The chain looks again, and has nothing against it.
    argocd.refresh(complete.home)
    time.sleep(20)
    assert "resources-finalizer" in finalizers(complete)
    settling.fine(complete.home, seconds=300)

    complete.edit(lambda blueprint: blueprint["clusters"][0].pop("ingressGateway"))
    complete.build()
    complete.commit("No gateway for the outside any more")
    settling.until(complete.home, "a chain without the stage", lambda found: APPLICATION not in found, seconds=300)
    wait_for("the gateway's end", lambda: not there(complete), seconds=120, pause=2)
    settling.fine(complete.home, seconds=300)


def test_without_one_it_stays(complete: Team) -> None:
    complete.edit(lambda blueprint: blueprint["clusters"][0].update(ingressGateway=True))
    complete.build()
    complete.commit("A gateway for the outside")
    settling.until(complete.home, "the stage", lambda found: APPLICATION in found, seconds=300)
    settling.fine(complete.home, seconds=300)
    assert there(complete)
    complete.edit(lambda blueprint: blueprint["clusters"][0].pop("ingressGateway"))
    complete.build()
    complete.commit("And none, without a word to Argo CD")
    settling.until(complete.home, "a chain without the stage", lambda found: APPLICATION not in found, seconds=300)
    settling.fine(complete.home, seconds=300)
    assert there(complete)
