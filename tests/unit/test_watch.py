"""What a line of events is made of, how kubectl is watched, and what the checker of the order finds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import load
from mcgen.bootstrap.access import Access
from mcgen.verify.watch import ADDRESS, DELETED, EXISTS, Event, statements
from mcgen.verify.watch_live import Trouble, Watching, documents
from mcgen.verify.watch_order import Chain, Effect, around, chains, missing, violations
from mcgen.verify.watch_show import Line, follow
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


def condition(kind: str, status: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status}]}}


@pytest.mark.parametrize(
    ("kind", "found", "true"),
    [
        ("Deployment", {}, set()),
        ("Deployment", {"status": {"conditions": None}}, set()),
        ("Deployment", condition("Available", "False"), set()),
        ("Deployment", condition("Available", "True"), {"available"}),
        ("SealedSecret", condition("Synced", "True"), {"unsealed"}),
        ("ExternalSecret", condition("Ready", "True"), {"fetched"}),
        ("ExternalSecret", condition("Ready", "False"), set()),
        ("MutatingWebhookConfiguration", {"webhooks": [{"clientConfig": {"caBundle": "x"}}, {}]}, set()),
        ("MutatingWebhookConfiguration", {"webhooks": [{"clientConfig": {"caBundle": "x"}}]}, {"caBundle filled"}),
        ("Application", {"status": {"health": {"status": "Healthy"}}}, {"Healthy"}),
        ("Application", {"status": {"sync": {"status": "OutOfSync"}}}, {"OutOfSync"}),
        ("Application", {"status": {"operationState": {"startedAt": "10:00"}}}, {"sync started 10:00"}),
        (
            "Application",
            {"status": {"operationState": {"startedAt": "10:00", "finishedAt": "10:01", "phase": "Failed"}}},
            {"sync started 10:00", "sync failed 10:01"},
        ),
        ("CustomResourceDefinition", condition("Established", "True"), {"established"}),
        ("CustomResourceDefinition", condition("Established", "False"), set()),
        ("Job", condition("Suspended", "True"), {"suspended"}),
        ("Job", {}, set()),
        ("Service", {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}}, {ADDRESS}),
        ("Service", {"status": {"loadBalancer": {}}}, set()),
    ],
)
def test_what_is_said_of_an_object(kind: str, found: dict[str, Any], true: set[str]) -> None:
    assert statements(kind, found) == true | {EXISTS}


def sample(tree: str) -> tuple[Chain, ...]:
    given = load.read(str(CHECKOUT / BY_TREE[tree].blueprint))
    return chains(load.load(given, BY_TREE[tree].folder).mesh)


TREES = ("gke-aks", "three-clouds", "multi-primary-sealed", "external-secrets")
CHAINS = {f"{tree} {chain.cluster}": chain for tree in TREES for chain in sample(tree)}


def in_order(chain: Chain) -> list[Event]:
    """Return a time line in which each stage begins when the one before it works."""
    events = []
    for stage, effects in chain.stages.items():
        owner = f"{chain.name}-{stage}"
        some = Event(at=0, cluster=chain.cluster, kind="Role", name=f"{stage}/any", what=EXISTS, application=owner)
        events += [some, *(Event(at=0, cluster=e.cluster, kind=e.kind, name=e.name, what=e.what) for e in effects)]
    return events


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_the_checker_is_content_with_the_order(chain: Chain) -> None:
    assert violations(in_order(chain), chain) == []
    assert missing(in_order(chain), chain) == []


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_the_checker_finds_every_effect_that_came_too_late_or_never(chain: Chain) -> None:
    events = in_order(chain)
    last = max(index for index, event in enumerate(events) if event.application)
    for index, event in enumerate(events[:last]):
        never = [*events[:index], *events[index + 1 :]]
        if event.application:
            assert any(f" {event.name.split('/')[0]} of" in line for line in missing(never, chain)), event
        else:
            found = violations([*never, event], chain)
            assert any(each.before.of(event) for each in found), event
            assert any(event.name in line for line in missing(never, chain)), event
            assert all(str(each.event) in "".join(around(never, each)) for each in found)


@pytest.mark.parametrize(("tree", "made"), [("multi-primary-sealed", "unsealed"), ("external-secrets", "fetched")])
def test_an_istiod_without_its_ca_came_too_early(tree: str, made: str) -> None:
    chain = CHAINS[f"{tree} gke"]
    without = [event for event in in_order(chain) if event.name != "istio-system/cacerts"]
    found = {(each.before.name, each.before.what) for each in violations(without, chain)}
    assert found == {("istio-system/cacerts", made)}
    assert "control-plane" in {each.stage for each in violations(without, chain)}


def test_what_was_there_when_the_watching_began_is_in_no_order() -> None:
    chain = CHAINS["gke-aks aks"]
    there = [replace(event, initial=True) for event in reversed(in_order(chain))]
    assert violations(there, chain) == []
    without = [event for event in there if event.what != "unsealed"]
    assert {each.before.what for each in violations(without, chain)} == {"unsealed"}


def test_another_chain_of_a_similar_name_is_not_judged() -> None:
    chain = CHAINS["gke-aks aks"]
    other = Event(at=0, cluster="aks", kind="Role", name="any", what=EXISTS, application="gke-aks-aks-2-workloads")
    assert violations([other], chain) == []


def test_documents_that_kubectl_prints_one_after_the_other_are_told_apart() -> None:
    printed = b'{\n    "a": {\n    }\n}\n{\n    "b": "}"\n}\n'
    assert list(documents(printed.splitlines(keepends=True))) == [{"a": {}}, {"b": "}"}]


# As kubectl: lists what is in a file, watches what is in another, and does not end by itself.
KUBECTL = """#!/bin/sh
case "$*" in
  *gone*) echo "error: the server doesn't have a resource type" >&2; exit 1;;
  *barred*) echo "Error from server (Forbidden): no" >&2; exit 1;;
  *--watch*) cat "$0.watch"; exec sleep 60;;
  *) cat "$0.list";;
esac
"""


def told(kind: str, **metadata: Any) -> str:
    return json.dumps({"type": kind, "object": {"metadata": metadata}}, indent=4) + "\n"


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "kubectl"
    path.write_text(KUBECTL)
    path.chmod(0o755)
    owner = {"argocd.argoproj.io/tracking-id": "mesh-east-workloads:apps/Deployment:shop/one"}
    old = {"metadata": {"name": "old", "namespace": "shop", "annotations": owner}}
    path.with_name("kubectl.list").write_text(json.dumps({"items": [old]}))
    new = (
        told("ADDED", name="old", namespace="shop")
        + told("ADDED", name="new")
        + told("DELETED", name="old", namespace="shop")
    )
    path.with_name("kubectl.watch").write_text(new)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return path


def test_what_is_there_and_what_comes_is_told_once(kubectl: Path) -> None:
    kinds = {"Deployment": ("deployments.apps",), "SealedSecret": ("gone",), "Service": ("barred",)}
    with Watching({"east": Access(cluster="east")}, timeout=30, kinds=kinds) as watching:
        there = list(watching.initial())
        came: list[Event] = []
        while len(came) < 2:
            each = watching.next(30)
            assert each is not None
            came += [each] if isinstance(each, Event) else []
    (trouble,) = (each for each in there if isinstance(each, Trouble))
    assert (trouble.cluster, trouble.kind) == ("east", "Service")
    (event,) = (each for each in there if isinstance(each, Event))
    assert (event.name, event.what, event.application) == ("shop/old", EXISTS, "mesh-east-workloads")
    assert event.initial
    assert [(each.name, each.what, each.initial) for each in came] == [
        ("new", EXISTS, False),
        ("shop/old", DELETED, False),
    ]


ODD: dict[str, Any] = {"kind": "Deployment", "metadata": None}
GONE = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old resource version"}}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (json.dumps(GONE, indent=4), "too old resource version"),
        (json.dumps({"type": "ADDED", "object": ODD}, indent=4), "one of them is no object of this kind"),
        (json.dumps({"type": "ADDED", "object": {"metadata": {"name": "x"}, "status": []}}, indent=4), None),
        (json.dumps({"type": "ADDED", "object": {"metadata": {"name": "x"}, "status": "x"}}, indent=4), "no object"),
        (json.dumps({"kind": "Status"}, indent=4), "its API server tells of no event"),
        ("{\n}\n{ not JSON\n}", "its API server tells of no event"),
    ],
)
def test_the_watch_survives_what_it_cannot_read(kubectl: Path, said: str, why: str | None) -> None:
    """What is told afterwards is seen, and the end says that not all was."""
    watch = kubectl.with_name("kubectl.watch")
    good = watch.read_text()
    watch.write_text(f"{said}\n{good}")
    kubectl.with_name("kubectl.list").write_text(json.dumps({"items": [ODD, {"metadata": {"name": "listed"}}]}))
    kinds = {"Deployment": ("deployments.apps",)}
    with Watching({"east": Access(cluster="east")}, timeout=30, kinds=kinds) as watching:
        barred, listed = watching.initial()
        assert isinstance(barred, Trouble)
        assert isinstance(listed, Event)
        assert listed.name == "listed"
        if why:
            trouble = watching.next(30)
            assert isinstance(trouble, Trouble)
            assert why in trouble.why
        watch.write_text(good)
        while not (isinstance(new := watching.next(30), Event) and new.name == "new"):
            assert new is not None
    line = Line([], print)
    line.add(barred)
    assert line.verdict()[0].endswith("; but not all of it could be watched")


@pytest.mark.parametrize("said", ["[]", "{}", "{", '{"items": 1}'])
def test_a_list_that_cannot_be_read_is_told(kubectl: Path, said: str) -> None:
    kubectl.with_name("kubectl.list").write_text(said)
    with Watching(
        {"east": Access(cluster="east")}, timeout=30, kinds={"Deployment": ("deployments.apps",)}
    ) as watching:
        (trouble,) = watching.initial()
    assert str(trouble) == "east: Deployment cannot be watched: its API server answers with no list"


def test_a_violation_is_said_at_once_and_again_at_the_end() -> None:
    chain, said = CHAINS["gke-aks aks"], list[str]()
    line = Line([chain], said.append)
    gateway = Event(
        at=1, cluster="aks", kind="Deployment", name="x", what=EXISTS, application=f"{chain.name}-workloads"
    )
    line.begin([replace(event, initial=True) for event in in_order(chain)[:2]])
    line.add(gateway)
    assert any(text.startswith("VIOLATION: ") for text in said)
    assert "violations of the order, the first:" in line.verdict()[0]
    assert any(text.startswith("> ") and "Deployment x" in text for text in line.verdict())
    content = Line([chain], said.append)
    content.begin(in_order(chain))
    assert content.left == []
    assert content.verdict()[0].startswith("the order was kept")


def waits_for(name: str) -> Chain:
    """Return a chain of one stage, which ends with an object."""
    effect = Effect(cluster="east", kind="Deployment", name=name, what=EXISTS)
    return Chain(name="mesh-east", cluster="east", stages={"workloads": (effect,)})


def followed(chain: Chain, seconds: float) -> tuple[Line, list[str]]:
    said: list[str] = []
    line = Line([chain], said.append)
    kinds = {"Deployment": ("deployments.apps",), "Service": ("barred",)}
    with Watching({"east": Access(cluster="east")}, timeout=30, kinds=kinds) as watching:
        follow(watching, line, seconds=seconds)
    return line, said


def test_a_mesh_is_followed_until_every_chain_is_at_its_end(kubectl: Path) -> None:
    line, said = followed(waits_for("new"), 0)
    assert line.left == []
    assert any("Deployment new" in text for text in said)
    # What cannot be watched is told, and ends nothing.
    troubles = [text for text in said if text.startswith("unknown: ")]
    assert troubles[0] == (
        "unknown: east: Service cannot be watched: east (the current context): Error from server (Forbidden): no"
    )
    assert len(troubles) == len(line.troubles)


def test_or_until_the_time_is_over(kubectl: Path) -> None:
    line, _ = followed(waits_for("never"), 0.01)
    kept, left = line.verdict()
    assert kept.startswith("the order was kept: ")
    assert left.startswith("not seen yet: ")
    assert "Deployment never of east" in left
