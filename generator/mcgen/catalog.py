"""The page of all codes (docs/rules.md), cut into its entries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen.report import Rule
from mcgen.resources import rules_page

if TYPE_CHECKING:
    from collections.abc import Collection

_ENTRY = re.compile(r"^## (MC\d{3}): (.+)$", re.MULTILINE)


def entries() -> dict[str, tuple[str, str]]:
    """Return title and text of each code, in the order of the page."""
    page = rules_page().read_text(encoding="utf-8")
    found = list(_ENTRY.finditer(page))
    ends = [match.start() for match in found[1:]] + [len(page)]
    return {
        match[1]: (match[2].strip(), page[match.end() : end].strip()) for match, end in zip(found, ends, strict=False)
    }


def rules(codes: Collection[str]) -> dict[str, Rule]:
    """Return what the given codes stand for, for a SARIF log."""
    return {
        code: Rule(title=title, description=text.split("\n\n")[0].replace("\n", " "))
        for code, (title, text) in entries().items()
        if code in codes
    }
