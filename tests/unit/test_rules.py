"""Each `tests/rules/CODE-words.yaml` breaks one rule, and each `ok-CODE-words.yaml` only nearly does.

A case begins with the problems that it is about, all of them, in order: `# expect: CODE line:column message`. Where
a `.out` stands beside it, that is the whole report. MCGEN_UPDATE=1 rewrites reports that are there, and places and
messages of problems, but not how many there are.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from mcgen import report
from tests.judged import build, complaints, problems, read

PACKAGE = Path(__file__).parents[2] / "generator" / "mcgen"
FOLDER = Path(__file__).parents[1] / "rules"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
REPORTS = sorted(path.stem for path in FOLDER.glob("*.out"))

_NAME = re.compile(r"(ok-)?(MC[123]\d\d)(-[a-z0-9]+)+")
_EXPECT = re.compile(r"^# expect: (.+)$", re.MULTILINE)


def code_of(case: str) -> str:
    name = _NAME.fullmatch(case)
    assert name, f"{case}: call it CODE-words or ok-CODE-words"
    return name[2]


@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    file = FOLDER / f"{case}.yaml"
    found = read(file.read_bytes(), case)
    expected = _EXPECT.findall(found.text)
    actual = problems(found)
    shown = [f"{p.code} {p.pos.line}:{p.pos.col} {report.printable(p.message)}" for p in actual]
    if os.environ.get("MCGEN_UPDATE") == "1" and len(shown) == len(expected):
        lines = iter(shown)
        file.write_text(_EXPECT.sub(lambda _: f"# expect: {next(lines)}", found.text), encoding="utf-8")
        expected = shown
    assert shown == expected
    assert [fault for problem in actual for fault in complaints(problem, found)] == []
    codes = {problem.code for problem in actual}
    if case.startswith("ok-"):
        assert code_of(case) not in codes
    else:
        assert codes == {code_of(case)}


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("ok-")])
def test_what_the_rules_let_through_can_be_built(case: str) -> None:
    found = read((FOLDER / f"{case}.yaml").read_bytes(), case)
    assert build(found) == []


@pytest.mark.parametrize("case", REPORTS)
def test_report(case: str) -> None:
    name = f"{case}.yaml"
    found = read((FOLDER / name).read_bytes(), name)
    actual = report.text(problems(found), report.Context(lines={name: found.lines}))
    expected = FOLDER / f"{case}.out"
    if os.environ.get("MCGEN_UPDATE") == "1":
        expected.write_text(actual, encoding="utf-8")
    assert actual == expected.read_text(encoding="utf-8")


def codes_in_the_package() -> set[str]:
    return {code for path in PACKAGE.rglob("*.py") for code in re.findall(r"MC\d{3}", path.read_text("utf-8"))}


def in_python(code: str) -> list[str]:
    """Return the Python tests of a rule that needs more than a blueprint: test_mc234_words, test_ok_mc234_words."""
    text = Path(__file__).with_name("test_rules_inputs.py").read_text(encoding="utf-8")
    return re.findall(rf"^def test_((?:ok_)?{code.lower()})_", text, re.MULTILINE)


@pytest.mark.parametrize("code", sorted(code for code in codes_in_the_package() if code[2] in "123"))
def test_each_rule_has_a_case_on_both_sides(code: str) -> None:
    cases = [case for case in CASES if code_of(case) == code] + in_python(code)
    assert [case for case in cases if not case.startswith("ok")], f"nothing breaks {code}"
    assert [case for case in cases if case.startswith("ok")], f"nothing comes near {code}"
