"""The corpus of documents, and defects put into its valid half."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parent / "corpus"
INVALID = sorted((CORPUS / "invalid").glob("*.yaml"))
VALID = sorted((CORPUS / "valid").glob("*.yaml"))
REPLACEMENTS: tuple[Any, ...] = (None, True, 7, -1, 1.5, "x", "", "7", [], ["x"], {}, {"x": "y"})


def load(path: Path) -> Any:
    return yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def mutations(document: Any) -> Iterator[Any]:
    """Yield the document with each value replaced and each key misspelt, one at a time, in place."""
    for container, key in list(slots(document)):
        before = container[key]
        for value in REPLACEMENTS:
            container[key] = value
            yield document
        container[key] = before
        if isinstance(container, dict):
            container[f"{key}x"] = container.pop(key)
            yield document
            container[key] = container.pop(f"{key}x")


def slots(node: Any) -> Iterator[tuple[Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from slots(value)
