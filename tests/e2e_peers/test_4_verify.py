"""mcgen verify and mcgen doctor are content with two primaries, and see what is broken between them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mcgen import names
from tests.e2e_peers.road import CLUSTERS, codes
from tests.lab import argocd, settling
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

SYSTEM = f"--namespace={names.ISTIO_SYSTEM}"


def test_mcgen_verify_is_content_and_tries_the_calls(mesh: Team) -> None:
    said = mesh.mcgen("verify", "--probe")
    for name in CLUSTERS:
        assert f"every istiod reads {name}" in said
    assert "answered there" in said
    assert said.count("✓ root that signs") == len(CLUSTERS)


def test_mcgen_verify_misses_a_peer_that_is_not_read(mesh: Team) -> None:
    gke, secret = mesh.lab["gke"], names.remote_secret("aks")

    with argocd.paused(mesh.home):
        gke.kubectl("delete", "sealedsecret", secret, SYSTEM)
        wait_for("the end of the Secret", lambda: not gke.says("get", "secret", secret, SYSTEM), seconds=60)
        wait_for("a finding", lambda: ("gke", "MC801") in codes(mesh), seconds=60)
        assert {cluster for cluster, _ in codes(mesh)} == {"gke"}
    settling.told(mesh.home, "the Secret again", lambda: gke.says("get", "secret", secret, SYSTEM))
    wait_for("no finding", lambda: not codes(mesh), seconds=120)


def test_mcgen_doctor_is_content(mesh: Team) -> None:
    said = mesh.mcgen("doctor")
    assert said.splitlines()[-1].endswith(" fine"), said
    assert said.count("✓ sealed CA") == len(CLUSTERS)


def test_mcgen_doctor_sees_a_ca_that_was_sealed_for_the_other_primary(mesh: Team) -> None:
    gke, aks = (mesh.tree / f"clusters/{name}/trust/sealed-secret.yaml" for name in CLUSTERS)
    kept = gke.read_bytes()
    shutil.copy(aks, gke)
    try:
        with pytest.raises(LabError, match="MC712"):
            mesh.mcgen("doctor")
    finally:
        gke.write_bytes(kept)
