"""Fails when a build has become slower than docs/benchmarks.md says, measured against the Jinja2 script.

    python -m tests.bench.smoke [--runs 5]

Both run in turns on the machine of the moment, so that neither it nor its load matters much: a ratio half as large
again as the one on the page is more than noise. What no machine changes is in test_counts.py.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import measure, page
from tests.bench.bench import MEMORY, measured
from tests.bench.page import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

CLUSTERS = 100
TOLERATED = 1.5
WATCHED = (page.FIRST, page.UNCHANGED, page.CHANGED)


def committed(text: str, clusters: int) -> dict[str, float]:
    """Return the ratios to the Jinja2 script in the table of one size, by the name of its row."""
    table = re.search(rf"^## {clusters} clusters:.*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    header, _, *rows = [line for line in table[0].splitlines() if line.startswith("|")] if table else ["", ""]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in (header, *rows)]
    column = cells[0].index(page.TO_JINJA2)
    return {row[0]: float(row[column]) for row in cells[1:] if row[0] in WATCHED}


def slower(before: dict[str, float], now: dict[str, float]) -> Iterator[str]:
    """Yield what has become slower than is tolerated."""
    for name, ratio in now.items():
        if ratio > TOLERATED * before[name]:
            yield f"{name}: {ratio:.2f} times the Jinja2 script, and {before[name]:.2f} when it was committed"


def main() -> int:
    """Measure, compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each program [%(default)s]")
    options = parser.parse_args()
    before = committed(PAGE.read_text(), CLUSTERS)
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
        _, samples = measured(CLUSTERS, Path(folder), options.runs, kubeconform=False)
    now = {name: measure.ratio(samples[name], samples[page.JINJA2]) for name in WATCHED}
    for name, ratio in now.items():
        print(f"{name}: {ratio:.2f} times the Jinja2 script ({before[name]:.2f} committed)")
    if found := list(slower(before, now)):
        print("slower than before:", *found, sep="\n", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
