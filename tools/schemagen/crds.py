"""Custom resources: structural schemas of CustomResourceDefinitions turned into strict JSON Schema."""

from __future__ import annotations

from typing import Any

from schemagen import Definitions, Schema, ref
from schemagen.kubernetes import META, bounds, whole

# The version that mcgen writes of the kinds that serve it; of the others, the stored one.
PREFERRED = "v1"
COPIED = {
    "enum",
    "maximum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minimum",
    "minItems",
    "minLength",
    "minProperties",
    "pattern",
    "required",
    "type",
}
OPEN = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"


def roots(documents: list[Schema], definitions: Definitions) -> dict[tuple[str, str, str], Schema]:
    """Return (group, version, kind) -> schema for every CustomResourceDefinition."""
    made = {}
    for document in documents:
        spec = document["spec"]
        version = _version(spec["versions"])
        key = (spec["group"], version["name"], spec["names"]["kind"])
        converted = strict(version["schema"]["openAPIV3Schema"])
        made[key] = whole(converted, definitions, *key)
    # The resource leaves the sealed Secret's metadata open; it becomes metadata of a Secret.
    sealed = made["bitnami.com", "v1alpha1", "SealedSecret"]["properties"]["spec"]["properties"]
    sealed["template"]["properties"]["metadata"] = ref(META + "ObjectMeta")
    sealed["encryptedData"] = {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
    return made


def strict(schema: Schema) -> Schema:
    """Return the JSON Schema of a structural schema: what the API server would prune is an error."""
    made = {key: value for key, value in schema.items() if key in COPIED} | bounds(schema)
    if schema.get(INT_OR_STRING):
        return made | {"type": _nullable(schema, ["integer", "string"])}
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            made[key] = [_condition(branch) for branch in schema[key]]
    if "not" in schema:
        made["not"] = _condition(schema["not"])
    if "items" in schema:
        made["items"] = strict(schema["items"])
    if schema.get("type") == "object":
        made |= _members(schema)
    return _with_null(made) if schema.get("nullable") else made


def _members(schema: Schema) -> Schema:
    made: Schema = {}
    if "properties" in schema:
        made["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
    values: Any = schema.get("additionalProperties")
    if isinstance(values, dict):
        made["additionalProperties"] = strict(values)
    elif not values and not schema.get(OPEN):
        made["additionalProperties"] = False
    return made


def _condition(schema: Schema) -> Schema:
    """Return a branch of anyOf and its like, which narrows values and specifies no members."""
    made: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: _condition(branch) for name, branch in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            made[key] = [_condition(branch) for branch in value]
        elif key in ("not", "items"):
            made[key] = _condition(value)
        elif key in COPIED:
            made[key] = value
    return made


def _with_null(schema: Schema) -> Schema:
    made = {**schema, "type": [schema["type"], "null"]}
    return made | {"enum": [*schema["enum"], None]} if "enum" in schema else made


def _nullable(schema: Schema, types: list[str]) -> list[str]:
    return [*types, "null"] if schema.get("nullable") else types


def _version(versions: list[Schema]) -> Schema:
    for version in versions:
        if version["name"] == PREFERRED and version["served"]:
            return version
    (stored,) = (version for version in versions if version["storage"])
    return stored
