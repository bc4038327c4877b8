"""Makes the screenshots of docs/mesh-page.md: `make screenshots`.

python -m tests.browser.screens [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser import chromium, meshes
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMES = ("light", "dark")


def chains(page: Any) -> None:
    page.click("#tab-chains")


def policies(page: Any) -> None:
    page.click("#tab-policies")


def details(page: Any) -> None:
    page.click("svg.wide [data-cluster='13']")


def found(page: Any) -> None:
    page.fill("#search", "waiting")


# Name, clusters, window, scheme, what is done before.
MORE: tuple[tuple[str, int, str, str, Callable[[Any], None]], ...] = (
    ("mesh-chains", 20, "desktop", "light", chains),
    ("mesh-policies", 20, "desktop", "dark", policies),
    ("mesh-details", 20, "desktop", "light", details),
    ("mesh-search", 200, "desktop", "light", found),
)


def main(folder: Path) -> None:
    """Write every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    everything: list[tuple[str, int, str, str, Callable[[Any], None] | None]] = [
        (f"mesh-{clusters}-{window}-{scheme}", clusters, window, scheme, None)
        for clusters in meshes.SIZES
        for window in chromium.WINDOWS
        for scheme in SCHEMES
    ]
    with chromium.browser() as browser, tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "mesh.html"
        for name, clusters, window, scheme, act in (*everything, *MORE):
            file.write_text(meshes.page(clusters), encoding="utf-8")
            with chromium.opened(browser, file, window, scheme) as page:
                chromium.ready(page)
                if act:
                    act(page)
                page.mouse.move(0, 0)
                # Two frames, so that what was asked for is drawn.
                page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                page.screenshot(path=str(folder / f"{name}.png"), animations="disabled")
                print(f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "docs" / "images")
