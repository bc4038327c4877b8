"""Measures the page of the mesh in a real Chromium: `make bench-page`.

python -m tests.browser.bench [--runs 9]

Each run has a browser profile of its own. Interactive: from the start of the navigation to the end of the page's
script, which is when clicks and keys work. Answer: from a click on a cluster until its details are drawn.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.browser import chromium, meshes

ANSWER = """() => new Promise((done) => {
  const start = performance.now();
  document.querySelector("svg.wide [data-cluster='1']").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
})"""


def run(browser: Any, file: Path) -> tuple[float, float]:
    """Return the milliseconds until the page is interactive, and until it has answered a click."""
    with chromium.opened(browser, file) as page:
        chromium.ready(page)
        ready = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        return ready, page.evaluate(ANSWER)


def main() -> None:
    """Print a table: the median of the runs, the slowest behind it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="runs of each size [%(default)s]")
    runs = parser.parse_args().runs
    print("| clusters | made in | size | interactive (slowest) | answer (slowest) |\n|---|---|---|---|---|")
    with chromium.browser() as browser, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mesh.html"
        for clusters in meshes.SIZES:
            start = time.process_time()
            text = meshes.page(clusters).encode()
            made = time.process_time() - start
            file.write_bytes(text)
            ready, answer = zip(*(run(browser, file) for _ in range(runs)), strict=True)
            times = " | ".join(f"{statistics.median(t):.0f} ms ({max(t):.0f})" for t in (ready, answer))
            print(f"| {clusters} | {made:.2f} s CPU | {len(text) / 1000:.0f} kB | {times} |")


if __name__ == "__main__":
    main()
