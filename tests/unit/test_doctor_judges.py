"""The judging functions of doctor, where what they see is not simply there, missing or another one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mcgen import addons, images, load
from mcgen.bootstrap.access import Access
from mcgen.bootstrap.certificate import Certificate
from mcgen.bootstrap.kube import TokenSecret, is_loopback
from mcgen.doctor import addresses, consumer, exclusions, fetching, istio, kubernetes, registered, remote, verdict
from mcgen.doctor.ask import Client
from mcgen.doctor.compare import differences
from mcgen.doctor.consumer import Known
from mcgen.doctor.registered import Registration
from mcgen.doctor.settings import same_script
from mcgen.doctor.verdict import Verdict, finding, fine, skipped, unknown, warning
from mcgen.manifests import setup_health
from mcgen.manifests.setup_argocd import SUPPORTED
from tests.samples import CHECKOUT


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 1, "d": 2}]}}, []),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, ["a.b[0].c"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a[0]", "a[1]"]),
        ({"a": [], "b": {}, "c": ""}, {}, []),
        ({"a": {"b": 1}}, {}, ["a"]),
        ({"a": {"b": 1}}, {"a": "b"}, ["a"]),
        ({"a": False}, {"a": True}, ["a"]),
        ({"a": "1"}, {"a": 1}, ["a"]),
    ],
)
def test_differences(wanted: Any, live: Any, expected: list[str]) -> None:
    assert list(differences(wanted, live)) == expected


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("quay.io/argoproj/argocd:v3.5.7", "3.5.7"),
        ("localhost:5000/pilot:1.31.1-distroless", "1.31.1"),
        ("localhost:5000/pilot", ""),
        ("pilot:1.31@sha256:00", "1.31"),
        ("pilot@sha256:00", ""),
        ("pilot:latest", ""),
        ("pilot:1.31-alpha.eed52ebb", "1.31"),
        ("", ""),
    ],
)
def test_versions_of_images(image: str, version: str) -> None:
    assert images.version(image) == version


@pytest.mark.parametrize("minor", SUPPORTED)
def test_stock_exclusions_are_lifted_as_the_setup_does(minor: str) -> None:
    stock = SUPPORTED[minor].exclusions
    assert exclusions.withheld({"resource.exclusions": stock})
    assert exclusions.lifted(stock) == SUPPORTED[minor].lifted
    assert not exclusions.withheld({"resource.exclusions": SUPPORTED[minor].lifted})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "- {apiGroups: [discovery.k8s.io], kinds: [EndpointSlice, X]}\n",
            [{"apiGroups": ["discovery.k8s.io"], "kinds": ["X"]}],
        ),
        # Without kinds an entry means all of them, so it must go as a whole.
        ("- kinds:\n  - EndpointSlice\n- kinds:\n  - X\n", [{"kinds": ["X"]}]),
        ("- kinds: ['EndpointSlice']\n", []),
        ('- kinds:\n  - "EndpointSlice" # why\n  - X\n', [{"kinds": ["X"]}]),
        # Another API's kind of the same name stays.
        (
            "- {apiGroups: [example.com], kinds: [EndpointSlice]}\n",
            [{"apiGroups": ["example.com"], "kinds": ["EndpointSlice"]}],
        ),
        ("", []),
    ],
)
def test_lifted(before: str, after: list[Any]) -> None:
    assert exclusions.entries(exclusions.lifted(before)) == after


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"resource.exclusions": "- kinds: [EndpointSlice]\n  clusters: [https://x]\n"}, "in clusters https://x"),
        ({"resource.exclusions": "- apiGroups: ['*.k8s.io']\n"}, "keeps Argo CD away"),
        ({"resource.exclusions": "- kinds: ['*']\n"}, "keeps Argo CD away"),
        ({"resource.exclusions": "a: b"}, "cannot be read"),
        ({"resource.exclusions": "- apiGroups: [apps]\n"}, ""),
        ({"resource.inclusions": "- kinds: [EndpointSlice]\n"}, ""),
        ({}, ""),
    ],
)
def test_withheld(data: dict[str, str], words: str) -> None:
    assert words in exclusions.withheld(data)
    assert bool(words) == bool(exclusions.withheld(data))


def test_a_teams_own_check_in_its_place() -> None:
    ours = setup_health.application()
    at = ours.index("\n", ours.index("its body belongs here")) + 1
    assert same_script(ours, ours[:at] + "  if true then return {} end\n" + ours[at:])
    assert same_script(ours, "\n" + ours.replace("\n", "  \n"))
    assert not same_script(ours, "  return {}\n" + ours)
    assert not same_script(ours, ours[:at])
    assert not same_script(ours, ours.replace("Suspended", "Healthy"))
    assert not same_script(setup_health.injector_webhook(), setup_health.injector_webhook() + "return {}")


def of_cluster(cluster: str, own: str, *known: tuple[str, str]) -> verdict.Check:
    (check,) = registered.judge([cluster], own, [Registration(*each) for each in known])
    return check


IN = "https://kubernetes.default.svc"


@pytest.mark.parametrize(
    ("own", "known", "words"),
    [
        ("", [("east", "https://a")], None),
        ("east", [("east", IN)], None),
        ("", [], "it knows none but its own"),
        ("", [("west", "https://b")], "it knows west"),
        ("", [("east", "https://a"), ("east", "https://b")], "2 clusters"),
        ("", [("east", IN)], "the cluster that Argo CD runs in"),
        ("east", [("east", "https://a")], "Argo CD runs in it"),
        ("", [("east", "https://a"), ("old", "https://a")], "as 'old' too"),
    ],
)
def test_registrations(own: str, known: list[tuple[str, str]], words: str | None) -> None:
    check = of_cluster("east", own, *known)
    assert check.verdict is (Verdict.FINDING if words else Verdict.FINE)
    assert (words or "") in check.words


def test_argocd_knows_the_cluster_that_it_runs_in_without_a_secret() -> None:
    assert of_cluster("in-cluster", "in-cluster").verdict is Verdict.FINE
    assert of_cluster("in-cluster", "in-cluster", ("hub", IN)).verdict is Verdict.FINDING


def test_registrations_are_read_from_lines() -> None:
    assert registered.parse("a b\thttps://x/\n\thttps://y\n\nnoise\n") == [
        ("a b", "https://x"),
        ("https://y", "https://y"),
    ]


FOUND = Certificate(pem=b"", fingerprint="sha256:" + "a" * 64, not_after=datetime(2036, 1, 1, tzinfo=UTC), source="x")
OTHER = "sha256:" + "b" * 64


@pytest.mark.parametrize(
    ("known", "severity"),
    [
        (Known(others={}), None),
        (Known(fact=FOUND.fingerprint, others={}), None),
        (Known(fact=OTHER, others={}), "warning"),
        (Known(fact=OTHER, pinned=FOUND.fingerprint, others={}), None),
        (Known(fact=FOUND.fingerprint, pinned=OTHER, source="x.pem", others={}), "error"),
        (Known(fact=OTHER, others={FOUND.fingerprint: "west"}), "error"),
    ],
)
def test_certificates(known: Known, severity: str | None) -> None:
    check = consumer.judge_certificate(FOUND, known)
    assert (check.severity.value if check.verdict is Verdict.FINDING else None) == severity
    assert ("certificate of west" in check.words) == bool(known.others)


ADDON = addons.SealedSecrets(managed=True, namespace="n", controller="c")


@pytest.mark.parametrize(
    ("slices", "good"),
    [
        ([], False),
        ([{"endpoints": None}], False),
        ([{"endpoints": [{"conditions": {"ready": False}}]}], False),
        ([{"endpoints": [{"conditions": {"ready": False}}, {}]}], True),
        ([{"endpoints": []}, {"endpoints": [{"conditions": {"ready": True}}]}], True),
    ],
)
def test_a_controller_is_ready_when_something_ready_serves_it(slices: list[Any], good: bool) -> None:
    check = consumer.judge_controller(ADDON, {}, slices)
    assert (check.verdict is Verdict.FINE) == good
    assert "stage sealed-secrets" in consumer.judge_controller(ADDON, None, slices).advice


@pytest.mark.parametrize(
    ("version", "remote", "expected"),
    [
        ("v1.31.9", "", Verdict.FINDING),
        ("v1.32.0", "", Verdict.FINE),
        ("v1.36.2-gke.1", "", Verdict.FINE),
        ("v1.37.0", "", Verdict.FINDING),
        ("", "", Verdict.UNKNOWN),
        ("v1.33.9-gke.1", "gke", Verdict.FINDING),
        ("v1.33.9", "generic", Verdict.FINDING),
        ("v1.34.0", "gke", Verdict.FINE),
    ],
)
def test_kubernetes(version: str, remote: str, expected: Verdict) -> None:
    assert kubernetes.judge(version, "1.31", remote).verdict is expected


def test_a_remote_whose_api_server_may_find_istiod_is_a_warning() -> None:
    assert [kubernetes.judge("v1.33.9", "1.31", each).is_error for each in ("generic", "eks")] == [False, True]


def test_identities() -> None:
    def found(own: str = "", **seen: str) -> list[tuple[str, str]]:
        return [(name, check.words) for name, check in kubernetes.judge_identities(seen, "hub", own)]

    assert found(a="1", b="2", hub="3") == []
    assert found(a="1", hub="1", own="a") == []
    assert found(a="", b="", hub="") == []
    assert [name for name, _ in found(a="1", b="2", c="1", d="1")] == ["c", "d"]
    assert [name for name, _ in found(a="1", hub="2", own="a")] == ["hub"]
    assert [name for name, _ in found(a="1", hub="1")] == ["hub"]
    assert found(hub="1", own="a") == [], "where a did not answer nobody knows"


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ("1.31.0", Verdict.FINE),
        ("1.30.9", Verdict.FINE),
        ("1.29.9", Verdict.FINDING),
        ("1.32.0", Verdict.FINDING),
    ],
)
def test_skew(proxy: str, expected: Verdict) -> None:
    pods = istio.parse(f"a side=x:1 istio-proxy=proxyv2:{proxy}\nb istio-proxy=proxyv2:1.31.1\n")
    assert istio.judge_gateway("1.31.1", pods).verdict is expected
    assert istio.judge_gateway("1.31.1", []).verdict is Verdict.FINDING


@pytest.mark.parametrize(
    ("wanted", "live", "behind", "expected"),
    [
        ("192.0.2.1", ["192.0.2.1"], {}, Verdict.FINE),
        ("192.0.2.1", ["192.0.2.2", "192.0.2.1"], {}, Verdict.FINE),
        ("192.0.2.1", ["192.0.2.2"], {}, Verdict.FINDING),
        ("192.0.2.1", [], {}, Verdict.FINDING),
        ("", ["192.0.2.1"], {}, Verdict.FINDING),
        ("192.0.2.1", ["lb.example"], {"lb.example": frozenset({"192.0.2.1"})}, Verdict.FINE),
        ("192.0.2.1", ["lb.example"], {"lb.example": frozenset({"192.0.2.9"})}, Verdict.FINDING),
        ("192.0.2.1", ["lb.example"], {"lb.example": frozenset()}, Verdict.UNKNOWN),
    ],
)
def test_addresses(wanted: str, live: list[str], behind: dict[str, frozenset[str]], expected: Verdict) -> None:
    assert addresses.judge("east", wanted, live, behind, blueprint="b.yaml").verdict is expected


def test_names_are_resolved_as_far_as_that_is_quick() -> None:
    assert "127.0.0.1" in addresses.resolve("localhost", 5)
    assert addresses.resolve("no-such-name.invalid", 5) == frozenset()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://127.0.0.1:6443", True),
        ("https://localhost", True),
        ("https://[::1]:6443", True),
        ("https://me@0.0.0.0", True),
        ("https://10.0.0.1:6443", False),
        ("https://api.example.com", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_exit_codes() -> None:
    good, bad = fine("a"), finding("MC706", "a", "b", "c")
    quiet, unseen = warning("MC707", "a", "b", "c"), unknown("a", "b")
    assert verdict.exit_code([good, quiet]) == 0
    assert verdict.exit_code([good, quiet, unseen]) == 3
    assert verdict.exit_code([unseen, bad]) == 1
    assert verdict.exit_code([good, skipped("a", "b")]) == 0
    counts = {"fine": 1, "errors": 1, "warnings": 1, "unknown": 2, "skipped": 1}
    assert verdict.counts([good, bad, quiet, unseen, unseen, skipped("a", "b")]) == counts


def test_a_revoked_token_that_is_still_there() -> None:
    given = load.read(str(CHECKOUT / "blueprints/gke-aks.yaml"))
    pair = load.load(given, CHECKOUT / "nowhere").mesh.pairs["aks"]
    left = TokenSecret(account="istio-reader-gke-1", cluster="aks", created="2026-01-01T00:00:00Z", filled=True)
    assert remote.judge_revoked(pair, "1", None).verdict is Verdict.FINE
    found = remote.judge_revoked(pair, "1", left)
    assert (found.verdict, found.code) == (Verdict.FINDING, "MC724")
    assert found.advice == "let Argo CD sync stage namespaces of aks"


EXTERNAL = load.load(
    load.read(str(CHECKOUT / "blueprints/external-secrets.yaml")), CHECKOUT / "output/external-secrets"
)
KEY = "external-secrets-gke-reads-aks-1"


def ready(status: str, *, generation: str = "3", key: str = KEY) -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "message": "could not get secret data from provider"}
    return {
        "metadata": {"generation": 3},
        "spec": {"data": [{"remoteRef": {"key": key}}]},
        "status": {"conditions": [condition], "syncedResourceVersion": f"{generation}-abc"},
    }


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "it is not there, or External Secrets is not"),
        ({}, "has not looked at it yet"),
        (ready("False"), "it is not ready: could not get secret data"),
        (ready("True"), ""),
    ],
)
def test_stores(found: Any, words: str) -> None:
    check = fetching.judge_store(EXTERNAL.mesh, found)
    assert (check.code, words in check.words) == ("MC713" if words else "", True)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "it is not there"),
        ({}, f"it fetches key '', and the facts say '{KEY}'"),
        (ready("True", key=f"{KEY}1"), f"it fetches key '{KEY}1'"),
        (ready("False"), "it was not fetched: could not get secret data"),
        (ready("True", generation="2"), "has not fetched it yet"),
        (ready("True", generation="33"), "has not fetched it yet"),
        ({**ready("True"), "status": {}}, "has not fetched it yet"),
        (ready("True"), ""),
    ],
)
def test_external_secrets(found: Any, words: str) -> None:
    check = fetching.judge_external("istio-remote-secret-aks", KEY, found)
    assert (check.code, words in check.words) == ("MC714" if words else "", True)


def test_a_cluster_that_fetches_is_asked_for_what_the_facts_name() -> None:
    client = Client(access=Access(cluster="gke"), timeout=1)
    asked = fetching.questions(EXTERNAL, EXTERNAL.mesh.by_name["gke"], client)
    whats = [what for question in asked for what in question.whats]
    assert whats == ["ClusterSecretStore mesh", "ExternalSecret cacerts", "ExternalSecret istio-remote-secret-aks"]
