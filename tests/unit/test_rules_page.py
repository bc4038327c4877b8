"""docs/rules.md: one entry for each code, of one form, and with examples that do what it says of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcgen.catalog import entries
from tests.unit.test_rules import codes_in_the_package

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
ENTRIES = entries()
CODES = sorted(ENTRIES)


def test_each_code_has_an_entry_and_each_entry_a_code() -> None:
    assert set(ENTRIES) == codes_in_the_package()


def test_entries_are_in_order_and_nothing_else_is_a_heading_of_their_rank() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [heading[:5] for heading in headings] == CODES


@pytest.mark.parametrize("code", CODES)
def test_an_entry_has_its_parts(code: str) -> None:
    title, text = ENTRIES[code]
    assert re.fullmatch(r"[a-z`].*[^.]", title), title
    parts = text.split("\n\n")
    assert len(parts) >= 2, "an entry says what is wrong, why it matters, and what to write"
    assert text.count("```") in (2, 4), "an entry has an example of what is wrong, of what is right, or both"
    assert all(len(line) <= 120 for line in text.splitlines())
