"""The tables of docs/security.md: what may break a rule, and why."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from tests.samples import CHECKOUT

PAGE = CHECKOUT / "docs/security.md"


def rows(name: str) -> list[list[str]]:
    """Return the cells of the table between `<!-- name -->` and `<!-- /name -->`, without backquotes, head and rule."""
    (text,) = re.findall(f"<!-- {name} -->(.*)<!-- /{name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[1:]]


def fits(row: list[str], finding: tuple[str, ...]) -> bool:
    """Return whether a row of patterns is about a finding."""
    return all(
        any(fnmatchcase(part, pattern.strip().strip("`")) or pattern == part for pattern in cell.split(", "))
        for cell, part in zip(row, finding, strict=False)
    )


def unexplained(name: str, found: set[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the findings that no row of a table is about."""
    table = rows(name)
    return sorted(finding for finding in found if not any(fits(row, finding) for row in table))


def needless(name: str, found: set[tuple[str, ...]]) -> list[list[str]]:
    """Return the rows of a table that no finding needs."""
    return [row for row in rows(name) if not any(fits(row, finding) for finding in found)]
