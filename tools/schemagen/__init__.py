"""How the schemas of mcgen's output are made from what upstream publishes."""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
"""One JSON schema (draft 2020-12)."""

Definitions: TypeAlias = dict[str, Schema]
"""Schemas by name, for references of the form `#/$defs/<name>`."""


def ref(name: str) -> Schema:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}
