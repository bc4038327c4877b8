"""The blueprint's shape: its published JSON Schema, and what is wrong with data that does not fit."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import api_versions, blueprint, facts, misfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.protocols import Validator

    from mcgen.problems import Problem
    from mcgen.source import Source
    from mcgen.tree import DataPath

_MAX_PROBLEMS = 1000
_STEP = re.compile(r"\.([^.\[`]+)|\[(\d+)\]")


@cache
def blueprint_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a blueprint."""
    return _schema(blueprint.Blueprint, "blueprint", "The blueprint of a mesh, as `mcgen build` reads it")


@cache
def facts_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a facts file."""
    return _schema(facts.Facts, "facts", "Facts found on live clusters, an input of `mcgen build`")


def text(schema: dict[str, Any]) -> str:
    """Return a schema as it is published."""
    import json

    return json.dumps(schema, indent=2) + "\n"


def _schema(model: type, name: str, title: str) -> dict[str, Any]:
    schema: dict[str, Any] = _without_null(msgspec.json.schema(model))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{blueprint.API_VERSION.replace('/', ':')}:{name}",
        "title": title,
    } | schema


def _without_null(node: Any) -> Any:
    """Return a schema in which an optional field is one that may be left out, not one that may be null."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _without_null(value) for key, value in node.items() if (key, value) != ("default", None)}
    others = [option for option in found.get("anyOf", ()) if option != {"type": "null"}]
    if "anyOf" in found and len(others) == 1:
        rest = {key: value for key, value in found.items() if key != "anyOf"}
        return others[0] | rest
    return found


def check(source: Source, schema: dict[str, Any]) -> list[Problem]:
    """Return the places where a file's data does not fit a schema: all of them, unless they are too many to read."""
    if not isinstance(source.data, dict):
        return [misfit.no_mapping(source)]
    if newer := api_versions.unknown(source):
        return [newer]
    if _fits(source.data, schema):
        return _converts(source, schema)
    # Only when something is wrong: the slower library lists everything and says which keyword failed.
    errors = _validator(schema).iter_errors(source.data)
    found = list(islice((problem for error in errors for problem in misfit.explain(error, source)), _MAX_PROBLEMS))
    return found or [misfit.in_other_words(source, (), "it does not fit its schema")]


def misfits(data: dict[str, Any], part: str) -> Iterator[tuple[DataPath, Problem]]:
    """Yield where data that stands in no file does not fit a part of a blueprint, such as Cluster, and why."""
    from mcgen.source import Source

    schema = blueprint_schema()
    found = Source(file="", text="", data=data, problems=(), root=None)
    for error in _validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{part}"}).iter_errors(data):
        yield from ((tuple(error.absolute_path), problem) for problem in misfit.explain(error, found))


def _converts(source: Source, schema: dict[str, Any]) -> list[Problem]:
    """Return the first place at which the types are stricter: to JSON Schema, 2.0 is a whole number."""
    model = facts.Facts if schema["$id"] == facts_schema()["$id"] else blueprint.Blueprint
    try:
        msgspec.convert(source.data, model)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        path = tuple(int(index) if index else key for key, index in _STEP.findall(place))
        if message == "Expected `int`, got `float`":
            return [misfit.whole_number(source, path)]
        return [misfit.in_other_words(source, path, message)]
    return []


def _fits(data: Any, schema: dict[str, Any]) -> bool:
    try:
        import jsonschema_rs
    except ImportError:
        return bool(_validator(schema).is_valid(data))
    return bool(jsonschema_rs.validator_for(schema).is_valid(data))


def _validator(schema: dict[str, Any]) -> Validator:
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(_: Validator, value: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        # Python's `$` also matches before a line break at the end, that of JSON Schema does not.
        if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", value), instance):
            yield ValidationError(f"{instance!r} does not match")

    extended: Any = extend  # untyped in the stubs
    validator: Validator = extended(Draft202012Validator, {"pattern": pattern})(schema)
    return validator
