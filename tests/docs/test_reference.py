"""The reference pages are what the code gives; MCGEN_UPDATE=1 makes them again."""

from __future__ import annotations

import os

import pytest

import reference

PAGES = reference.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_gives(name: str) -> None:
    file = reference.DOCS / name
    if os.environ.get("MCGEN_UPDATE"):
        file.write_text(PAGES[name], encoding="utf-8")
    assert file.read_text(encoding="utf-8") == PAGES[name], "run `make golden` and read the diff"


def test_nothing_is_left_out() -> None:
    from mcgen import shape

    for schema, page in ((shape.blueprint_schema(), "blueprint.md"), (shape.facts_schema(), "facts.md")):
        fields = [name for found in schema["$defs"].values() for name in found["properties"]]
        rows = [line.split("`")[1] for line in PAGES[page].splitlines() if line.startswith("| `")]
        assert sorted(rows) == sorted(fields)
