"""A field comes, changes, goes or gets another name, and every other byte stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen import edit_fields
from mcgen.edit import EditError

if TYPE_CHECKING:
    from mcgen.tree import DataPath

VERSION = ("istio", "version")


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("istio:\n  version: '1.30.4'   # why\nz: 1\n", 'istio:\n  version: "1.31.1"   # why\nz: 1\n'),
        ("istio: {version: 1.30.4, hub: a}\n", 'istio: {version: "1.31.1", hub: a}\n'),
        ("istio: {hub: a}   # one\n", 'istio: {hub: a, version: "1.31.1"}   # one\n'),
        ("istio:\n  hub: a   # one\n\n# two\nz: 1\n", 'istio:\n  hub: a   # one\n  version: "1.31.1"\n\n# two\nz: 1\n'),
        ("istio:\n  hub: a", 'istio:\n  hub: a\n  version: "1.31.1"'),
        ("istio:\r\n    hub: a\r\nz: 1\r\n", 'istio:\r\n    hub: a\r\n    version: "1.31.1"\r\nz: 1\r\n'),
    ],
)
def test_a_field_gets_a_value(text: str, edited: str) -> None:
    assert edit_fields.put(text, VERSION, "1.31.1") == edited


def test_a_mapping_is_written_in_braces() -> None:
    put = edit_fields.put("istio:\n  version: a\n", ("istio", "upgrade"), {"to": "1.31.1", "step": "second"})
    assert put == 'istio:\n  version: a\n  upgrade: {to: "1.31.1", step: second}\n'


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("istio:\n  version: a   # gone with it\n  hub: b   # why\n", "istio:\n  hub: b   # why\n"),
        ("istio: {version: a, hub: b}   # why\n", "istio: {hub: b}   # why\n"),
        ("istio: {hub: b, version: a, tag: c}\n", "istio: {hub: b, tag: c}\n"),
        ("istio: {hub: b,  version: a}\n", "istio: {hub: b}\n"),
        ("istio: {version: a}\nz: 1\n", "istio: {}\nz: 1\n"),
        ("istio:\n  version:\n    one: 1\n    two: [2]\n  hub: b\n", "istio:\n  hub: b\n"),
    ],
)
def test_a_field_goes(text: str, edited: str) -> None:
    assert edit_fields.drop(text, VERSION) == edited


def test_a_field_gets_another_name() -> None:
    text = "a: 1\nclusters:\n  - {name: gke}\n  - zone: x   # why\n    name: aks\n"
    edited = edit_fields.rename(text, ("clusters", 1, "zone"), "network")
    assert edited == text.replace("zone", "network")
    assert edit_fields.rename(edited, ("a",), "b") == edited.replace("a: 1", "b: 1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("z: 1\n", "istio cannot be edited: it is not there"),
        ("istio: text\n", "istio is written in a way that cannot be edited safely"),
        ("istio: []\n", "istio is written in a way that cannot be edited safely"),
        ("istio: [a]\n", "istio is written in a way that cannot be edited safely"),
        ("istio: {}\n", "istio is written in a way that cannot be edited safely"),
        ("istio:\n", "istio is written in a way that cannot be edited safely"),
        ("istio: {a: [1\n", "the blueprint cannot be read: "),
    ],
)
def test_a_section_that_cannot_be_edited(text: str, words: str) -> None:
    with pytest.raises(EditError) as caught:
        edit_fields.put(text, VERSION, "1.31.1")
    assert words in str(caught.value)
    with pytest.raises(EditError):
        edit_fields.drop(text, VERSION)


@pytest.mark.parametrize("path", [("istio", "upgrade", "step"), ("clusters", 5, "zone")])
def test_a_section_that_is_not_there(path: DataPath) -> None:
    with pytest.raises(EditError, match="cannot be edited: it is not there"):
        edit_fields.rename("istio: {version: abc}\nclusters:\n  - {zone: a}\n", path, "x")


def test_what_is_not_there_cannot_go() -> None:
    with pytest.raises(EditError, match="there is no istio"):
        edit_fields.drop("istio: {hub: a}\n", VERSION)


@pytest.mark.parametrize("edit", ["put", "drop"])
def test_what_an_edit_would_change_besides_is_refused(edit: str) -> None:
    # Whoever takes the line away takes a part of the text in braces along.
    text = "istio: {hub: a,\n  version: b, tag: c}\nz: 1\n"
    if edit == "drop":
        assert yaml.safe_load(edit_fields.drop(text, VERSION)) == {"istio": {"hub": "a", "tag": "c"}, "z": 1}
    else:
        assert yaml.safe_load(edit_fields.put(text, VERSION, "d"))["istio"] == {"hub": "a", "version": "d", "tag": "c"}


def test_a_name_that_would_be_there_twice_is_refused() -> None:
    with pytest.raises(EditError, match=r"istio.hub is written in a way that cannot be edited safely"):
        edit_fields.rename("istio: {hub: a, tag: b}\n", ("istio", "hub"), "tag")


def test_a_file_that_ends_within_a_block_of_text_says_so() -> None:
    with pytest.raises(EditError, match="the file ends within a block of text"):
        edit_fields.put("istio:\n  hub: |\n    a", VERSION, "1.31.1")
