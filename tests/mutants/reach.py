"""A plugin of pytest: coverage notes the lines of each test by its name, and how long each test took is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DURATIONS = "durations"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count everything from here to the end of the test as its own, what its fixtures do included."""
    if measured := coverage.Coverage.current():
        measured.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how many seconds a part of a test took, in the process that ran it."""
    # The controller of several processes hears of each test as well.
    if not hasattr(report, "node"):
        place = Path(os.environ["MCGEN_REACH"]) / f"{DURATIONS}.{os.getpid()}"
        with place.open("a", encoding="utf-8") as stream:
            stream.write(f"{report.duration:.4f}\t{report.nodeid}\n")
