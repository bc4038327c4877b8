"""Findings as a SARIF log, by which forges mark files and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from mcgen import report
from mcgen.changes.finding import Risk
from mcgen.changes.kinds import KINDS
from mcgen.changes.show.view import clusters, plain, title
from mcgen.problems import Pos, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.changes.finding import Finding
    from mcgen.changes.show.view import View

_LEVELS = {Risk.HIGH: "error", Risk.MEDIUM: "warning", Risk.LOW: "note"}


def show(findings: Sequence[Finding], view: View) -> str:
    """Return a SARIF 2.1.0 log: the kinds are its rules; high is an error, medium a warning, low a note."""
    rules = {kind: report.Rule(title=title) for kind, title in KINDS.items()}
    context = report.Context(rules=rules, version=view.version, directory=view.directory)
    log = orjson.loads(report.sarif([_problem(finding, view) for finding in findings], context))
    for result, finding in zip(log["runs"][0]["results"], findings, strict=True):
        result["level"] = _LEVELS[finding.risk]
        result["properties"] = {
            "turn": finding.turn.value,
            "clusters": len(finding.clusters),
            "rendered": finding.rendered,
        }
    return orjson.dumps(log, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _problem(finding: Finding, view: View) -> Problem:
    file = f"{view.base}/{finding.files[0]}" if view.base else finding.files[0]
    return Problem(
        code=finding.kind,
        message=f"{title(finding)} ({clusters(finding)}): {plain(finding.what)}",
        pos=finding.pos or Pos(file=file),
        advice=finding.why,
        severity=Severity.ERROR if finding.risk is Risk.HIGH else Severity.WARNING,
    )
