"""Blueprints that went wrong in any number of places: always problems, at places in the file, never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcgen import stages
from mcgen.facts import Facts, Inputs
from mcgen.problems import has_errors
from tests.fuzz.nearly import CHANGES, change
from tests.judged import build, complaints, problems, read
from tests.samples import CHECKOUT

SAMPLES = [read(path.read_bytes()).data for path in sorted((CHECKOUT / "blueprints").glob("*.yaml"))]


def judge(data: Any, inputs: Inputs | None = None) -> set[str]:
    found = read(json.dumps(data, indent=1, ensure_ascii=False))
    wrong = problems(found, inputs)
    assert [fault for problem in wrong for fault in complaints(problem, found)] == []
    if not has_errors(wrong):
        # What was handed through may not fit (MC4xx) or change the order (MC5xx); a traceback it is never.
        assert {problem.code[:3] for problem in build(found, inputs)} <= {"MC4", "MC5"}
    return {problem.code for problem in wrong}


@given(st.sampled_from(range(len(SAMPLES))), st.lists(CHANGES, min_size=1, max_size=4))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_blueprint_that_went_wrong(sample: int, changes: list[tuple[str, int, Any]]) -> None:
    data = json.loads(json.dumps(SAMPLES[sample]))
    for what, where, value in changes:
        change(data, what, where, value)
    judge(data)


NAMES = st.sampled_from(["helloworld.*", "sleep", ".*", "(a|b)+", "[", "control-plane", "", "x{3}", "istio-system"])
KINDS = st.sampled_from(["Deployment", "IstioOperator", "Namespace", "SealedSecret", ".*", "[[:alpha:]]", "Role|.*"])
POINTERS = st.sampled_from(
    ["", "/", "/spec", "/spec/replicas", "/metadata", "/metadata/labels", "/metadata/name", "/kind", "/apiVersion",
     "/metadata/annotations/a~1b", "/spec/values/global/meshID", "spec/hub", "/spec/template/spec/containers/0",
     "/~2", "//"]
)  # fmt: skip
SMALL = st.sampled_from([None, 0, "text", [], {}, {"name": 5}, {"labels": "x"}, [{"name": "a"}], {"$patch": "delete"}])
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "set"]), "path": POINTERS},
        optional={"value": SMALL, "from": POINTERS},
    ),
    max_size=3,
)
MERGES = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["Deployment", "", "List"]),
        "metadata": st.one_of(SMALL, st.just({"name": "any", "labels": None})),
        "spec": SMALL,
        "items": SMALL,
        "$patch": st.sampled_from(["delete", "merge", "replace", "x"]),
    },
)
PATCHES = st.fixed_dictionaries(
    {
        "stage": st.sampled_from([*stages.BY_NAME, "nowhere"]),
        "target": st.fixed_dictionaries(
            {},
            optional={
                "name": NAMES,
                "kind": KINDS,
                "namespace": NAMES,
                "labelSelector": st.sampled_from(["app=sleep", "app in (a,b),!c", "app>5", "(", "a=b,", ""]),
            },
        ),
        "patch": st.one_of(OPERATIONS, MERGES, st.one_of(OPERATIONS, MERGES).map(json.dumps), st.text("-{}[]: \nab")),
    },
    optional={"clusters": st.lists(st.sampled_from(["gke", "aks", "north"]), max_size=2)},
)
GKE_AKS = next(data for data in SAMPLES if data["metadata"]["name"] == "gke-aks")


@given(st.lists(PATCHES, min_size=1, max_size=3))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_patches_of_all_sorts(patches: list[dict[str, Any]]) -> None:
    codes = judge(GKE_AKS | {"patches": patches})
    assert codes <= {"MC104", "MC213", "MC220", "MC221", "MC222", "MC224"}


DOCUMENTS = st.recursive(
    st.sampled_from([None, True, 5, "cluster-aks", "istio-system", "true", "SealedSecret"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["kind", "metadata", "spec", "template", "encryptedData", "labels", "cluster-aks", "name"]),
            inner,
        ),
    ),
)
CLUSTERS = st.sampled_from(["gke", "aks", "north", ""])


@given(
    st.dictionaries(st.tuples(CLUSTERS, CLUSTERS), DOCUMENTS, max_size=2),
    st.dictionaries(CLUSTERS, st.sampled_from(["203.0.113.9", "host", "::", "x..y"]), max_size=2),
    st.dictionaries(
        CLUSTERS, st.dictionaries(CLUSTERS, st.lists(st.sampled_from(["1", "2"]), min_size=1), max_size=2), max_size=2
    ),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_inputs_of_all_sorts(sealed: Any, addresses: dict[str, str], tokens: Any) -> None:
    inputs = Inputs(facts=Facts(addresses=addresses, tokens=tokens), sealed=sealed)
    assert judge(GKE_AKS, inputs) <= {"MC225", "MC234", "MC235", "MC236"}


@pytest.mark.parametrize("sample", range(len(SAMPLES)))
def test_the_samples_break_no_rule(sample: int) -> None:
    assert judge(SAMPLES[sample]) <= {"MC230"}


def test_the_fuzz_reaches_the_rules() -> None:
    """The tests above are worth something only as long as some of what they make gets as far as a patch."""
    good = {
        "stage": "workloads",
        "target": {"kind": "Deployment"},
        "patch": [{"op": "remove", "path": "/spec/replicas"}],
    }
    assert judge(GKE_AKS | {"patches": [good]}) == set()
    assert judge(GKE_AKS | {"patches": [good, good]}) == {"MC224"}
