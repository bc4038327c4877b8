"""The judging functions of verify: what is well is fine, each defect is found, and what was not seen is unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mcgen.doctor.verdict import Check, Verdict
from mcgen.verify import configuration, crossing, gateways, membership, plaintext, probes, proxies
from mcgen.verify.probes import Probe
from mcgen.verify.proxies import Identity
from mcgen.verify.send import Answer, Sent
from tests.verify.planned import HTTP, NAMESPACE, helloworld, istiod, mesh, pod

if TYPE_CHECKING:
    from mcgen.verify.inventory import Pod

MESH = mesh()
GKE, AKS = MESH.clusters
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SLEEP = pod("sleep", "sleep-aks", "10.2.0.2")
WELL = Identity(
    uris=frozenset({"spiffe://cluster.local/ns/multi-cluster/sa/sleep-aks"}),
    until="2026-11-25T00:00:00Z",
    cluster="cluster-aks",
    network="network2",
    mesh="mesh1",
)
SILENT = istiod(pod="istiod-2", silent="no answer", clusters={}, gateways=frozenset())


def verdict(check: Check) -> str:
    return check.code if check.verdict is Verdict.FINDING else check.verdict.value


def reads(*istiods: membership.Istiod) -> Check:
    return membership.judge_reads(GKE, AKS, istiods, sealed=True)


def test_every_istiod_must_have_synced() -> None:
    assert verdict(reads(istiod(), istiod())) == "fine"
    assert verdict(reads()) == "MC801"
    lagging = istiod(pod="istiod-2", clusters={"cluster-gke": "synced", "cluster-aks": "timeout"})
    assert reads(istiod(), lagging).words == "istiod-2: timeout"
    assert reads(istiod(clusters={})).words == "istiod-1: not known"
    assert verdict(reads(istiod(), SILENT)) == "unknown"
    # What is known to be wrong is not hidden by what is not known.
    assert verdict(reads(lagging, SILENT)) == "MC801"
    assert "mcgen bootstrap" in membership.judge_reads(GKE, AKS, [lagging], sealed=False).advice


def test_every_istiod_must_know_the_address_that_a_gateway_has() -> None:
    def knows(live: list[str], *istiods: membership.Istiod) -> str:
        return verdict(membership.judge_gateway(AKS, live, istiods))

    assert knows(["203.0.113.20"], istiod()) == "fine"
    assert knows(["203.0.113.21"], istiod()) == "MC805"
    assert knows([], istiod()) == "MC805"
    assert knows(["203.0.113.20"], istiod(gateways=frozenset())) == "MC805"
    # Another network's address is no use.
    assert knows(["203.0.113.20"], istiod(gateways=frozenset({("network1", "203.0.113.20")}))) == "MC805"
    assert knows(["lb.example.com"], istiod()) == "fine"
    assert knows(["203.0.113.20"], istiod(), SILENT) == "unknown"
    assert knows(["203.0.113.20"]) == "unknown"


@pytest.mark.parametrize(
    "change",
    [
        {"uris": frozenset()},
        {"uris": frozenset({"spiffe://other.example.com/ns/multi-cluster/sa/sleep-aks"})},
        {"uris": frozenset({"spiffe://cluster.local/ns/other/sa/sleep-aks"})},
        {"uris": frozenset({"spiffe://cluster.local/ns/multi-cluster/sa/default"})},
        {"uris": WELL.uris | {"spiffe://cluster.local/ns/multi-cluster/sa/more"}},
        {"until": "2026-11-23T23:59:59Z"},
        {"cluster": "cluster-gke"},
        {"network": "network1"},
        {"mesh": "mesh2"},
    ],
)
def test_a_proxy_must_be_who_it_should(change: dict[str, Any]) -> None:
    def judge(*seen: Identity) -> Check:
        return proxies.judge_identities(NAMESPACE, [(SLEEP, each) for each in seen], MESH, AKS, NOW)

    assert verdict(judge(WELL)) == "fine"
    assert verdict(judge(WELL, replace(WELL, **change))) == "MC802"
    silent = Identity(silent="no answer")
    assert verdict(judge(WELL, silent)) == "unknown"
    assert verdict(judge(silent, replace(WELL, **change))) == "MC802"


def test_a_proxy_must_be_served_as_one_of_its_cluster() -> None:
    def judge(*istiods: membership.Istiod) -> str:
        return verdict(proxies.judge_connected(NAMESPACE, [SLEEP], AKS, istiods))

    ours = istiod(proxies=frozenset({("cluster-aks", "sleep.multi-cluster")}))
    assert judge(istiod(), ours) == "fine"
    assert judge(istiod()) == "MC803"
    assert judge(istiod(proxies=frozenset({("cluster-gke", "sleep.multi-cluster")}))) == "MC803"
    assert judge(SILENT) == "unknown"
    assert judge(ours, SILENT) == "fine"


def test_pods_must_have_sidecars_unless_they_want_none() -> None:
    without = replace(SLEEP, proxy=False)
    assert verdict(proxies.judge_injected(NAMESPACE, [SLEEP])) == "fine"
    assert verdict(proxies.judge_injected(NAMESPACE, [SLEEP, without])) == "MC804"
    for meant in (replace(without, host_network=True), replace(without, labels={"sidecar.istio.io/inject": "false"})):
        assert verdict(proxies.judge_injected(NAMESPACE, [meant])) == "fine"


def test_a_long_list_is_cut() -> None:
    many = [replace(SLEEP, name=f"sleep-{number}", proxy=False) for number in range(9)]
    assert proxies.judge_injected(NAMESPACE, many).words.endswith("sleep-4 and 4 more")


def test_a_gateway_must_have_a_ready_pod() -> None:
    assert verdict(gateways.judge_ready(AKS, [SLEEP])) == "fine"
    assert verdict(gateways.judge_ready(AKS, [])) == "MC806"
    assert verdict(gateways.judge_ready(AKS, [replace(SLEEP, ready=False)])) == "MC806"


def test_configuration_must_say_what_the_tree_says_no_less_and_no_more() -> None:
    documents = list(configuration.documents(MESH))
    assert len(documents) == 3
    for document in documents:
        assert verdict(configuration.judge_object(MESH, document, document | {"status": {}})) == "fine"
        assert verdict(configuration.judge_object(MESH, document, None)) == "MC807"
        more = document | {"spec": document["spec"] | {"selector": {"matchLabels": {"app": "one"}}}}
        assert verdict(configuration.judge_object(MESH, document, more)) == "MC807"
    patched = mesh(patches=[{"stage": "policies", "target": {"kind": "PeerAuthentication"}, "patch": {}}])
    assert verdict(configuration.judge_object(patched, documents[0], documents[0])) == "skipped"


def test_exceptions_of_mutual_tls_are_told() -> None:
    def judge(namespace: str, spec: dict[str, Any]) -> str:
        found = {"metadata": {"name": "some", "namespace": namespace}, "spec": spec}
        return verdict(configuration.judge_exceptions([found], frozenset({"shop"})))

    assert judge("istio-system", {"mtls": {"mode": "STRICT"}}) == "fine"
    assert judge("shop", {}) == "fine"
    assert judge("shop", {"mtls": {"mode": "PERMISSIVE"}}) == "MC808"
    assert judge("shop", {"portLevelMtls": {"8080": {"mode": "DISABLE"}}}) == "MC808"
    assert judge("elsewhere", {"mtls": {"mode": "PERMISSIVE"}}) == "fine"


def test_a_new_pod_must_get_a_sidecar() -> None:
    probe = Probe(cluster="gke", namespace=NAMESPACE)

    def judge(found: Pod | None, refused: str = "") -> str:
        return verdict(probes.judge_injected(probe, found, refused))

    assert judge(SLEEP) == "fine"
    assert judge(replace(SLEEP, proxy=False)) == "MC809"
    assert judge(None, 'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector"') == "MC809"
    assert judge(None, "exceeded quota") == "unknown"


def test_a_gateway_must_let_tls_through_to_istiod() -> None:
    def judge(*tried: tuple[str, int, Answer]) -> str:
        return verdict(gateways.judge_reached(AKS, GKE, tried))

    tcp, tls = Answer(code=0, exit=35, connected=True), Answer(code=415, exit=0, connected=True, secured=True)
    nothing = Answer(code=0, exit=28)
    assert judge(("203.0.113.10", 15443, tcp), ("203.0.113.10", 15012, tls)) == "fine"
    assert judge(("203.0.113.10", 15443, tcp), ("203.0.113.10", 15012, tcp)) == "MC810"
    assert judge(("203.0.113.10", 15443, nothing)) == "MC810"
    assert judge() == "unknown"
    assert gateways.ports(AKS, GKE) == (15443, 15012, 15017)
    assert gateways.ports(GKE, AKS) == (15443,)


HERE, THERE = "10.1.0.1:5000", "203.0.113.20:15443"
NEAR = Answer(code=200, exit=0, connected=True, upstream=True, hosts=frozenset({HERE}))
FAR = replace(NEAR, hosts=frozenset({THERE}))


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([NEAR, FAR], "fine"),
        ([NEAR, replace(FAR, code=403)], "fine"),
        ([replace(FAR, code=503)], "fine"),
        ([replace(FAR, code=503, upstream=False)], "MC811"),
        ([replace(NEAR, failed=frozenset({THERE}))], "MC811"),
        ([NEAR, NEAR], "unknown"),
        # Asked twice: nobody knows which of both answered.
        ([replace(NEAR, hosts=frozenset({HERE, THERE}))], "unknown"),
    ],
)
def test_a_service_must_be_answered_by_the_other_cluster(answers: list[Answer], outcome: str) -> None:
    sent = Sent(answers=tuple(answers), known=frozenset({HERE, THERE}))
    assert verdict(crossing.judge(helloworld(), AKS, sent, frozenset({THERE}))) == outcome
    assert crossing.enough(frozenset({THERE}), sent) is (outcome == "fine")
    unheard = replace(sent, known=frozenset({HERE}))
    assert verdict(crossing.judge(helloworld(), AKS, unheard, frozenset({THERE}))) == "MC811"


RESET, HEALTHY = Answer(code=0, exit=56, connected=True), Answer(code=200, exit=0, connected=True)


@pytest.mark.parametrize(
    ("answer", "health", "meshed", "outcome"),
    [
        (RESET, HEALTHY, True, "fine"),
        (HEALTHY, HEALTHY, True, "MC812"),
        (replace(HEALTHY, code=403), HEALTHY, False, "MC812"),
        (RESET, replace(HEALTHY, code=0, exit=28), True, "unknown"),
        (RESET, HEALTHY, False, "unknown"),
        (Answer(code=0, exit=7), HEALTHY, True, "unknown"),
    ],
)
def test_plain_text_must_be_refused_where_others_are_answered(
    answer: Answer, health: Answer, *, meshed: bool, outcome: str
) -> None:
    assert verdict(plaintext.judge(helloworld(), HTTP, answer, health, meshed=meshed)) == outcome


def test_probes_that_stay_are_told() -> None:
    assert verdict(probes.judge_end(2, [])) == "fine"
    assert verdict(probes.judge_end(2, ["no answer"])) == "MC815"
    assert verdict(probes.judge_end(0, ["no answer"])) == "unknown"
