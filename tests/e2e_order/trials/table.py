"""The page that says which trials were run, and how they went: a line each, at its end; none is ever taken out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.lab.catalogue import CHECKOUT
from tests.lab.process import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e_order.trials.run import Result

_SETTING = re.compile(r"(?<!\S)(?:--[a-z-]+|[A-Z_]+)=/\S*\s*")
_PATH = re.compile(r"(?<!\S)(?:/[\w.@+-]+)+/(?=[\w.])")


def add(page: Path, result: Result, load: float) -> None:
    """Add the line of a trial that has just ended. load: the average before it, told where it is high."""
    commit = run(["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]).strip()
    cells = (f"{datetime.now(UTC):%Y-%m-%d %H:%M}", f"{commit}", *_cells(result, load))
    with page.open("a") as file:
        file.write(f"| {' | '.join(map(str, cells))} |\n")


def _cells(result: Result, load: float) -> tuple[object, ...]:
    trial = result.trial
    violations = sum(": before " in line for line in result.wrong)
    return (
        trial.seed,
        trial.kind,
        "at the gate" if trial.patient else "at once",
        ", ".join(fault.controller for fault in trial.faults) or "none",
        f"{result.seconds:.0f}" + (f" (load {load:.0f})" if load > 4 else ""),
        result.events,
        violations if trial.kind != "no health checks" else "as expected",
        f"failed: {_short(result.wrong[0])}" if result.wrong else "passed",
    )


def _short(text: str) -> str:
    """Return the first line of a text, fit for a table's cell: without the folders and settings of this machine."""
    line = _PATH.sub("", _SETTING.sub("", text.partition("\n")[0]))
    return line.replace("|", "/")[:200]
