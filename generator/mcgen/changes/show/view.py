"""What all forms share: the counts, the clusters of a finding in a few words, and the parts of a sentence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.changes.finding import CLOSE, OPEN, RISKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.changes.finding import Finding

_FEW = 3
_PARTS = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
MARKDOWN_LIMIT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a form needs besides the findings.

    base: where the files of the tree are, as a path for links. width: of a terminal. limit: characters of Markdown.
    """

    base: str = ""
    width: int = 100
    colour: bool = False
    limit: int = MARKDOWN_LIMIT
    version: str = ""
    directory: str = ""


def headline(findings: Sequence[Finding]) -> str:
    """Return how many changes of which risk there are, and how many clusters they touch."""
    if not findings:
        return "no changes"
    counts = Counter(finding.risk for finding in findings)
    risks = ", ".join(f"{counts[risk]} {risk}" for risk in RISKS if counts[risk])
    clusters = {name for finding in findings for name in finding.clusters}
    touched = f"{len(clusters)} cluster{'s' if len(clusters) != 1 else ''}" if clusters else "no cluster itself"
    return f"{len(findings)} change{'s' if len(findings) != 1 else ''} ({risks}); touches {touched}"


def title(finding: Finding) -> str:
    """Return kind and turn, and whether it is about what was rendered."""
    return f"{finding.kind} {finding.turn}{' (rendered)' if finding.rendered else ''}"


def few(values: Sequence[str]) -> tuple[list[str], int]:
    """Return the first few values, and how many more there are."""
    return list(values[:_FEW]), max(0, len(values) - _FEW)


def clusters(finding: Finding) -> str:
    """Return the clusters in a few words: a count where there are many."""
    if not finding.clusters:
        return "Argo CD"
    names, more = few(finding.clusters)
    listed = ", ".join(names)
    return f"{len(finding.clusters)} clusters: {listed} and {more} more" if more else listed


def parts(sentence: str) -> list[tuple[str, bool]]:
    """Return the parts of a sentence, each with whether it is a value."""
    return [(part, bool(i % 2)) for i, part in enumerate(_PARTS.split(sentence)) if part or i % 2]


def plain(sentence: str) -> str:
    """Return a sentence with its values in quotes."""
    return "".join(f'"{part}"' if value else part for part, value in parts(sentence))
