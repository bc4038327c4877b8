"""The real Chromium of the system, headless and without a network; one that is missing fails the test."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Sizes of windows: a laptop, a tablet, a phone.
WINDOWS = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a browser that Playwright drives."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    assert path, "chromium is not installed: run `make tools-browser`"
    # Chromium has no sandbox for root.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def opened(browser: Any, file: Path, window: str = "desktop", scheme: str = "light", **options: Any) -> Iterator[Any]:
    """Yield a page that is ready; fail when it says anything on the console, or asks for anything but itself."""
    width, height = WINDOWS[window]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: said.append(request.url) if request.url != file.as_uri() else None)
    try:
        page.goto(file.as_uri())
        yield page
        assert said == []
    finally:
        context.close()


def ready(page: Any) -> None:
    """Wait until the page's script has run."""
    page.wait_for_selector("html[data-ready]", state="attached")
