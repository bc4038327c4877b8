"""docs/import.md shows what mcgen says; MCGEN_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.samples import CHECKOUT

PAGE = CHECKOUT / "docs/import.md"
CASES = Path(__file__).parent / "cases"
SHOWN = re.compile(r"<!-- begin (\S+) -->\n(.*?)<!-- end \1 -->", re.DOTALL)


def test_the_page_shows_what_comes_out() -> None:
    """The expected files are what a run prints: test_cases.py says so."""
    page = PAGE.read_text(encoding="utf-8")

    def block(match: re.Match[str]) -> str:
        language = "yaml" if match[1].endswith(".yaml") else "text"
        text = (CASES / match[1]).read_text(encoding="utf-8")
        return f"<!-- begin {match[1]} -->\n\n```{language}\n{text}```\n\n<!-- end {match[1]} -->"

    made = SHOWN.sub(block, page)
    assert len(SHOWN.findall(page)) == 2
    if os.environ.get("MCGEN_UPDATE"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made
