"""A place for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen.bootstrap import authority
from tests.push import stand_ins

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> stand_ins.Place:
    monkeypatch.chdir(tmp_path)
    for name, value in stand_ins.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    # Nothing here depends on the length, and long ones take their time.
    monkeypatch.setattr(authority, "_BITS", 2048)
    return stand_ins.place(tmp_path)
