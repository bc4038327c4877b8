"""Every case of the corpus is told of as a reviewer expects."""

from __future__ import annotations

import pytest

from mcgen.changes.classify import findings
from tests.changes.cases import CASES, compared, expected, short


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_told_of(name: str) -> None:
    found = findings(compared(name))
    wanted = expected(name)
    told = [(short(finding), finding.what + finding.before + finding.after) for finding in found]
    for key, words in wanted:
        assert any(key == have and words in text for have, text in told), f"missing: {key} {words}\n{_show(told)}"
    risky = {key for key, _ in told if key[0] != "low"}
    assert risky == {key for key, _ in wanted if key[0] != "low"}, _show(told)
    assert found or not wanted


def _show(told: list[tuple[tuple[str, str, str, str], str]]) -> str:
    return "\n".join(f"{' '.join(key)}: {text}" for key, text in told)
