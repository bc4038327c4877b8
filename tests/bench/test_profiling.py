"""The profile's parts are functions that exist: one that is renamed would end up in "the rest"."""

from __future__ import annotations

import ast
from pathlib import Path

import mcgen
from tests.bench import profiling

PACKAGE = Path(mcgen.__file__).parent


def test_each_part_is_a_function() -> None:
    named = [key for key in profiling.PARTS if key[0].endswith(".py")]
    assert len(named) == len(profiling.PARTS) - 1
    for module, name in named:
        tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, module


def test_two_builds_are_profiled() -> None:
    found = profiling.profiles(2, 1)
    for profile in found.values():
        assert profile.runs[0] > 0
        assert sum(profile.parts.values()) > 0.99 * profile.runs[0]
    assert "modules: import" in found[profiling.FIRST].parts
    assert "| modules: import |" in "\n".join(profiling.table(found, 2))
