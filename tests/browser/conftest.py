"""One browser for all tests, and pages in files of their own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import chromium, meshes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium.browser() as found:
        yield found


@pytest.fixture
def mesh(browser: Any, tmp_path: Path) -> Callable[..., AbstractContextManager[Any]]:
    """Return what opens the page of a mesh of some clusters, and waits until it is ready."""

    @contextmanager
    def opened(clusters: int, window: str = "desktop", scheme: str = "light", **options: Any) -> Iterator[Any]:
        file = tmp_path / "mesh.html"
        file.write_text(meshes.page(clusters), encoding="utf-8")
        with chromium.opened(browser, file, window, scheme, **options) as page:
            if options.get("java_script_enabled", True):
                chromium.ready(page)
            yield page

    return opened
