"""Pages of pods are fetched through kubectl, and what is no answer becomes unknown, in words."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcgen.bootstrap.access import Access
from mcgen.bootstrap.kube import NoAnswer, Why
from mcgen.bootstrap.retry import Retry
from mcgen.doctor.ask import Client
from mcgen.verify import forward, membership, proxies
from mcgen.verify.inventory import Inventory
from tests.answers import Answers
from tests.verify.pages import forwarding, served
from tests.verify.planned import pod

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TITLE = "gke: port-forward to istio-system/istiod-1"
CLIENT = Client(access=Access(cluster="gke", context="gke"), timeout=20)
FORWARD = ("gke", "port-forward", f":{forward.ISTIOD}")
ISTIOD = pod("istiod-1", "istiod", "10.0.0.1", namespace="istio-system", app="istiod")
PAGES: dict[str, Any] = {
    "/debug/clusterz": [{"id": "cluster-aks", "syncStatus": "synced"}],
    "/debug/networkz": [{"Network": "network2", "Addr": "203.0.113.20"}],
    "/debug/syncz": [{"cluster_id": "cluster-aks", "proxy": "sleep.multi-cluster"}],
}
CHAIN = [{"subject_alt_names": [{"uri": "spiffe://x"}], "expiration_time": "2999-11-25T00:00:00Z"}]
ENVOY: dict[str, Any] = {
    "/certs": {"certificates": [{"cert_chain": CHAIN}]},
    "/server_info": {"node": {"metadata": {"CLUSTER_ID": "cluster-aks", "NETWORK": "network2", "MESH_ID": "mesh1"}}},
}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    return answers


@contextmanager
def istiod(live: Answers, **changes: Any) -> Iterator[None]:
    """Let a port-forward to istiod lead to its pages; changes: by the last word of their path."""
    pages = PAGES | {f"/debug/{name}": page for name, page in changes.items()}
    with served(pages) as port:
        live.set(*FORWARD, forwarding(port))
        yield


def said() -> list[membership.Istiod]:
    return membership.ask(CLIENT, Inventory({"pods": (ISTIOD,)}), Retry(0))


def test_what_an_istiod_says(live: Answers) -> None:
    with istiod(live):
        (found,) = said()
    assert (found.clusters, found.silent) == ({"cluster-aks": "synced"}, "")
    assert found.gateways == {("network2", "203.0.113.20")}
    assert found.proxies == {("cluster-aks", "sleep.multi-cluster")}
    (asked,) = live.asked().splitlines()
    # Nobody else on this machine gets there.
    assert asked == (
        "kubectl --context=gke port-forward --namespace=istio-system pod/istiod-1 :15014 --address=127.0.0.1"
    )


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (403, f"{TITLE}: /debug/clusterz answers 403"),
        ("<html>", f"{TITLE}: /debug/clusterz is no JSON"),
        (None, f"{TITLE}: /debug/clusterz: Remote end closed connection without response"),
        ([{"name": "aks"}], f"{TITLE}: the pages are not those of an istiod"),
        ({"clusters": 1}, f"{TITLE}: the pages are not those of an istiod"),
    ],
)
def test_a_page_that_is_none_is_no_answer(live: Answers, page: Any, why: str) -> None:
    with istiod(live, clusterz=page):
        (found,) = said()
    assert (found.silent, found.clusters) == (why, {})


def test_nothing_listens_where_the_forward_leads(live: Answers) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        live.set(*FORWARD, forwarding(closed.getsockname()[1]))
        (found,) = said()
    assert found.silent.startswith(f"{TITLE}: /debug/clusterz: ")
    assert "Connection refused" in found.silent


@pytest.mark.parametrize(
    ("name", "answer", "why", "words"),
    [
        ("", "Handling connection\n", Why.OTHER, "kubectl says 'Handling connection'"),
        (".error", 'Error (Forbidden): "jane" cannot\n', Why.FORBIDDEN, 'Error (Forbidden): "jane" cannot'),
        (".error", "Unable to connect to the server\n", Why.UNREACHABLE, "Unable to connect to the server"),
        ("", "", Why.OTHER, "'kubectl' ended at once"),
    ],
)
def test_a_forward_that_does_not_come_about(live: Answers, name: str, answer: str, why: Why, words: str) -> None:
    live.set(*FORWARD[:2], FORWARD[2] + name, answer)
    with pytest.raises(NoAnswer) as caught, forward.pages(CLIENT, "istio-system", "istiod-1", forward.ISTIOD):
        pass
    assert (caught.value.why, str(caught.value)) == (why, f"{TITLE}: {words}")


def test_a_forward_that_says_nothing_is_stopped(live: Answers) -> None:
    (live.programs / "kubectl").write_text("#!/bin/sh\nexec sleep 60\n")
    client = Client(access=CLIENT.access, timeout=0.2)
    with pytest.raises(NoAnswer) as caught, forward.pages(client, "istio-system", "istiod-1", forward.ISTIOD):
        pass
    assert caught.value.why is Why.UNREACHABLE
    assert "did not end within 0.2 seconds and was stopped" in str(caught.value)


def test_what_an_envoy_says_of_itself(live: Answers) -> None:
    sleep = pod("sleep", "sleep", "10.2.0.2")
    with served(ENVOY) as port:
        live.set("gke", "port-forward", f":{forward.ENVOY}", forwarding(port))
        found = proxies.ask(CLIENT, sleep, Retry(0))
    assert (found.cluster, found.network, found.mesh) == ("cluster-aks", "network2", "mesh1")
    assert (set(found.uris), found.until, found.silent) == ({"spiffe://x"}, "2999-11-25T00:00:00Z", "")


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        (ENVOY | {"/certs": 503}, "/certs answers 503"),
        (ENVOY | {"/certs": []}, "the pages are not those of an Envoy"),
        (ENVOY | {"/certs": {"certificates": [{"cert_chain": [{}]}]}}, "the pages are not those of an Envoy"),
    ],
)
def test_an_envoy_that_says_something_else_is_silent(live: Answers, pages: dict[str, Any], words: str) -> None:
    with served(pages) as port:
        live.set("gke", "port-forward", f":{forward.ENVOY}", forwarding(port))
        found = proxies.ask(CLIENT, pod("sleep", "sleep", "10.2.0.2"), Retry(0))
    assert found.silent == f"gke: port-forward to multi-cluster/sleep: {words}"


def test_an_istiod_that_does_not_run_is_not_asked(live: Answers) -> None:
    starting = Inventory({"pods": (pod("other", "x", "10.0.0.2"), replace(ISTIOD, runs=False))})
    (found,) = membership.ask(CLIENT, starting, Retry(0))
    assert (found.pod, found.silent) == ("istiod-1", "it does not run")
    assert not (live.folder / "asked").exists()
