"""The generated tree before it reaches a disk: paths and what stands in the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]
"""One YAML document as plain data: dict, list, str, int, float, bool, None and nothing else."""

DataPath: TypeAlias = tuple[str | int, ...]
"""A place in the blueprint: keys and list indexes from the root, such as ("clusters", 1, "name")."""


def at(data: Any, *path: str | int) -> Any:
    """Return what stands at a path in plain data, None where nothing does."""
    for step in path:
        if not _has(data, step):
            return None
        data = data[step]
    return data


def holds(data: Any, path: DataPath) -> bool:
    """Return whether plain data has something at a path, be it null."""
    return not path or _has(at(data, *path[:-1]), path[-1])


def _has(data: Any, step: str | int) -> bool:
    return step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of the tree.

    path: relative to the tree's root, with forward slashes.
    documents: what to write as YAML; or, for anything else, `text`.
    origin: the place in the blueprint that brought this file about.
    """

    path: str
    documents: tuple[Data, ...] = ()
    text: str | None = None
    origin: DataPath = ()
