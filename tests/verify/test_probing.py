"""Probe pods come and go whatever happens, and what they answer is told of the cluster that it is about."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import names
from mcgen.bootstrap.access import Access
from mcgen.bootstrap.retry import Retry
from mcgen.doctor.ask import Client, Group, ask
from mcgen.doctor.verdict import Check, Verdict
from mcgen.problems import ToolError
from mcgen.verify import gateways, probes, tried
from mcgen.verify.inventory import Inventory
from mcgen.verify.probes import Probe, Running
from mcgen.verify.send import Sender
from tests import healthy
from tests.answers import Answers
from tests.verify.planned import NAMESPACE, mesh, pod, world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcgen.verify.world import World

RUN = "0a1b2c3d"
MESHED = Probe(cluster="gke", namespace=NAMESPACE)
PLAIN = replace(MESHED, meshed=False)
NAMES = {MESHED: f"mcgen-probe-{RUN}-1", PLAIN: f"mcgen-probe-{RUN}-0"}
WEBHOOK = 'Internal error occurred: failed calling webhook "rev.namespace.sidecar-injector.istio.io"'


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return clusters in which everything that is asked for is done."""
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr("secrets.token_hex", lambda _: RUN)
    for cluster in ("gke", "aks"):
        answers.set(cluster, "create", "list", "created\n")
        answers.set(cluster, "wait", f"{names.PROBE}={RUN}", "condition met\n")
        answers.set(cluster, "delete", f"{names.PROBE}={RUN}", "deleted\n")
        answers.set(cluster, "delete", names.PROBE, "deleted\n")
    found(answers, {MESHED: "True", PLAIN: "True"})
    return answers


def found(live: Answers, ready: dict[Probe, str]) -> None:
    """Let the cluster gke have probe pods, ready or not."""
    lines = [
        f'{NAMESPACE}\t{NAMES[probe]}\t{{"{names.PROBE}":"{RUN}"}}\t\tRunning\t10.1.0.9\t\tprobe '
        f"{'istio-proxy' if probe.meshed else ''}\t{is_ready}\t\n"
        for probe, is_ready in ready.items()
    ]
    live.set("gke", "pods", f"{names.PROBE}={RUN}", "".join(lines))


def planned(**changes: Any) -> World:
    """Return the sample's world, whose clusters are asked by their contexts."""
    there = world(mesh(**changes))
    clients = {name: Client(access=Access(cluster=name, context=name), timeout=20) for name in there.clients}
    return replace(there, clients=clients)


def run(there: World) -> Running:
    """Start the probes of one cluster, and remove them."""
    with probes.running(there, [MESHED, PLAIN, MESHED], "curl", 2, Retry(0)) as running:
        return running


def asked(live: Answers, verb: str) -> list[str]:
    return [line for line in live.asked().splitlines() if f" {verb} " in line]


def test_probes_are_started_once_each_and_removed(live: Answers) -> None:
    running = run(planned())
    assert set(running.senders) == {MESHED, PLAIN}
    assert running[PLAIN] == Sender(client=planned().clients["gke"], namespace=NAMESPACE, pod=NAMES[PLAIN])
    assert running.refused == {}
    end = running.ends["gke"]
    assert (end.verdict, end.what, end.words) == (Verdict.FINE, probes.LEFT, "2 were started")
    verbs = [line.split()[3] for line in live.asked().splitlines() if line.startswith("kubectl ")]
    assert verbs == ["create", "wait", "get", "delete"]
    (removed,) = asked(live, "delete")
    assert f"--namespace={NAMESPACE} --selector={names.PROBE}={RUN}" in removed
    assert [line for line in live.asked().splitlines() if "--context=aks" in line] == []


def test_what_an_earlier_run_left_goes_first(live: Answers) -> None:
    there = planned()
    left = pod("mcgen-probe-old-0", "default", "10.1.0.8", namespace="shop", **{names.PROBE: "old"})
    there.inventories["gke"] = Inventory({"pods": (left,), "services": (), "accounts": frozenset()})
    run(there)
    first, last = asked(live, "delete")
    assert first.endswith(f"--namespace=shop --selector={names.PROBE}")
    assert f"--selector={names.PROBE}={RUN}" in last
    assert live.asked().index("--namespace=shop") < live.asked().index(" create ")


def test_an_injector_that_does_not_answer_is_a_finding(live: Answers) -> None:
    live.set("gke", "create", "list.error", WEBHOOK)
    live.set("gke", "pods", f"{names.PROBE}={RUN}", "")
    running = run(planned())
    with pytest.raises(ToolError, match="no probe runs as multi-cluster/default in gke: gke"):
        running[MESHED]
    check = probes.judge_injected(MESHED, running.found.get(MESHED), running.refused[MESHED])
    assert check.code == "MC809"
    # Some may have been made all the same.
    assert len(asked(live, "delete")) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            "ErrImagePull\n\nErrImagePull\ncontainers with   unready status\n",
            "ErrImagePull; containers with unready status",
        ),
        ("", "is the image curl there?"),
        (None, "gke (context 'gke'): Error from server (NotFound): pod"),
    ],
)
def test_a_probe_that_does_not_get_ready_says_what_it_waits_for(live: Answers, answer: str | None, why: str) -> None:
    found(live, {MESHED: "False", PLAIN: "True"})
    live.set("gke", "wait", f"{names.PROBE}={RUN}.error", "timed out waiting for the condition\n")
    if answer is not None:
        live.set("gke", "pod", NAMES[MESHED], answer)
    running = run(planned())
    assert set(running.senders) == {PLAIN}
    assert running.refused[MESHED].startswith(f"it is not ready after 120 seconds ({why}")
    assert running.ends["gke"].words == "2 were started"


def test_pods_that_cannot_be_seen_are_removed_all_the_same(live: Answers) -> None:
    live.set("gke", "pods", f"{names.PROBE}={RUN}.error", 'Error from server (Forbidden): "jane" cannot list pods\n')
    running = run(planned())
    assert running.senders == {}
    assert all('"jane" cannot list pods' in why for why in running.refused.values())
    assert (running.ends["gke"].verdict, running.ends["gke"].words) == (Verdict.FINE, "0 were started")
    assert len(asked(live, "delete")) == 1


def test_a_probe_that_cannot_be_removed_is_a_finding(live: Answers) -> None:
    live.set("gke", "delete", f"{names.PROBE}={RUN}.error", "Unable to connect to the server\n")
    end = run(planned()).ends["gke"]
    assert (end.code, end.advice) == ("MC815", f"kubectl delete pods --all-namespaces --selector={names.PROBE}")
    assert "Unable to connect to the server" in end.words


def interrupt() -> None:
    raise KeyboardInterrupt


def tell_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


@pytest.mark.parametrize("end", [interrupt, tell_to_end])
def test_who_interrupts_leaves_no_probe(live: Answers, end: Callable[[], None]) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    seen: list[Running] = []

    def interrupted() -> None:
        with probes.running(planned(), [MESHED, PLAIN], "curl", 2, Retry(0)) as running:
            seen.append(running)
            end()

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (running,) = seen
    assert len(asked(live, "delete")) == 1
    assert running.ends["gke"].verdict is Verdict.FINE
    assert {each: signal.getsignal(each) for each in before} == before


GKE_POD, AKS_GATEWAY = "10.1.0.1:5000", "203.0.113.20:15443"
SERVICE = "outbound|80||helloworld.multi-cluster.svc.cluster.local"


def told(*requests: tuple[str, str], count: int = 5) -> str:
    """Return what the script prints of so many requests: the answer, and the endpoint that got it."""
    numbers = {GKE_POD: 0, AKS_GATEWAY: 0}

    def counters() -> str:
        lines = [
            f"{SERVICE}::{host}::cx_connect_fail::0\n{SERVICE}::{host}::rq_total::{n}\n" for host, n in numbers.items()
        ]
        return "".join(lines) + ".\n"

    text = counters()
    for index in range(count):
        answer, host = requests[index % len(requests)]
        numbers[host] += 1
        text += f"answer|{answer}\n{counters()}"
    return text


OK, DENIED, RESET, SILENT = "200|0|1|0.0||3", "403|0|1|0.0|19|3", "000|56|1|0.0||", "000|28|0|0.0||"


def once(answer: str) -> str:
    """Return what the script prints of one request of a pod without an Envoy."""
    return f".\nanswer|{answer}\n.\n"


def sends(live: Answers, url: str, answer: str) -> None:
    live.set("gke", "exec", url, answer)


def outcome(there: World, what: str, *ready: Probe) -> Check:
    """Return what comes of one question to gke while probes run there."""
    sender = {
        each: Sender(client=there.clients["gke"], namespace=NAMESPACE, pod=f"probe-{number}")
        for number, each in enumerate(ready)
    }
    running = Running(senders=sender, found={MESHED: pod("probe-0", "default", "10.1.0.9")} if ready else {})
    questions = tuple(tried.questions(tried.plan(there), running, there.members[0]))
    group = Group(where="gke", title="", path=(), questions=questions)
    (check,) = [check for check in ask(group, Retry(0)) if check.what == what]
    return check


CALLS = "calls helloworld.multi-cluster in aks"
URL = "http://helloworld.multi-cluster.svc.cluster.local:80/"


def test_a_service_is_called_until_the_other_cluster_answers(live: Answers) -> None:
    sends(live, URL, told((OK, GKE_POD), (OK, AKS_GATEWAY)))
    check = outcome(planned(), CALLS, MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.FINE, "2 of 5 requests were answered there")
    (sent,) = [line for line in live.asked().splitlines() if line.endswith(f"sh 5 {SERVICE} {URL}")]
    assert sent


def test_it_is_given_up_after_forty_requests(live: Answers) -> None:
    sends(live, URL, told((OK, GKE_POD)))
    check = outcome(planned(), CALLS, MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.UNKNOWN, "40 requests all went elsewhere")


def test_a_proxy_that_knows_no_endpoint_is_not_asked_forty_times(live: Answers) -> None:
    sends(live, URL, ".\n" + 5 * f"answer|{SILENT}\n.\n")
    check = outcome(planned(), CALLS, MESHED, PLAIN)
    assert (check.code, check.words) == ("MC811", "the caller's proxy knows no endpoint of it there, but none")
    assert live.asked().count(URL) == 1


def test_a_probe_that_tells_of_fewer_requests_is_not_believed(live: Answers) -> None:
    sends(live, URL, told((OK, AKS_GATEWAY), count=3))
    check = outcome(planned(), CALLS, MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.UNKNOWN, "the probe told of 3 requests, and not of 5")
    sends(live, f"http://{GKE_POD}/", ".\n")
    check = outcome(planned(), "helloworld.multi-cluster:80 refuses plain text", MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.UNKNOWN, "the probe told of 0 requests, and not of 1")


@pytest.mark.parametrize(
    ("plain", "health", "meshed", "verdict"),
    [
        (RESET, OK, OK, "fine"),
        (OK, OK, OK, "MC812"),
        (RESET, SILENT, OK, "unknown"),
        (RESET, OK, SILENT, "unknown"),
    ],
)
def test_plain_text_is_tried_beside_a_caller_with_a_sidecar(
    live: Answers, plain: str, health: str, meshed: str, verdict: str
) -> None:
    sends(live, f"http://{GKE_POD}/", once(plain))
    sends(live, "http://10.1.0.1:15021/healthz/ready", once(health))
    sends(live, URL, told((meshed, GKE_POD)))
    check = outcome(planned(), "helloworld.multi-cluster:80 refuses plain text", MESHED, PLAIN)
    assert (check.code if check.verdict is Verdict.FINDING else check.verdict.value) == verdict


def test_where_no_pod_has_a_proxy_plain_text_is_not_tried(live: Answers) -> None:
    there = planned()
    known = there.inventories["gke"]
    bare = tuple(replace(each, proxy=False) for each in known.pods)
    there.inventories["gke"] = Inventory({"pods": bare, "services": known.services, "accounts": known.accounts})
    check = outcome(there, "helloworld.multi-cluster:80 refuses plain text", MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.SKIPPED, "no pod behind it has a proxy")
    assert not (live.folder / "asked").exists() or f"http://{GKE_POD}/" not in live.asked()


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (RESET, "", "203.0.113.20:15443"),
        (SILENT, "MC810", "not at 203.0.113.20:15443 (no answer)"),
        ("000|7|0|0.0||", "MC810", "not at 203.0.113.20:15443 (refused)"),
        ("000|60|0|0.0||", "MC810", "not at 203.0.113.20:15443 (curl ends with 60)"),
    ],
)
def test_a_gateway_is_tried_at_the_address_that_it_has(live: Answers, answer: str, code: str, words: str) -> None:
    live.set("aks", "service", names.EAST_WEST_GATEWAY, healthy.gateway("203.0.113.20"))
    sends(live, "https://203.0.113.20:15443/", once(answer))
    check = outcome(planned(), "reaches the gateway of aks", MESHED, PLAIN)
    assert (check.code, check.words) == (code, words)


def test_istiods_ports_are_tried_by_its_name(live: Answers) -> None:
    istiod = "istiod.istio-system.svc"
    assert gateways.curl("203.0.113.10", 15012, istiod) == (
        "--connect-to", f"{istiod}:15012:203.0.113.10:15012", f"https://{istiod}:15012/",
    )  # fmt: skip
    assert gateways.curl("fd00::1", 15443, istiod) == ("https://[fd00::1]:15443/",)


@pytest.mark.parametrize(("answer", "passes", "refuses"), [(OK, "fine", "MC814"), (DENIED, "MC813", "fine")])
def test_a_policy_is_tried_by_who_may_pass_and_who_may_not(
    live: Answers, answer: str, passes: str, refuses: str
) -> None:
    one = {"name": "one", "namespace": NAMESPACE, "selector": {"version": "v1"}, "rules": [{"to": {"paths": ["/a"]}}]}
    there = planned(policies=[one])
    for path in ("/a", "/"):
        sends(live, f"http://helloworld.multi-cluster{path}", told((answer, GKE_POD)))
    for what, verdict in ((f"policy {NAMESPACE}/one lets pass", passes), (f"policy {NAMESPACE}/one refuses", refuses)):
        check = outcome(there, what, MESHED, PLAIN)
        assert (check.code if check.verdict is Verdict.FINDING else check.verdict.value) == verdict, check


def test_what_has_no_probe_is_unknown(live: Answers) -> None:
    check = outcome(planned(), CALLS)
    assert (check.verdict, check.words) == (
        Verdict.UNKNOWN, "no probe runs as multi-cluster/default in gke: it was not started",
    )  # fmt: skip
    check = outcome(planned(), probes.what_injected(NAMESPACE))
    assert (check.verdict, check.words) == (Verdict.UNKNOWN, "it was not started")


def test_services_that_are_not_known_are_not_called(live: Answers) -> None:
    there = planned(policies=[])
    failed = ToolError("no answer")
    there.inventories["gke"] = Inventory(dict.fromkeys(("pods", "services", "accounts"), failed))
    check = outcome(there, tried.SERVICES, MESHED, PLAIN)
    assert (check.verdict, check.words) == (Verdict.UNKNOWN, "no answer")
