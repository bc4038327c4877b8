"""The commands that pages tell people to run: bash reads them, and mcgen takes their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import pages
from tests.docs.test_links import PAGES
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_mcgen_takes_the_commands_of_a_page(page: Path) -> None:
    for command in pages.commands(page.read_text(encoding="utf-8")):
        if command.words[0] == "mcgen":
            assert not pages.refusal(command), command.words


def test_the_commands_of_a_page_are_found() -> None:
    readme = list(pages.commands((CHECKOUT / "output/three-clouds/README.md").read_text(encoding="utf-8")))
    assert ("mcgen", "bootstrap", "mesh/three-clouds.yaml", "-o", "mesh/three-clouds") in [
        command.words for command in readme if command.whole
    ]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("mcgen bild x.yaml", "no command"),
        ("mcgen build x.yaml --chek", "No such option"),
        ("mcgen build", "Missing argument"),
        ("mcgen build a.yaml b.yaml", "too much"),
        ("mcgen schema --format png", "No such option"),
        ("mcgen validate x.yaml --format png", "is not one of"),
        ("mcgen bootstrap x.yaml --jobs 0", "not in the range"),
    ],
)
def test_what_mcgen_would_refuse_is_found(script: str, why: str) -> None:
    (words,) = pages.run(script)
    assert why in pages.refusal(pages.Command(words=words, whole=True))


@pytest.mark.parametrize("script", ["mcgen build 'x", "if true; then", "mcgen build < nowhere", "mcgen <name> | sort"])
def test_what_bash_would_refuse_is_found(script: str) -> None:
    with pytest.raises(AssertionError):
        pages.run(script)
