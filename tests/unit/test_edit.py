"""Edits of a blueprint: what was asked for happens, and not one byte beside it changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import edit, edit_fields
from tests.helpers import BLUEPRINTS

NEW: dict[str, Any] = {
    "name": "on",
    "platform": "eks",
    "role": "remote",
    "egress": ["203.0.113.0/29", "::1/128"],
    "gateway": {"address": "203.0.113.9"},
}
FORMS = {
    "flow entries": "a: 1\nclusters:\n  - {name: gke, platform: gke}   # why\n  - {name: aks}\nz: [1,  2]\n",
    "block entries": "clusters:\n- name: 'gke'\n  egress:\n      - 1.2.3.4/32   # e\n- name: \"aks\"\nz: 1\n",
    "comments between": "clusters:  # all\n  # one\n  - name: gke\n    # deeper\n\n  # two\n\n  - name: aks\n# after\n",
    "comment at the end": "clusters:\n  - name: gke\n  - name: aks\n    # egress: later\n\n# end",
    "no final newline": "clusters:\n  - name: gke\n  - name: aks",
    "no final newline, braces": "clusters:\n  - {name: gke}\n  - {name: aks}",
    "one line": "clusters: [{name: gke},   {name: aks} ]   # both\nz: 1\n",
    "one line, comma": "clusters: [{name: gke}, {name: aks},]\n",
    "several lines in brackets": "clusters: [\n  {name: gke}, # one\n  {name: aks}  # two\n]\n",
    "windows": "clusters:\r\n  - name: gke\r\n  - {name: aks}\r\nz: 1\r\n",
    "dash alone": "clusters:\n  -\n    name: gke\n  - # two\n    name: aks\n",
    "wide dash": "clusters:\n  -   name: gke\n      id: one\n  -   name: aks\n      id: two\n",
    "block text": "clusters:\n  - name: gke\n    t: |\n      one\n\n  - name: aks\n    t: |-\n      two\n\nz: 1\n",
    "block text that keeps": "clusters:\n  - name: gke\n    t: |+\n     a\n\n  - name: aks\n    t: >\n     b\n\n\n",
    "kept before a blank line": "clusters:\n  - name: gke\n    t: >+\n      one\n\n  - {name: aks}\n\nz: 1\n",
    "block text, no final newline": "clusters:\n  - name: gke\n    t: |\n      one\n  - name: aks",
    "kept, no final newline": "clusters:\n  - name: gke\n    t: |+\n      one\n\n  - {name: aks}",
    "folded, windows": "clusters:\r\n- name: gke\r\n  t: >\r\n    a\r\n\r\n- name: aks\r\n  t: |+\r\n    a\r\n",
    "other lists": "x:\n- - b\nclusters:\n  - name: gke\n    l:\n    - q\n  - name: aks\n    l:\n    - r\nw:\n  - c\n",
    "entries of both kinds": "clusters:\n  - name: gke\n  - {name: aks, l: {a: b}}\n",
    "german": "# Bäume, 森\nclusters:\n  - name: gke # größer\n  - name: aks\n",
}


def clusters(text: str) -> list[Any]:
    found: list[Any] = yaml.safe_load(text)["clusters"]
    return found


def inserted(old: str, new: str) -> str:
    """Return the one piece that was put into a text; fail when anything else differs."""
    length = len(new) - len(old)
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    # What was put in may begin like what follows it.
    for at in range(start, -1, -1):
        if old == new[:at] + new[at + length :]:
            return new[at : at + length]
    raise AssertionError(f"more than one place differs:\n{old!r}\n{new!r}")


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_cluster_comes_and_goes_without_a_trace(text: str) -> None:
    added = edit.add(text, NEW)
    assert inserted(text, added)
    assert clusters(added) == [*clusters(text), NEW]
    assert edit.remove(added, 2) == text


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("index", [0, 1])
def test_a_cluster_goes_and_the_rest_stays(text: str, index: int) -> None:
    left = edit.remove(text, index)
    piece = inserted(left, text)
    assert clusters(left) == [clusters(text)[1 - index]]
    assert ("gke", "aks")[index] in piece
    for comment in ("# one\n", "# two\n\n", "# after", "# all", "# end"):
        if text == FORMS["comments between"] and comment in text:
            assert comment in left


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("index", [0, 1])
def test_a_state_is_set_and_changed(text: str, index: int) -> None:
    once = edit.set_state(text, index, "leaving")
    assert inserted(text, once).strip(", \r\n") == "state: leaving"
    assert clusters(once)[index] == clusters(text)[index] | {"state": "leaving"}
    twice = edit.set_state(once, index, "gone")
    assert twice == once.replace("leaving", "gone")


def test_an_entry_is_written_as_the_last_one_is() -> None:
    assert inserted(FORMS["block entries"], edit.add(FORMS["block entries"], {"name": "x", "id": "two"})) == (
        "- name: x\n  id: two\n"
    )
    assert inserted(FORMS["flow entries"], edit.add(FORMS["flow entries"], {"name": "x", "id": "08"})) == (
        '  - {name: x, id: "08"}\n'
    )
    assert inserted(FORMS["one line"], edit.add(FORMS["one line"], {"name": "x"})) == ", {name: x}"


@pytest.mark.parametrize("name", ["minimal", "gke-aks", "three-clouds"])
def test_the_samples(name: str) -> None:
    text = (BLUEPRINTS / f"{name}.yaml").read_text(encoding="utf-8")
    count = len(clusters(text))
    assert edit.remove(edit.add(text, NEW), count) == text
    for i in range(count):
        assert inserted(text, edit.set_state(text, i, "leaving"))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffclusters: [{a: b}]\n",
        "clusters: {a: b}\n",
        "clusters:\n",
        "a: 1\n",
        "clusters: &x\n- &y {a: 1}\n",
        "clusters: [\n",
        "[]\n",
        "",
    ],
)
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    with pytest.raises(edit.EditError):
        edit.add(text, NEW)


@pytest.mark.parametrize("between", ["      # b\n", "\n      # b\n", "      # a\n\n      # b\n\n\n    # c\n"])
def test_a_comment_of_an_entry_never_becomes_text_of_the_one_before(between: str) -> None:
    """Whatever blank lines stand in front of it: found by `make fuzz`."""
    one, two, three = "  - name: a\n    t: >-\n     text\n", "  - name: b\n    k: v\n", "  - name: c\n"
    text = f"clusters:\n{one}\n{two}{between}{three}"
    left = edit.remove(text, 1)
    assert clusters(left) == [{"name": "a", "t": "text"}, {"name": "c"}]
    assert left == f"clusters:\n{one}\n{three}"


def test_a_block_of_text_that_ends_with_the_file_is_told_of() -> None:
    text = "istio: {version: a}\nclusters:\n  - name: gke\n  - name: aks\n    t: |\n      two"
    with pytest.raises(edit.EditError, match="ends within a block of text; end its last line"):
        edit.add(text, NEW)
    with pytest.raises(edit.EditError, match="ends within a block of text"):
        edit.set_state(text, 1, "gone")
    assert clusters(edit.set_state(text, 0, "gone"))[1] == {"name": "aks", "t": "two"}
    assert clusters(edit.add(f"{text}\n", NEW))[1]["t"] == "two\n"


BLANK = st.sampled_from(["", "\n", "# c\n", "  # c\n", "      # deeper\n", "\n# c\n\n"])
NAMES = st.sampled_from(["a", "gke-1", "'on'", '"08"'])
VALUES = st.sampled_from(
    ["x", "[1, 2]", "{k: v}", "|\n            t\n", "\n            k: v", "\n            - i", "'s' # c"]
)


@st.composite
def blueprints(draw: st.DrawFn) -> str:
    margin, gap = draw(st.sampled_from(["", "  ", "    "])), draw(st.sampled_from([" ", "   "]))
    text = draw(BLANK) + "clusters:" + draw(st.sampled_from(["\n", "   # all\n"]))
    for _ in range(draw(st.integers(2, 4))):
        if draw(st.booleans()):
            text += f"{margin}-{gap}{{name: {draw(NAMES)}, l: [1,  2]}}{draw(st.sampled_from(['', ' # t']))}\n"
        else:
            text += f"{margin}-{gap}name: {draw(NAMES)}\n"
            value = draw(VALUES)
            text += f"{margin} {gap}f: {value}" + ("" if value.endswith("\n") else "\n")
        text += draw(BLANK)
    text += draw(st.sampled_from(["", "z: 1\n", "z:\n- a\n"]))
    short = text.rstrip("\n")
    return short if draw(st.booleans()) and yaml.safe_load(short) == yaml.safe_load(text) else text


@settings(deadline=None)
@given(text=blueprints(), data=st.data())
def test_whatever_a_blueprint_looks_like(text: str, data: st.DataObject) -> None:
    before = clusters(text)
    index = data.draw(st.integers(0, len(before) - 1))
    added = edit.add(text, NEW)
    inserted(text, added)
    assert edit.remove(added, len(before)) == text
    assert clusters(edit.set_state(text, index, "gone"))[index]["state"] == "gone"
    inserted(text, edit.set_state(text, index, "gone"))
    left = edit.remove(text, index)
    inserted(left, text)
    assert clusters(left) == before[:index] + before[index + 1 :]


@pytest.mark.parametrize(
    "block", ["|-\n      leaving", ">-\n      leaving", "|-\n      leaving\n\n", ">- # why\n     leaving\n"]
)
@pytest.mark.parametrize("end", ["\n", "\n  - name: b\n    platform: aks\n    role: remote\n"])
def test_a_value_that_is_a_block_of_text_is_replaced_up_to_its_line_end(block: str, end: str) -> None:
    text = "clusters:\n  - name: a\n    platform: gke\n    state: STATE" + end
    assert edit.set_state(text.replace("STATE", block), 0, "gone") == text.replace(
        "STATE", "gone" + block[len(block.rstrip("\n")) :]
    )


def test_a_field_that_is_a_block_of_text_is_replaced_up_to_its_line_end() -> None:
    text = "istio:\n  version: |-\n    1.31.0\n\n  hub: a\n"
    assert edit_fields.put(text, ("istio", "version"), "1.31.1") == 'istio:\n  version: "1.31.1"\n\n  hub: a\n'
