"""Reads what Go programs write: YAML 1.1 as Go knows it, in which "=", "<<" as a value, and dates are text."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":value", ":merge", ":timestamp"))]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def documents(text: bytes) -> list[dict[str, Any]]:
    """Return the documents that are not empty."""
    return [document for document in yaml.load_all(text, Loader=_Loader) if document]
