"""Whatever stands where a text or a number belongs in a manifest, it is told of and makes no traceback."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from mcgen import report
from mcgen.importing import gather
from mcgen.importing import run as importing
from mcgen.importing.hand.context import Told
from mcgen.problems import ProblemsFound
from tests.documents import slots
from tests.importing.test_cases import CASES, NAMES

ODD: dict[str, Any] = {"a": {"b": []}}


def documents(raw: bytes) -> list[Any]:
    try:
        return list(yaml.safe_load_all(raw))
    except yaml.YAMLError:
        return []


@pytest.mark.parametrize("case", NAMES)
def test_a_mapping_in_the_place_of_any_value_makes_no_traceback(case: str) -> None:
    files = {str(path.relative_to(CASES)): path.read_bytes() for path in (CASES / case).rglob("*.yaml")}
    tried = 0
    for name, raw in files.items():
        found = documents(raw)
        for container, key in list(slots(found)):
            before, container[key] = container[key], ODD
            changed = {**files, name: yaml.safe_dump_all(found).encode()}
            container[key] = before
            try:
                made = importing.run(gather.Gathered(folder=case, files=changed, own=False), Told(), "blueprint")
                problems = made.problems
            except ProblemsFound as refused:
                problems = refused.problems
            assert all(problem.advice for problem in problems)
            assert report.text(problems, report.Context()) or not problems
            tried += 1
    assert tried > 30
