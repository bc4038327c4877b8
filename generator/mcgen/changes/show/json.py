"""Findings for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mcgen.changes.finding import RISKS
from mcgen.changes.show.view import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.changes.finding import Finding
    from mcgen.changes.show.view import View


def show(findings: Sequence[Finding], _view: View) -> str:
    """Return one JSON object: `version` (1), `risks` (risk -> number), `clusters` (number) and `changes`.

    A change has kind, turn, risk, what, why, rendered, before, after, clusters, files and blueprint (file, line,
    column; null).
    """
    clusters = {name for finding in findings for name in finding.clusters}
    data = {
        "version": 1,
        "risks": {risk.value: sum(finding.risk is risk for finding in findings) for risk in RISKS},
        "clusters": len(clusters),
        "changes": [_change(finding) for finding in findings],
    }
    return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _change(finding: Finding) -> dict[str, Any]:
    pos = finding.pos
    return {
        "kind": finding.kind,
        "turn": finding.turn.value,
        "risk": finding.risk.value,
        "what": _unicode(plain(finding.what)),
        "why": finding.why,
        "rendered": finding.rendered,
        "before": _unicode(finding.before),
        "after": _unicode(finding.after),
        "clusters": [_unicode(name) for name in finding.clusters],
        "files": [_unicode(path) for path in finding.files],
        "blueprint": {"file": _unicode(pos.file), "line": pos.line or None, "column": pos.col or None} if pos else None,
    }


def _unicode(string: str) -> str:
    return string.encode("utf-8", "backslashreplace").decode("utf-8")
