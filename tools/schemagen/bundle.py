"""From a schema with references to one file: references filled in, what repeats said once."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from schemagen import Definitions, Schema, ref

if TYPE_CHECKING:
    from collections.abc import Callable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Shorter ones cost more as a reference than in full.
SHARED_FROM = 300

ONE = ("additionalProperties", "items", "not")
MANY = ("allOf", "anyOf", "oneOf")
NAMED = ("$defs", "properties")


def bundle(root: Schema, definitions: Definitions) -> str:
    """Return a self-contained schema as one line of JSON, the same for the same input."""
    recursive: Definitions = {}
    whole = {"$schema": DIALECT, **_fill(root, definitions, (), recursive)}
    if recursive:
        whole["$defs"] = recursive
    return _text(_share(whole)) + "\n"


def _over(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return the schema with its direct subschemas changed."""
    made = dict(schema)
    for key in ONE:
        if isinstance(schema.get(key), dict):
            made[key] = change(schema[key])
    for key in MANY:
        if key in schema:
            made[key] = [change(branch) for branch in schema[key]]
    for key in NAMED:
        if key in schema:
            made[key] = {name: change(member) for name, member in schema[key].items()}
    return made


def _fill(schema: Schema, definitions: Definitions, above: tuple[str, ...], recursive: Definitions) -> Schema:
    """Put definitions in the place of references, but for those that contain themselves."""
    if "$ref" not in schema:
        return _required_not_null(_over(schema, lambda part: _fill(part, definitions, above, recursive)))
    name = schema["$ref"].rpartition("#/$defs/")[2]
    siblings = {key: value for key, value in schema.items() if key != "$ref"}
    if name in above:
        recursive.setdefault(name, {})
        return ref(name)
    made = _fill({**definitions[name], **siblings}, definitions, (*above, name), recursive)
    if name not in recursive:
        return made
    recursive[name] = made
    return ref(name)


def _required_not_null(schema: Schema) -> Schema:
    """Null stands for an absent list or object, which a required one must not be."""
    properties = dict(schema.get("properties", {}))
    for key in schema.get("required", ()):
        match properties.get(key, {}).get("type"):
            case ["array" | "object" as kind, "null"]:
                properties[key] = properties[key] | {"type": kind}
    return schema | {"properties": properties} if properties else schema


def _share(root: Schema) -> Schema:
    """Move every longer subschema that occurs more than once into `$defs`."""
    counts: Counter[str] = Counter()

    def count(schema: Schema) -> Schema:
        text = _text(schema)
        counts[text] += 1
        # What lies inside a repetition repeats with it, and says nothing by itself.
        return _over(schema, count) if counts[text] == 1 else schema

    _over(root, count)
    names: dict[str, str] = {}
    shared: Definitions = {}

    def replace(schema: Schema) -> Schema:
        text = _text(schema)
        if counts[text] < 2 or len(text) < SHARED_FROM:
            return _over(schema, replace)
        if text not in names:
            names[text] = f"s{len(names) + 1}"
            shared[names[text]] = _over(schema, replace)
        return ref(names[text])

    made = _over(root, replace)
    return made | {"$defs": made.get("$defs", {}) | shared} if shared else made


def _text(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
