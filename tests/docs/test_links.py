"""Where the pages lead to: files and headings that are there, and a place for every page."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from mcgen.cli import run
from tests import pages
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

DOCS = CHECKOUT / "docs"
PAGES = sorted(
    {
        *CHECKOUT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(CHECKOUT / "output").rglob("*.md"),
        *(CHECKOUT / "tests").rglob("README.md"),
    }
)


@cache
def anchors(page: Path) -> set[str]:
    return pages.anchors(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_lead_to_what_is_there(page: Path) -> None:
    lead_somewhere(page, CHECKOUT)


def test_those_of_a_mesh_of_primaries_alone_do_too(tmp_path: Path) -> None:
    data = yaml.safe_load((CHECKOUT / "blueprints/multi-primary.yaml").read_bytes())
    data["clusters"] = [each for each in data["clusters"] if each["role"] == "primary"]
    (tmp_path / "mesh.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    assert run(["build", str(tmp_path / "mesh.yaml"), "-o", str(tmp_path / "tree"), "--validator", "embedded"]) == 0
    for page in (tmp_path / "tree").rglob("*.md"):
        lead_somewhere(page, tmp_path)


def lead_somewhere(page: Path, root: Path) -> None:
    """Fail for a link of a page that leads to no file below a folder, or to no heading in it."""
    for link in pages.links(page.read_text(encoding="utf-8")):
        target = urlsplit(link)
        if target.scheme in ("http", "https"):
            continue
        assert not target.scheme, link
        file = (page.parent / unquote(target.path)).resolve() if target.path else page
        assert file.is_relative_to(root), link
        assert file.exists(), link
        assert not target.fragment or target.fragment in anchors(file), link


def test_each_page_has_its_place_on_the_site() -> None:
    """A new page: a row in one of the tables of docs/index.md, and a line in the list of the same name below."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^([\w-]+)$", "\n".join(re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)), re.MULTILINE
    )
    linked = [link.removesuffix(".md") for link in pages.links(index) if "/" not in link]
    there = sorted(page.stem for page in DOCS.glob("*.md") if page.name != "index.md")
    assert sorted(listed) == there
    assert sorted(linked) == there
    assert listed == linked
