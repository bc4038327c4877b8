"""The generated tree before it reaches a disk: paths and what stands in the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Data: TypeAlias = dict[str, Any]
"""One YAML document as plain data: dict, list, str, int, float, bool, None and nothing else."""

DataPath: TypeAlias = tuple[str | int, ...]
"""A place in the blueprint: keys and list indexes from the root, such as ("clusters", 1, "name")."""


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
