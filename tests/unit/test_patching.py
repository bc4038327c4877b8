from __future__ import annotations

import contextlib
import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import patching
from tests.patches import DEPLOYMENT, FIT, OPERATOR, REFUSED, UNFIT

if TYPE_CHECKING:
    from mcgen.tree import Data


@pytest.mark.parametrize(("document", "patch"), FIT, ids=lambda value: str(value)[-80:])
def test_what_fits_changes_something_and_not_the_original(document: Data, patch: Any) -> None:
    before = copy.deepcopy(document)
    after = patching.apply(document, patching.parse(patch))
    assert document == before
    unchanged = patch == FIT[3][1] or (isinstance(patch, list) and patch[0]["op"] == "test")
    assert (after == before) is unchanged


@pytest.mark.parametrize(("document", "patch"), UNFIT, ids=lambda value: str(value)[-80:])
def test_what_does_not_fit_is_said(document: Data, patch: Any) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        patching.apply(document, patching.parse(patch))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("patch", REFUSED, ids=lambda patch: str(patch)[:60])
def test_what_is_refused(patch: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        patching.parse(patch)


def test_named_items_of_lists_are_merged() -> None:
    patch = {"kind": "D", "metadata": {"name": "d"}, "spec": {"template": {"spec": {"containers": [{"name": "more"}]}}}}
    merged = patching.apply(DEPLOYMENT, patch)
    assert merged
    assert [container["image"] for container in merged["spec"]["template"]["spec"]["containers"]] == ["b", "a"]


PARTS = ["", "spec", "values", "global", "list", "metadata", "0", "-", "-1", "a~1b", "~"]
POINTERS = st.lists(st.sampled_from(PARTS), max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))
VALUES = st.sampled_from([None, 0, "text", [], {}, {"a": 1}, [{"name": "a"}]])
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "copy", "move", "remove", "replace", "test"]),
        "path": POINTERS,
        "from": POINTERS,
        "value": VALUES,
    }
)
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(st.sampled_from(["spec", "a", "$patch", "list"]), inner))


@given(st.lists(OPERATIONS, max_size=4))
@settings(max_examples=400, deadline=None)
def test_any_operations_apply_or_are_refused(operations: list[Data]) -> None:
    before = copy.deepcopy(OPERATOR)
    with contextlib.suppress(ValueError):
        patching.apply(OPERATOR, patching.parse(operations))
    assert before == OPERATOR


@given(TREES)
@settings(max_examples=400, deadline=None)
def test_any_merge_applies_or_is_refused(tree: Any) -> None:
    patch = {"kind": "K", "metadata": {"name": "n"}, **(tree if isinstance(tree, dict) else {"spec": tree})}
    before = copy.deepcopy(OPERATOR)
    with contextlib.suppress(ValueError):
        patching.apply(OPERATOR, patching.parse(patch))
    assert before == OPERATOR
