"""Whatever stands where a text or a number belongs in a manifest, it is told of and makes no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.documents import slots
from tests.fuzz.properties import any_manifests
from tests.importing.test_cases import CASES, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD: list[Any] = [{"a": {"b": []}}, [["x"]], 7]


def manifests(case: str) -> Iterator[list[Any]]:
    for path in sorted((CASES / case).rglob("*.yaml")):
        try:
            yield list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except yaml.YAMLError:
            continue


@pytest.mark.parametrize("case", NAMES)
def test_a_value_of_another_kind_makes_no_traceback(case: str) -> None:
    tried = 0
    for documents in manifests(case):
        for container, key in list(slots(documents)):
            before = container[key]
            for odd in ODD:
                container[key] = odd
                any_manifests([yaml.safe_dump_all(documents).encode()])
                tried += 1
            container[key] = before
    assert tried > 100
