"""The commands that pages tell people to run are ones that the real programs know, with these options."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests import offline

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("name", ["kubectl", "istioctl", "kubeseal"])
def test_a_program_knows_the_commands_of_the_pages(name: str, tmp_path: Path) -> None:
    lines = offline.commands(name)
    assert lines
    nowhere = offline.nowhere(tmp_path, lines)
    with ThreadPoolExecutor(2) as pool:
        refused = dict(zip(lines, pool.map(nowhere.refusal, lines), strict=True))
    assert not {words: said for words, said in refused.items() if said}


@pytest.mark.parametrize(
    "words",
    [
        ("kubectl", "gett", "pods"),
        ("kubectl", "get", "pods", "--nam=a"),
        ("kubectl", "rollout", "restart", "deployment", "a", "--patch", "b"),
        ("istioctl", "remote-cluster"),
        ("istioctl", "proxy-status", "--nam", "a"),
        ("kubeseal", "--fetch-certificate"),
    ],
)
def test_what_a_program_does_not_know_is_found(words: tuple[str, ...], tmp_path: Path) -> None:
    assert offline.nowhere(tmp_path, [words]).refusal(words)
