"""Every field of a blueprint by its path, such as `clusters.egress`, as its schema describes it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mcgen import shape
from mcgen.blueprint import LABEL, LABEL_FORM

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANY = "*"
"""The step of a path for keys that people choose."""


@cache
def fields() -> dict[str, dict[str, Any]]:
    """Return the schema of each field by its path, in the order of the blueprint; lists add nothing to a path."""
    schema = shape.blueprint_schema()
    return dict(_below(schema, "", schema["$defs"]))


def named(word: str, *, whole: bool = False) -> dict[str, dict[str, Any]]:
    """Return the fields that a path or its end means: `clusters.egress`, `clusters[].egress` or `egress`.

    whole: only by the whole of it.
    """
    wanted = word.replace("[]", "").lower()
    exactly = {path: field for path, field in fields().items() if path.lower() == wanted}
    if exactly or whole:
        return exactly
    return {path: field for path, field in fields().items() if path.lower().endswith(f".{wanted}")}


def words(field: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is to be said of a field: (about what, the text)."""
    text = field.get("items", field)
    yield "means", field["description"]
    if "enum" in text:
        yield "one of", ", ".join(str(value) for value in text["enum"])
    default = field.get("default")
    if default is not None and default != "" and not isinstance(default, dict | list):
        yield "default", str(default).lower() if isinstance(default, bool) else str(default)
    examples = field.get("examples") or text.get("examples") or []
    if shown := [str(each) for each in examples if isinstance(each, str | int)]:
        yield "for example", ", ".join(shown)
    if text.get("pattern") == LABEL:
        yield "form", LABEL_FORM
    elif "pattern" in text:
        yield "form", text["pattern"]
    if "properties" in text:
        yield "has", ", ".join(text["properties"])


def _below(node: dict[str, Any], place: str, known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    node = _meant(node, known)
    for name, field in node.get("properties", {}).items():
        path = f"{place}.{name}" if place else name
        inner = _meant(field, known)
        yield path, inner | field
        yield from _below(inner, path, known)
    if "items" in node:
        yield from _below(node["items"], place, known)
    if isinstance(members := node.get("additionalProperties"), dict):
        yield from _below(members, f"{place}.{_ANY}", known)


def _meant(node: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference leads to, also where it is one of several; a list with what its items are."""
    options = [node, *node.get("anyOf", ())]
    refers = next((each["$ref"] for each in options if "$ref" in each), "")
    found = known[refers.rpartition("/")[2]] if refers else node
    return found | {"items": _meant(found["items"], known)} if "items" in found else found
