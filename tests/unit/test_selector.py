from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mcgen import labels, selector
from mcgen.blueprint import Target
from mcgen.selector import selects
from tests.targets import KINDS, OBJECTS, REFUSED, TARGETS, target


@pytest.mark.parametrize(("fields", "kinds"), TARGETS, ids=[str(fields) for fields, _ in TARGETS])
def test_what_a_target_selects(fields: dict[str, Any], kinds: frozenset[str] | None) -> None:
    if kinds is None:
        with pytest.raises(ValueError, match='"'):
            selector.check(target(fields))
        return
    selector.check(target(fields))
    assert {document["kind"] for document in OBJECTS if selects(target(fields), document)} == kinds


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_is_not_read_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match='"'):
        selector.check(Target(name=pattern))


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_is_selected_by_all_that_it_is(kind: str) -> None:
    document = next(document for document in OBJECTS if document["kind"] == kind)
    group, _, version = document["apiVersion"].rpartition("/")
    assert selects(Target(kind=kind, group=group, version=version, name=document["metadata"]["name"]), document)


def test_an_object_is_also_selected_by_the_name_that_it_had() -> None:
    before = OBJECTS[1]
    after = before | {"metadata": before["metadata"] | {"name": "sleep-gke", "namespace": "other"}}
    for name in ("sleep", "sleep-gke"):
        for namespace in ("shop", "other"):
            assert selects(Target(name=name, namespace=namespace), after, before)
    assert not selects(Target(name="sleep"), after)


@pytest.mark.parametrize("given", [None, 5, "text", ["a"], {"app": None, "size": 5, "note": ["x"]}])
def test_labels_that_a_patch_has_spoilt(given: Any) -> None:
    document = OBJECTS[1] | {"metadata": OBJECTS[1]["metadata"] | {"labels": given}}
    for text in ("app=sleep", "size>9", "note in (x)"):
        assert not selects(Target(label_selector=text), document)


# Names are letters of a few kinds, so expressions of a few pieces meet all that matters.
PIECES = st.sampled_from([*"abcx.*+?|()[]{}^$\\-,0129: ", "(?:", "(?=", "[a-z]", "[^a]", ".*", "{1,2}", "\\d", "a|b"])


@given(st.lists(PIECES, max_size=40).map("".join))
@example("(a|a)" * 42 + "x")
@example(".*" * 100)
@example("(a?)" * 60)
@example("a?" * 120 + "a" * 120)
@settings(max_examples=400, deadline=None)
def test_any_expression_is_refused_or_read_in_no_time(pattern: str) -> None:
    document = {"apiVersion": "v1", "kind": "a" * 83, "metadata": {"name": "ab" * 41, "namespace": "a-" * 31}}
    start = time.process_time()
    with contextlib.suppress(ValueError):
        selects(Target(name=pattern, kind=pattern, namespace=pattern), document)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("pattern", [".*.*.*x", "[a-z]*[a-z]*a*x", ".*?.*?.*?x", "(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)x"])
def test_the_worst_expressions_that_are_read(pattern: str) -> None:
    document = {"apiVersion": "v1", "kind": "Job", "metadata": {"name": "a" * 253}}
    start = time.process_time()
    assert not selects(Target(name=pattern), document)
    assert time.process_time() - start < 0.5


@given(st.text("ab/.-_=!,()<> in0", max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_label_selector_is_refused_or_read(text: str) -> None:
    try:
        requirements = labels.parse(text)
    except ValueError:
        return
    for requirement in requirements:
        assert labels.is_key(requirement.key)
        requirement.matches({"a": "0", "b": "b"})


@pytest.mark.parametrize(
    "text", ["a," * 1000, "a in (" * 300, "(" * 2000, "a=" + "b" * 1900, "!" * 2000, "a" * 9_000_000]
)
def test_a_long_label_selector_is_refused_at_once(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ValueError, match=r"selector|key|value"):
        labels.parse(text)
    assert time.process_time() - start < 0.5


WORD = st.text("abyz019-_.", min_size=1, max_size=63).filter(labels.is_value)
KEY = st.one_of(WORD, st.tuples(st.sampled_from(["a.b", "example.com"]), WORD).map("/".join))


@given(st.dictionaries(KEY, WORD, min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_operators_mean_what_they_say(given: dict[str, str], data: st.DataObject) -> None:
    key, other = data.draw(st.sampled_from(sorted(given))), data.draw(WORD)
    same = other == given[key]

    def fits(text: str) -> bool:
        return all(requirement.matches(given) for requirement in labels.parse(text))

    assert fits(",".join(f"{key}={value}" for key, value in given.items()))
    assert fits(key) is not fits(f"!{key}")
    assert fits(f"{key}={other}") is same
    assert fits(f"{key}!={other}") is not same
    assert fits(f"{key} in ({other}, {given[key]})")
    assert fits(f"{key} notin ({other})") is not same


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("", False, True),
        ("a", True, True),
        ("A.b_c-9", True, True),
        ("a-", False, False),
        ("-a", False, False),
        ("a b", False, False),
        ("a\n", False, False),
        ("é", False, False),
        ("٣", False, False),
        ("a/b", True, False),
        ("a.b/c", True, False),
        ("A/b", False, False),
        ("a_b/c", False, False),
        ("/b", False, False),
        ("a/", False, False),
        ("a/b/c", False, False),
        ("a..b/c", False, False),
        ("x" * 63, True, True),
        ("x" * 64, False, False),
        ("x" * 253 + "/" + "y" * 63, True, False),
        ("x" * 254 + "/y", False, False),
        ("x" * 1_000_000, False, False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_a_label_may_be(text: str, key: bool, value: bool) -> None:
    assert (labels.is_key(text), labels.is_value(text)) == (key, value)
