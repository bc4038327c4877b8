"""The commands of pages for the argocd program, which only the lab builds; no cluster is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import offline

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def test_argocd_knows_the_commands_of_the_pages(tmp_path: Path) -> None:
    lines = offline.commands("argocd")
    assert len(lines) > 2
    nowhere = offline.nowhere(tmp_path, lines)
    assert not {words: said for words in lines if (said := nowhere.refusal(words))}
    assert nowhere.refusal(("argocd", "cluster", "remove", "gke"))
    assert nowhere.refusal(("argocd", "cluster", "add", "gke", "--nam", "gke"))
