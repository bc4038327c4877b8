"""What holds of every change: nothing is swallowed, nothing is made up, and backwards it is the other way round."""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen import layout
from mcgen.changes.classify import SUBJECTS, findings
from mcgen.changes.context import Context
from mcgen.changes.documents import deltas
from mcgen.changes.finding import CLOSE, OPEN, Turn
from mcgen.changes.kinds import KINDS
from mcgen.changes.trees import whole
from tests.bench import fleet
from tests.changes.cases import CASES, built, compared, trees
from tests.documents import slots
from tests.samples import BY_TREE, TREES
from tests.snapshots import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.finding import Finding

VALUES: tuple[Any, ...] = ("zz-other", 7, True, None, [], {})
# Of a list of a thousand rules, or a text of a CRD, some are enough.
MOST = 60
GATEWAY = "clusters/gke-frankfurt/east-west-gateway/istio-operator.yaml"
PROJECTS = "argocd/install/projects.yaml"


@cache
def sample(name: str) -> dict[str, bytes]:
    folder = BY_TREE[name].folder
    return {**files(folder), layout.MANIFEST: (folder / layout.MANIFEST).read_bytes()}


def paths() -> Iterator[Any]:
    seen = set()
    for name in TREES:
        for path, raw in sample(name).items():
            if path.endswith((".yaml", ".json")) and raw not in seen:
                seen.add(raw)
                yield pytest.param(name, path, id=f"{name}/{path}")


def mutations(documents: list[Any]) -> Iterator[None]:
    """Change one leaf after another in place, and put it back."""
    places = [(c, k) for c, k in slots(documents) if not isinstance(c[k], (dict, list)) or not c[k]]
    for i, (container, key) in enumerate(places[:: max(1, len(places) // MOST)]):
        before = container[key]
        after = VALUES[i % len(VALUES)]
        container[key] = after if repr(after) != repr(before) else "zz-another"
        yield
        container[key] = before
        if isinstance(container, dict):
            del container[key]
            yield
            container[key] = before


@pytest.mark.parametrize(("name", "path"), list(paths()))
def test_no_leaf_changes_unseen(name: str, path: str) -> None:
    old = {path: sample(name)[path], layout.MANIFEST: sample(name)[layout.MANIFEST]}
    documents = list(yaml.load_all(old[path], Loader=yaml.CSafeLoader))
    for _ in mutations(documents):
        new = {**old, path: yaml.dump_all(documents, Dumper=yaml.CSafeDumper).encode()}
        found = findings(whole(old, new))
        assert any(path in finding.files for finding in found), documents
        # That somebody edited it says nothing of what is different in it.
        if path != layout.MANIFEST:
            assert any(path in f.files and f.kind not in {"edited", "foreign"} for f in found), documents


@pytest.mark.parametrize("name", TREES)
def test_equal_trees_have_no_findings(name: str) -> None:
    assert findings(whole(sample(name), dict(sample(name)))) == []


def turned(found: list[Finding]) -> list[Any]:
    return sorted((f.kind, f.turn.back, f.clusters, sorted(f.files), f.after, f.before) for f in found)


def straight(found: list[Finding]) -> list[Any]:
    return sorted((f.kind, f.turn, f.clusters, sorted(f.files), f.before, f.after) for f in found)


@pytest.mark.parametrize("name", CASES)
def test_backwards_it_is_the_other_way_round(name: str) -> None:
    """But for stages that go: what they made stays, or was never there."""
    old, new = trees(name)
    contexts = [Context(whole(old, new)), Context(whole(new, old))]
    clusters = [name for has in contexts[0].stages for name in has]

    def alike(found: Finding) -> bool:
        asked = [find for context in contexts for find in (context.orphans, context.unapplied)]
        return not any(find(path, clusters) for find in asked for path in found.files)

    there, back = ([each for each in findings(context.trees) if alike(each)] for context in contexts)
    assert straight(back) == turned(there)


@pytest.mark.parametrize("name", CASES)
def test_every_document_that_changes_is_told_of(name: str) -> None:
    found = findings(compared(name))
    told = {path for finding in found for path in finding.files}
    old, new = trees(name)
    assert {path for path in {*old, *new} - {layout.MANIFEST} if old.get(path) != new.get(path)} <= told
    assert {finding.kind for finding in found} <= KINDS.keys()
    assert all(f.what.count(OPEN) == f.what.count(CLOSE) and f.risk and (f.why or f.risk == "low") for f in found)


@pytest.mark.parametrize("name", CASES)
def test_subjects_are_pure(name: str) -> None:
    context = Context(compared(name))
    for delta in list(deltas(context)):
        if isinstance(delta, str):
            continue
        before = copy.deepcopy((delta.old, delta.new))
        twice = [[list(subject(delta, context)) for subject in SUBJECTS] for _ in range(2)]
        assert twice[0] == twice[1]
        assert before == (delta.old, delta.new)


def test_every_turn_has_a_way_back() -> None:
    assert all(turn.back.back is turn for turn in Turn)


def test_a_hundred_new_clusters_are_a_few_findings() -> None:
    def mesh(clusters: int) -> dict[str, bytes]:
        data = fleet.blueprint(clusters)
        return built(data, {})

    found = findings(whole(mesh(3), mesh(103)))
    assert len(found) < 20
    assert any(f.kind == "cluster" and len(f.clusters) == 100 for f in found)
    opened = [f for f in found if f.kind == "ports"]
    assert sum(len(f.clusters) for f in opened) == 100
    assert len(opened) == 2, "internal and not"


def test_what_people_write_by_hand_may_be_anything() -> None:
    """No value anywhere in a document stops the comparison."""
    tree = sample("three-clouds")
    for path in ("bases/policies/payment.cart-callers.yaml", "bases/exposure/expose-services.yaml", GATEWAY, PROJECTS):
        documents = list(yaml.load_all(tree[path], Loader=yaml.CSafeLoader))
        for container, key in list(slots(documents)):
            before = container[key]
            for value in (7, "x", ["x"], {"x": "y"}, [["x"]], None):
                container[key] = value
                new = {path: yaml.dump_all(documents, Dumper=yaml.CSafeDumper).encode()}
                if value != before:
                    assert findings(whole({path: tree[path]}, new))
                    assert findings(whole(new, {path: tree[path]}))
            container[key] = before


def test_documents_that_cannot_be_read_are_risky() -> None:
    bomb = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    for raw in (b"a: [", bomb, b"- a list\n", b"\xff\xfe\x00"):
        [found] = findings(whole({}, {"clusters/x/namespaces/y.yaml": raw}))
        assert (found.kind, found.risk) == ("text", "high")
