from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mcgen.problems import Pos, Problem, Severity
from mcgen.report import REPORTERS, Context, count, printable, text
from mcgen.source import parse

FILE = "mesh.yaml"


def problem(message: str = "bad", line: int = 0, col: int = 0, **rest: Any) -> Problem:
    return Problem(**{"code": "MC201", "message": message, "pos": Pos(file=FILE, line=line, col=col), **rest})


def lines_of(*lines: str) -> Context:
    return Context(lines={FILE: lines})


def snippet(line: str, col: int, length: int = 1) -> tuple[str, str]:
    """Return the source line as shown and the marker below it, without what stands before them."""
    _, shown, mark, _ = text([problem(line=1, col=col, length=length)], lines_of(line)).split("\n", 3)
    assert shown.startswith("  1 |")
    assert mark.startswith("    | ")
    return shown[6:], mark[6:]


def test_text() -> None:
    problems = [
        problem("unknown field 'nam'", 2, 3, length=3, advice="write name"),
        problem("old version", 1, 1, severity=Severity.WARNING, code="MC202"),
        problem("something about the whole file"),
        problem("somewhere in the line", 2),
        problem("elsewhere", 9, 9, pos=Pos(file="other.yaml", line=9, col=9)),
    ]
    assert text(problems, lines_of("a: 1", "  nam: x")) == (
        "mesh.yaml:2:3: unknown field 'nam' [MC201]\n"
        "  2 |   nam: x\n"
        "    |   ^~~\n"
        "  help: write name\n"
        "mesh.yaml:1:1: warning: old version [MC202]\n"
        "  1 | a: 1\n"
        "    | ^\n"
        "mesh.yaml: something about the whole file [MC201]\n"
        "mesh.yaml:2: somewhere in the line [MC201]\n"
        "  2 |   nam: x\n"
        "other.yaml:9:9: elsewhere [MC201]\n"
        "4 errors, 1 warning\n"
    )


def test_no_problems_are_no_text() -> None:
    assert text([], Context()) == ""


def test_count() -> None:
    error, warning = problem(), problem(severity=Severity.WARNING)
    assert count([]) == ""
    assert count([error]) == "1 error"
    assert count([warning] * 2) == "2 warnings"
    assert count([error, error, warning]) == "2 errors, 1 warning"


@pytest.mark.parametrize(
    ("line", "col", "length", "shown", "mark"),
    [
        ("a: b", 4, 1, "a: b", "   ^"),
        ("a: bcd", 4, 3, "a: bcd", "   ^~~"),
        ("\ta:\tb", 5, 1, "    a:    b", " " * 10 + "^"),
        ("\u4e2d\u6587: x", 5, 1, "\u4e2d\u6587: x", "      ^"),
        ("a: \u4e2d\u6587", 4, 2, "a: \u4e2d\u6587", "   ^~~~"),
        ("e\u0301: x", 5, 1, "e\u0301: x", "   ^"),
        ("a\u202eb: x", 6, 1, "a\\u202eb: x", " " * 10 + "^"),
        ("a: \x1b[31m", 4, 1, "a: \\x1b[31m", "   ^~~~"),
        ("a", 9, 4, "a", " ^"),
        ("", 1, 1, "", "^"),
        ("a: bcd", 4, 99, "a: bcd", "   ^~~"),
        ("x" * 300, 1, 3, "x" * 120 + "...", "^~~"),
        ("x" * 300, 1, 200, "x" * 120 + "...", "^" + "~" * 119),
        ("x" * 120 + "Y" + "z" * 120, 121, 1, "..." + "x" * 60 + "Y" + "z" * 59 + "...", " " * 63 + "^"),
        ("x" * 120 + "Y", 121, 1, "..." + "x" * 60 + "Y", " " * 63 + "^"),
    ],
)
def test_the_marker_stands_below_what_it_marks(line: str, col: int, length: int, shown: str, mark: str) -> None:
    assert snippet(line, col, length) == (shown, mark)


@given(st.text(st.characters(exclude_characters="\n\r"), max_size=300), st.data())
def test_the_marker_is_as_far_to_the_right_as_the_text_before(line: str, data: st.DataObject) -> None:
    col = data.draw(st.integers(1, len(line) + 1))
    _, mark = snippet(line, col)
    before = cell_len(mark) - len(mark.lstrip(" "))
    assert set(mark.strip()) <= {"^", "~"}
    if len(line) <= 120:
        assert cell_len(printable(line[: col - 1].replace("\t", "    "))) == before


def test_invisible_characters_are_shown_as_escapes() -> None:
    hostile = "a\x1b[2J\nfake.yaml:1:1: all is well\r\u202e\u2028\x9b\ud800\u200b\xa0"
    shown = text([problem(hostile, advice=hostile, pos=Pos(file=hostile, line=1, col=1))], Context())
    assert "\\x1b[2J\\nfake" in shown
    assert len(shown.splitlines()) == 3
    assert all(line.isprintable() for line in shown.splitlines())
    assert printable("caf\xe9 \u4e2d \U0001f600 'x'\\n") == "caf\xe9 \u4e2d \U0001f600 'x'\\n"


def test_long_messages_are_cut() -> None:
    shown = text([problem("x" * 10**6, advice="y" * 10**6)], Context())
    assert "x" * 1000 + "... [MC201]\n" in shown
    assert "y" * 1000 + "...\n" in shown
    assert len(shown) < 2100


def test_colour_changes_nothing_but_the_colour() -> None:
    problems = [problem("bad", 1, 1, advice="do"), problem("odd", 1, 1, severity=Severity.WARNING)]
    plain = text(problems, Context(lines={FILE: ["a: 1"]}))
    coloured = text(problems, Context(lines={FILE: ["a: 1"]}, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[31mbad\x1b[0m" in coloured
    assert "\x1b[33mwarning: odd\x1b[0m" in coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_json() -> None:
    problems = [
        problem("bad \x1b", 2, 3, length=4, advice="do"),
        problem("whole", severity=Severity.WARNING, pos=Pos(file="caf\xe9\udc80")),
    ]
    assert json.loads(REPORTERS["json"](problems, Context())) == {
        "version": 1,
        "errors": 1,
        "warnings": 1,
        "problems": [
            {
                "code": "MC201",
                "severity": "error",
                "file": FILE,
                "line": 2,
                "column": 3,
                "length": 4,
                "message": "bad \x1b",
                "advice": "do",
            },
            {
                "code": "MC201",
                "severity": "warning",
                "file": "caf\xe9\\udc80",
                "line": None,
                "column": None,
                "length": 1,
                "message": "whole",
                "advice": "",
            },
        ],
    }
    assert json.loads(REPORTERS["json"]([], Context()))["problems"] == []


@pytest.mark.parametrize("name", ["json", "sarif"])
@given(message=st.text(), file=st.text(min_size=1).filter(lambda name: name.isprintable()))
def test_any_text_makes_valid_json(name: str, message: str, file: str) -> None:
    json.loads(REPORTERS[name]([problem(message, advice=message, pos=Pos(file=file))], Context()))


def test_every_reporter_shows_every_problem_of_a_broken_file() -> None:
    broken = parse(b"a: yes\nb: 0777\na: 1\nc: [1\n", FILE)
    context = Context(lines={FILE: broken.lines}, directory="/")
    assert len(broken.problems) == 4
    for name, reporter in REPORTERS.items():
        shown = reporter(broken.problems, context)
        for found in broken.problems:
            assert found.code in shown, name
            assert json.dumps(found.message)[1:-1] in shown or found.message in shown, name


def test_a_warning_that_many_share_is_shown_a_few_times() -> None:
    warnings = [
        Problem(code="MC230", message="open", pos=Pos(file="b", line=i), severity=Severity.WARNING)
        for i in range(1, 1001)
    ]
    errors = [Problem(code="MC201", message="twice", pos=Pos(file="b", line=i)) for i in range(1, 21)]
    shown = text([*errors, *warnings], Context())
    assert shown.count("twice") == 20
    assert shown.count("warning: open") == 5
    assert shown.endswith("... and 995 more [MC230] (--verbose shows all)\n20 errors, 1000 warnings\n")
    whole = text([*errors, *warnings], Context(repeated=None))
    assert whole.count("warning: open") == 1000
    assert "more" not in whole


@pytest.mark.parametrize("colour", [True, False])
def test_what_is_shown_fits_a_narrow_terminal(colour: bool) -> None:
    """Paths and names stay whole, to be copied."""
    words = "the remote's gateway cannot be reached from the primary, whose istiod calls it"
    found = [
        problem(words, 1, 50, length=20, advice=f"{words}: {words}"),
        problem(words, 2, 1, severity=Severity.WARNING),
        problem("x" * 60, 3, 1),
    ]
    context = Context(lines={FILE: ["key: " + "v" * 100, "short: 1", "x"]}, width=40, colour=colour)
    shown = re.sub(r"\x1b\[\d+m", "", text(found, context))
    long = [line for line in shown.splitlines() if len(line) > 40]
    assert [line.strip() for line in long] == ["x" * 60]
    assert shown.count("^") == 3
