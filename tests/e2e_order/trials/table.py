"""The page that says which trials were run, and how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.catalogue import CHECKOUT
from tests.lab.process import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.e2e_order.trials.run import Result

HEAD = """# Trials of the order

Each trial begins in clean clusters with a real Argo CD 3.5.7, is drawn from its seed, and installs a mesh to its end.
What happens beside that is its kind. It passes when nothing of a stage was there before those in front of it worked
(violations), every Application is Synced and Healthy at the end, and stays so through ten resyncs without another sync.
`make e2e-long` runs 50 and writes this page; `make e2e-order` runs the first five.

| seed | kind | mesh | sealed | controllers killed | seconds | events | violations | verdict |
|---|---|---|---|---|---|---|---|---|
"""


def write(page: Path, results: Sequence[Result]) -> None:
    """Write the page."""
    commit = run(["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]).strip()
    rows = "".join(f"{_row(result)}\n" for result in results)
    failed = sum(bool(result.wrong) for result in results)
    minutes = f"{_minutes(results):.0f} minutes in all"
    page.write_text(f"{HEAD}{rows}\n{len(results)} trials of commit `{commit}`, {failed} failed, {minutes}.\n")


def _minutes(results: Sequence[Result]) -> float:
    return sum(result.seconds + result.cleaning for result in results) / 60


def _row(result: Result) -> str:
    trial = result.trial
    violations = sum(": before " in line for line in result.wrong)
    cells = (
        trial.seed,
        trial.kind,
        trial.mesh,
        "at the gate" if trial.patient else "at once",
        ", ".join(fault.controller for fault in trial.faults) or "none",
        f"{result.seconds:.0f}",
        result.events,
        violations if trial.kind != "no health checks" else "as expected",
        "failed" if result.wrong else "passed",
    )
    return f"| {' | '.join(map(str, cells))} |"
