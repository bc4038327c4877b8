"""What programs and pages say, as verify reads it, and the pods that it makes."""

from __future__ import annotations

import sys

import pytest

from mcgen import names, proc
from mcgen.problems import ToolError
from mcgen.verify import inventory, membership, probes, proxies, send
from mcgen.verify.probes import Probe

SAID = """\
outbound|80||a.b.svc.cluster.local::10.0.0.1:5000::cx_connect_fail::0
outbound|80||a.b.svc.cluster.local::10.0.0.1:5000::rq_total::4
outbound|80||a.b.svc.cluster.local::[fd00::1]:15443::cx_connect_fail::0
outbound|80||a.b.svc.cluster.local::[fd00::1]:15443::rq_total::0
.
answer|403|0|1|0.000000|19|3
outbound|80||a.b.svc.cluster.local::10.0.0.1:5000::rq_total::5
outbound|80||a.b.svc.cluster.local::[fd00::1]:15443::cx_connect_fail::2
outbound|80||a.b.svc.cluster.local::[fd00::1]:15443::rq_total::0
.
answer|000|28|0|0.000000||
outbound|80||a.b.svc.cluster.local::10.0.0.1:5000::rq_total::5
.
"""


def test_who_answered_is_told_by_what_the_counters_gain() -> None:
    first, second = send.parse(SAID).answers
    assert first == send.Answer(
        code=403, exit=0, connected=True, length="19", upstream=True,
        hosts=frozenset({"10.0.0.1:5000"}), failed=frozenset({"[fd00::1]:15443"}),
    )  # fmt: skip
    assert first.denied
    assert second == send.Answer(code=0, exit=28)
    assert not second.answered


def test_without_an_envoy_there_are_answers_alone() -> None:
    sent = send.parse(".\nanswer|200|0|1|0.02||\n.\n")
    assert [(answer.code, answer.secured) for answer in sent.answers] == [(200, True)]
    assert sent.known == frozenset()


@pytest.mark.parametrize("said", ["answer|200\n.\n.\n", ".\nnonsense\n.\n", ".\nanswer|x|0|1|0||\n.\n"])
def test_anything_else_is_no_answer(said: str) -> None:
    with pytest.raises(ToolError, match="something else"):
        send.parse(said)


def test_pods() -> None:
    lines = (
        'shop\tcart-1\t{"app":"cart"}\tcart\tRunning\t10.0.0.1\t\tcart istio-proxy \tTrue\t\n'
        "shop\tcart-2\t{}\t\tRunning\t10.0.0.2\ttrue\tcart istio-init istio-proxy\tFalse\t2026-11-24T00:00:00Z\n"
        "shop\tjob-1\t\tcart\tSucceeded\t10.0.0.3\t\tjob \tFalse\t\n"
    )
    first, second, third = inventory.parse_pods(lines)
    assert (str(first), first.account, first.labels, first.runs, first.ready, first.proxy) == (
        "shop/cart-1", "cart", {"app": "cart"}, True, True, True,
    )  # fmt: skip
    # Native sidecars are init containers.
    assert (second.account, second.runs, second.proxy, second.host_network) == ("default", False, True, True)
    assert third.ended


def test_services() -> None:
    def service(name: str, **spec: object) -> dict[str, object]:
        ports = [{"name": "http-web", "port": 80}, {"name": "db", "port": 5432}, {"port": 53, "protocol": "UDP"}]
        whole = {"selector": {"app": name}, "clusterIP": "10.96.0.1", "ports": ports} | spec
        return {"metadata": {"name": name, "namespace": "shop"}, "spec": whole}

    slices = [
        {
            "metadata": {"namespace": "shop", "labels": {names.SERVICE_NAME: "cart"}},
            "ports": [{"name": "http-web", "port": 8080}],
            "endpoints": [
                {"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": "cart-1"}, "conditions": {}},
                {"addresses": ["10.0.0.2"], "targetRef": {"kind": "Pod", "name": "x"}, "conditions": {"ready": False}},
                {"addresses": ["192.0.2.1"]},
            ],
        }
    ]
    services = [service("cart"), service("headless", clusterIP="None"), service("foreign", selector=None)]
    (cart,) = inventory.parse_services(services, slices)
    assert cart.host == "cart.shop.svc.cluster.local"
    assert [(port.number, port.http) for port in cart.ports] == [(80, True), (5432, False)]
    assert [(each.pod, each.ports) for each in cart.endpoints] == [("cart-1", {"http-web": 8080})]


def test_pages_of_istiod_and_envoy() -> None:
    clusters = [{"id": "gke", "syncStatus": "synced"}]
    networks = [{"Network": "network1", "Addr": "203.0.113.10"}]
    found = membership.parse("istiod-1", clusters, networks, [{"cluster_id": "gke", "proxy": "a.b"}, {}])
    assert found.clusters == {"gke": "synced"}
    assert found.gateways == {("network1", "203.0.113.10")}
    assert ("gke", "a.b") in found.proxies
    assert membership.parse("istiod-1", None, None, None).clusters == {}
    chain = [
        {"subject_alt_names": [{"uri": "spiffe://x"}], "expiration_time": f"2026-11-{day}T00:00:00Z"}
        for day in (25, 24)
    ]
    seen = proxies.parse({"certificates": [{"cert_chain": chain}, {}]}, {"node": {"metadata": {"CLUSTER_ID": "gke"}}})
    assert (set(seen.uris), seen.until, seen.cluster) == ({"spiffe://x"}, "2026-11-24T00:00:00Z", "gke")
    assert proxies.parse({}, {}).uris == frozenset()


def test_a_probe_may_do_as_little_as_possible_and_ends_by_itself() -> None:
    made = probes.pod(Probe(cluster="gke", namespace="shop", account="cart"), "one", "run", "image")
    spec, (container,) = made["spec"], made["spec"]["containers"]
    assert spec["serviceAccountName"] == "cart"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert spec["activeDeadlineSeconds"] == int(container["command"][1])
    assert spec["restartPolicy"] == "Never"
    assert made["metadata"]["labels"] == {names.PROBE: "run", names.INJECT: "true"}


def test_a_program_beside_ends_with_the_block() -> None:
    script = "import sys, time; print('ready', flush=True); time.sleep(60)"
    with proc.beside([sys.executable, "-c", script], timeout=20) as line:
        assert line == "ready"
    with (
        pytest.raises(proc.EndedEarly, match="no luck"),
        proc.beside([sys.executable, "-c", "import sys; sys.exit('no luck')"], timeout=20),
    ):
        pass
    with pytest.raises(proc.TimedOut), proc.beside(["sleep", "60"], timeout=0.1):
        pass
