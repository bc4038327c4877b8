from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import mcgen.emit
from mcgen.emit import emit
from mcgen.scalars import resolve, unportable
from tests.nasty import NASTY, NASTY_KEYS, UNWRITABLE

if TYPE_CHECKING:
    from collections.abc import Callable


def read_ruamel(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def read_pyyaml(text: str) -> Any:
    return yaml.load(text, Loader=yaml.SafeLoader)


def read_libyaml(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


READERS = [
    pytest.param(read_pyyaml, id="pyyaml-1.1"),
    pytest.param(read_libyaml, id="libyaml-1.1"),
    pytest.param(read_ruamel, id="ruamel-1.2"),
]

PLACES: dict[str, Callable[[str], Any]] = {
    "value": lambda text: {"a": text},
    "key": lambda text: {text: "a"},
    "both": lambda text: {"a": {text: text}},
    "item": lambda text: {"a": [text, text]},
    "nested": lambda text: {"a": [[text], {"b": {"c": [{text: [text]}]}}]},
    "last key": lambda text: {"a": {"b": "c"}, text: text},
}


def chunks(items: list[str], size: int) -> list[list[str]]:
    return [items[n : n + size] for n in range(0, len(items), size)]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("place", PLACES)
def test_nasty_strings_are_read_back_equal(place: str, read: Any) -> None:
    for some in chunks(NASTY if place in {"value", "item"} else NASTY_KEYS, 50):
        data = {"all": [PLACES[place](text) for text in some]}
        assert read(emit([data])) == data


@pytest.mark.parametrize("read", READERS)
def test_nasty_strings_are_read_back_equal_as_the_last_thing_of_a_document(read: Any) -> None:
    for text in NASTY[::7]:
        assert read(emit([{"a": text}])) == {"a": text}


KEYS = st.sampled_from(NASTY_KEYS) | st.text("aby0: ")
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(NASTY)
    | st.text(max_size=20).filter(lambda text: not unportable(text))
    | st.text("0123456789+-._:eExoTZ #abn\n ", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(TREES, TREES)
def test_any_data_is_read_back_equal(first: Any, second: Any) -> None:
    documents = [{"a": first}, {"b": second}]
    text = emit(documents, "header")
    assert list(yaml.load_all(text, Loader=yaml.CSafeLoader)) == documents
    assert list(YAML(typ="safe", pure=True).load_all(text)) == documents


@given(st.sampled_from(NASTY) | st.text("0123456789+-._:eExoTZ #abn", max_size=8))
def test_what_is_written_bare_is_text_for_the_reader_of_blueprints(text: str) -> None:
    if emit([{"a": text}]) == f"a: {text}\n":
        assert resolve(text) == (text, "")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**63 - 1, "9223372036854775807"),
        (1.5, "1.5"),
        (-0.0, "-0.0"),
        (1e16, "1.0e+16"),
        (1.5e-7, "1.5e-07"),
        ({}, "{}"),
        ([], "[]"),
        ("", '""'),
        ("text", "text"),
        ("100m", "100m"),
        ("1Gi", "1Gi"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("../../base", "../../base"),
        ("v1.31.1", "v1.31.1"),
        ("https://git.example.com/mesh.git", "https://git.example.com/mesh.git"),
        ("two words, one comma", "two words, one comma"),
        ("1.31.1", '"1.31.1"'),
        ("1-31-1", '"1-31-1"'),
        ("08", '"08"'),
        ("0e123", '"0e123"'),
        ("8b52", '"8b52"'),
        ("on", '"on"'),
        ("Y", '"Y"'),
        ("*.local", '"*.local"'),
        ("{{ .path }}", '"{{ .path }}"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("a:", '"a:"'),
        (" a", '" a"'),
        ("a ", '"a "'),
        ("caf\xe9", '"caf\xe9"'),
        ("one\n", "|\n  one"),
        ("one\ntwo", "|-\n  one\n  two"),
        ("one\ntwo\n", "|\n  one\n  two"),
        ("one\n\n", '"one\\n\\n"'),
        ("\none", '"\\none"'),
        ("one\r\ntwo", '"one\\r\\ntwo"'),
        ("one \u2028\ntwo", '"one \\L\\ntwo"'),
    ],
)
def test_how_a_value_is_written(value: Any, written: str) -> None:
    assert emit([{"a": value}]) == f"a: {written}\n"


def test_layout_is_that_of_kubectl() -> None:
    data = {"z": {"b": [1, {"x": 1, "y": [[2], []]}]}, "a": ["x" * 200 + " " + "y" * 200]}
    assert emit([data]) == (
        "z:\n  b:\n  - 1\n  - x: 1\n    \"y\":\n    - - 2\n    - []\na:\n- " + "x" * 200 + " " + "y" * 200 + "\n"
    )  # fmt: skip


def test_keys_are_never_blocks() -> None:
    assert emit([{"one\ntwo": 1}]) == '? "one\\ntwo"\n: 1\n'


def test_documents_are_separated_and_the_header_comes_first() -> None:
    assert emit([{"a": 1}, {"b": "x\n"}, {"c": 2}], "one\n\ntwo") == (
        "# one\n#\n# two\na: 1\n---\nb: |\n  x\n---\nc: 2\n"
    )
    assert emit([]) == ""
    assert emit([{}]) == "{}\n"


def test_data_used_twice_is_written_twice() -> None:
    shared = {"x": ["y y"]}
    assert read_pyyaml(emit([{"a": shared, "b": shared}])) == {"a": shared, "b": shared}
    assert "&" not in emit([{"a": shared, "b": shared}])


class Leaked(StrEnum):
    VALUE = "value"


@pytest.mark.parametrize(
    "bad", [(1, 2), {1, 2}, b"x", Leaked.VALUE, object(), {1: 2}, {None: 1}, {True: 1}, {Leaked.VALUE: 1}, 1j]
)
def test_only_plain_data_is_written(bad: Any) -> None:
    emit([{"value": "value"}])
    for data in ({"a": bad}, {"a": [bad]}, {"a": {"b": bad}}):
        with pytest.raises(TypeError):
            emit([data])


@pytest.mark.parametrize("bad", [*UNWRITABLE, 2**63, -(2**63) - 1, float("nan"), float("inf"), -float("inf")])
def test_values_without_a_portable_form_are_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        emit([{"a": bad}])
    if isinstance(bad, str):
        with pytest.raises(ValueError, match="cannot be written"):
            emit([{bad: "a"}])


@pytest.mark.parametrize("key", ["<<", "x" * 501])
def test_keys_that_go_programs_cannot_read_are_refused(key: str) -> None:
    assert emit([{"a": key}])
    with pytest.raises(ValueError, match="cannot be written"):
        emit([{key: "a"}])


def test_the_cache_of_scalars_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcgen.emit, "_CACHED", 10)
    for n in range(100):
        assert emit([{"a": f"v{n}"}]) == f"a: v{n}\n"
    assert len(mcgen.emit._VALUES) <= 10


def test_large_documents_cross_the_buffers_of_libyaml() -> None:
    data = {f"k{n}": "\xe9\u4e2d \U0001f600 text" * 50 for n in range(200)}
    assert yaml.load(io.StringIO(emit([data])), Loader=yaml.CSafeLoader) == data
