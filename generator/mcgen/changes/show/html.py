"""Findings as one page that needs nothing else: no script, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.changes.finding import RISKS
from mcgen.changes.show.view import clusters, headline, parts, title
from mcgen.prose import page
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.changes.finding import Finding
    from mcgen.changes.show.view import View

# A browser can show as many; a person does not read them.
_MOST = 200


def show(findings: Sequence[Finding], _view: View) -> str:
    """Return an HTML page: the headline, then the findings by risk, the details of each folded."""
    return page(
        "changes.html.j2",
        headline=headline(findings),
        groups=[(risk, [f for f in findings if f.risk is risk]) for risk in RISKS],
        clusters=clusters,
        parts=parts,
        title=title,
        printable=printable,
        most=_MOST,
    )
