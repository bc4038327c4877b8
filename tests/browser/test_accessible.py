"""No rule of axe-core is broken, in any view, window and colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcgen.changes.classify import findings
from mcgen.changes.show import html
from mcgen.changes.show.view import View
from tests.browser import chromium, meshes
from tests.changes.cases import CASES, compared

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

pytestmark = pytest.mark.browser


def broken(page: Any) -> list[str]:
    """Return what axe finds, its advice for best practice included."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", chromium.WINDOWS)
@pytest.mark.parametrize("clusters", meshes.SIZES[:2])
def test_the_page_of_the_mesh(
    mesh: Callable[..., AbstractContextManager[Any]], clusters: int, window: str, scheme: str
) -> None:
    with mesh(clusters, window, scheme, reduced_motion="reduce") as page:
        assert broken(page) == []
        shape = "svg.tall" if window == "phone" else "svg.wide"
        page.click(f"{shape} [data-cluster='1']")
        assert broken(page) == []
        page.fill("#search", "waiting")
        page.click("#tab-chains")
        assert broken(page) == []
        page.click("#tab-policies")
        assert broken(page) == []


def test_200_clusters(mesh: Callable[..., AbstractContextManager[Any]]) -> None:
    with mesh(200) as page:
        assert broken(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["cluster-added", "hostile-text", "policy-any-caller", "trust-domain"])
def test_the_report_of_changes(browser: Any, tmp_path: Path, name: str, scheme: str) -> None:
    assert name in CASES
    file = tmp_path / "changes.html"
    file.write_text(html.show(findings(compared(name)), View()), encoding="utf-8")
    with chromium.opened(browser, file, scheme=scheme) as page:
        for part in page.locator("summary").all():
            part.click()
        assert broken(page) == []
