from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mcgen.emit import emit
from mcgen.problems import Pos, sort_problems
from mcgen.scalars import unportable
from mcgen.source import Source, parse
from tests.nasty import NASTY, NASTY_KEYS

FILE = "mesh.yaml"


def source(text: str) -> Source:
    return parse(text.encode(), FILE)


def codes(read: Source) -> list[str]:
    return [problem.code for problem in read.problems]


BLUEPRINT = """\
# the mesh
mesh: {id: "mesh1", size: 1.20}
clusters:
  - name: east
    ports: [80, 443]
  - name: \u897f
    empty:
    note: |
      one
      two
"""


@pytest.mark.parametrize(
    ("path", "key", "line", "col", "length"),
    [
        ((), False, 2, 1, 1),
        ((), True, 2, 1, 1),
        (("mesh",), False, 2, 7, 1),
        (("mesh",), True, 2, 1, 4),
        (("mesh", "id"), False, 2, 12, 7),
        (("mesh", "id"), True, 2, 8, 2),
        (("mesh", "size"), False, 2, 27, 4),
        (("clusters",), True, 3, 1, 8),
        (("clusters",), False, 4, 3, 1),
        (("clusters", 0), False, 4, 5, 1),
        (("clusters", 0), True, 4, 5, 1),
        (("clusters", 0, "ports", 1), False, 5, 17, 3),
        (("clusters", 1, "name"), False, 6, 11, 1),
        (("clusters", 1, "empty"), False, 7, 11, 1),
        (("clusters", 1, "note"), False, 8, 11, 1),
        # not in the file: the nearest parent, by its key where it has one
        (("mesh", "network"), False, 2, 1, 4),
        (("mesh", "network", "x", 3), True, 2, 1, 4),
        (("clusters", 0, "name", "x"), False, 4, 5, 4),
        (("clusters", 0, "network"), False, 4, 5, 1),
        (("clusters", 2, "name"), False, 3, 1, 8),
        (("clusters", -1), False, 3, 1, 8),
        (("clusters", "0"), False, 3, 1, 8),
        (("mesh", 0), False, 2, 1, 4),
        (("nothing",), True, 2, 1, 1),
    ],
)
def test_positions(path: tuple[str | int, ...], key: bool, line: int, col: int, length: int) -> None:
    blueprint = source(BLUEPRINT)
    assert blueprint.problems == ()
    assert blueprint.span(path, key=key) == (Pos(file=FILE, line=line, col=col), length)
    assert blueprint.pos(path, key=key) == Pos(file=FILE, line=line, col=col)


def test_data_and_lines() -> None:
    blueprint = source(BLUEPRINT)
    assert blueprint.data == {
        "mesh": {"id": "mesh1", "size": 1.2},
        "clusters": [
            {"name": "east", "ports": [80, 443]},
            {"name": "\u897f", "empty": None, "note": "one\ntwo\n"},
        ],
    }
    assert blueprint.lines[3] == "  - name: east"
    assert blueprint.raw(("mesh", "size")) == "1.20"
    assert blueprint.raw(("mesh", "id")) == '"mesh1"'
    assert blueprint.raw(("clusters", 1, "empty")) == ""
    assert blueprint.raw(("mesh",)) is None
    assert blueprint.raw(("mesh", "id", "x")) is None
    assert blueprint.raw(("nothing",)) is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    blueprint = source(BLUEPRINT.replace("\n", end))
    assert blueprint.data == source(BLUEPRINT).data
    assert blueprint.lines == source(BLUEPRINT).lines
    assert blueprint.pos(("clusters", 1, "name")) == Pos(file=FILE, line=6, col=11)


def test_a_file_that_cannot_be_read_to_its_end_has_positions_all_the_same() -> None:
    broken = source("a: [1\n")
    assert broken.data is None
    assert broken.span(("a", 0)) == (Pos(file=FILE), 1)
    assert broken.raw(()) is None


PLAIN_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(-(10**6), 10**6).map(lambda n: n / 4)
    | st.sampled_from(NASTY)
    | st.text(max_size=12).filter(lambda text: not unportable(text)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NASTY_KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN_DATA)
def test_what_is_emitted_is_read_back_equal_and_without_problems(data: Any) -> None:
    blueprint = source(emit([{"a": data}], "header"))
    assert blueprint.problems == ()
    assert blueprint.data == {"a": data}


def assert_positions(blueprint: Source, node: yaml.Node | None, path: tuple[str | int, ...]) -> None:
    assert node is not None
    assert node.start_mark is not None
    assert blueprint.pos(path) == Pos(file=FILE, line=node.start_mark.line + 1, col=node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = blueprint.pos((*path, key.value), key=True)
            assert (place.line, place.col) == (key.start_mark.line + 1, key.start_mark.column + 1)
            assert_positions(blueprint, value, (*path, key.value))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            assert_positions(blueprint, item, (*path, index))


@settings(max_examples=100, deadline=None)
@given(PLAIN_DATA, st.booleans())
def test_every_position_is_the_one_that_pyyaml_gives(data: Any, flow: bool) -> None:
    text = yaml.safe_dump({"a": data}, allow_unicode=True, default_flow_style=flow) if flow else emit([{"a": data}])
    blueprint = source(text)
    assume(not blueprint.problems)
    assert_positions(blueprint, yaml.compose(text, Loader=yaml.SafeLoader), ())


YAML_PIECES = [
    *(
        "a",
        "b: ",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "'",
        '"',
        "#",
        "|",
        ">",
        "&x",
        "*x",
    ),
    *("!t", "? ", "---\n", "1", "1.5", "yes", "0x1", "<<", "\t", "\\", "%", "@", "\r\n", "null", "\x85"),
    *("\u2028", "\ufeff", "\xe9", "2026-11-23", "~", "\n- ", "\nb: ", "\n  a: "),
]
YAML_TEXT = st.lists(st.sampled_from(YAML_PIECES), max_size=14).map("".join)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(YAML_TEXT)
def test_what_is_read_without_problems_is_what_other_readers_read(text: str) -> None:
    blueprint = source(text)
    assert list(blueprint.problems) == sort_problems(blueprint.problems)
    assert blueprint.problems or blueprint.data is not None
    if blueprint.problems or not isinstance(blueprint.data, dict):
        return
    for load in (yaml.CSafeLoader, yaml.SafeLoader):
        # The pure reader knows less of YAML than libyaml.
        with suppress(yaml.YAMLError):
            assert without_dates(yaml.load(text, Loader=load)) == blueprint.data
    with suppress(YAMLError):
        assert without_dates(YAML(typ="safe", pure=True).load(text)) == blueprint.data


def without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {without_dates(key): without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_dates(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    blueprint = parse(content, FILE)
    assert blueprint.problems or blueprint.data is not None
