"""Each `tests/errors/NAME.yaml` is read, and what is reported must be `NAME.out` (MCGEN_UPDATE=1 rewrites it)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcgen import report, source

FOLDER = Path(__file__).parent.parent / "errors"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def reported(name: str) -> str:
    read = source.read(name)
    return report.text(read.problems, report.Context(lines={name: read.lines}))


@pytest.mark.parametrize("case", CASES)
def test_what_is_reported(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    expected = FOLDER / f"{case}.out"
    actual = reported(f"{case}.yaml")
    if os.environ.get("MCGEN_UPDATE") == "1":
        expected.write_text(actual, encoding="utf-8")
    assert actual == expected.read_text(encoding="utf-8")


def test_each_output_has_its_input() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.out")) == CASES


def test_each_code_has_a_case_and_one_case_has_none() -> None:
    outputs = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.out"))
    codes = {f"MC{n:03}" for n in range(1, 17)} - {"MC004"}  # too large for a file in the repository
    assert {code for code in codes if f"[{code}]" not in outputs} == set()
    assert (FOLDER / "fine.out").read_text(encoding="utf-8") == ""
