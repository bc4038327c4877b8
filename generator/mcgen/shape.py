"""The blueprint's shape: its published JSON Schema, and what is wrong with data that does not fit."""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import blueprint, facts
from mcgen.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.source import Source
    from mcgen.tree import DataPath

_TYPES = {
    "string": "a text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


@cache
def blueprint_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a blueprint."""
    return _schema(blueprint.Blueprint, "blueprint", "The blueprint of a mesh, as `mcgen build` reads it")


@cache
def facts_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a facts file."""
    return _schema(facts.Facts, "facts", "Facts found on live clusters, an input of `mcgen build`")


def _schema(model: type, name: str, title: str) -> dict[str, Any]:
    schema: dict[str, Any] = _without_null(msgspec.json.schema(model))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mcgen:v1alpha1:{name}",
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
    """Return all places where a file's data does not fit a schema."""
    if _fits(source.data, schema):
        return []
    from jsonschema import Draft202012Validator

    # Only when something is wrong: the slower library lists everything and says which keyword failed.
    errors = Draft202012Validator(schema).iter_errors(source.data)
    found = [problem for error in errors for problem in _explain(error, source)]
    # `$` also matches before a line break in Python, so the two libraries can differ on such text.
    return found or [_problem(source, (), "MC101", "the file does not fit the schema", "run `mcgen schema`")]


def _fits(data: Any, schema: dict[str, Any]) -> bool:
    try:
        import jsonschema_rs
    except ImportError:
        from jsonschema import Draft202012Validator

        return bool(Draft202012Validator(schema).is_valid(data))
    return bool(jsonschema_rs.validator_for(schema).is_valid(data))


def _explain(error: Any, source: Source) -> Iterator[Problem]:
    path: DataPath = tuple(error.absolute_path)
    handler = _HANDLERS.get(error.validator, _other)
    yield from handler(error, path, source)


def _unknown(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    known = sorted(error.schema.get("properties", {}))
    for key in error.instance:
        if key in known:
            continue
        near = difflib.get_close_matches(key, known, 1)
        advice = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}"
        yield _problem(source, (*path, key), "MC102", f'unknown key "{_short(key)}"{_in(path)}', advice, key=True)


def _required(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    missing = re.match(r"'(.+)' is a required property", error.message)
    name = missing[1] if missing else "?"
    meaning = error.schema.get("properties", {}).get(name, {}).get("description", "")
    yield _problem(source, path, "MC103", f'"{name}" is missing{_in(path)}', meaning)


def _type(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    wanted = _TYPES.get(error.validator_value, str(error.validator_value))
    raw = source.raw(path)
    if error.instance is None:
        yield _problem(source, path, "MC104", f"{_name(path)} is empty", f"write {wanted}, or remove the line")
    elif error.validator_value == "string" and raw is not None:
        message = f"{_name(path)} is {_actual(error.instance)} to YAML, and must be a text"
        yield _problem(source, path, "MC104", message, f'put it in quotes: "{raw}"')
    else:
        yield _problem(source, path, "MC104", f"{_name(path)} must be {wanted}, not {_actual(error.instance)}", "")


def _enum(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    allowed = [str(value) for value in error.schema.get("enum", [error.schema.get("const")])]
    near = difflib.get_close_matches(str(error.instance), allowed, 1)
    advice = f'did you mean "{near[0]}"?' if near and len(allowed) > 1 else f"write {_or(allowed)}"
    message = f'{_name(path)} is "{_short(error.instance)}", and must be one of {", ".join(sorted(allowed))}'
    yield _problem(source, path, "MC105", message, advice)


def _pattern(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    examples = error.schema.get("examples") or []
    advice = f'write it like "{examples[0]}"' if examples else _PATTERN_ADVICE.get(error.validator_value, "")
    message = f'{_name(path)} "{_short(error.instance)}" does not match {error.validator_value}'
    yield _problem(source, path, "MC106", message, advice)


def _other(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    yield _problem(
        source, path, "MC107", f"{_name(path)}: {_short(error.message, 200)}", _LIMITS.get(error.validator, "")
    )


_HANDLERS = {
    "additionalProperties": _unknown,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "pattern": _pattern,
}
_PATTERN_ADVICE = {
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": "use lower-case letters, digits and `-`, with a letter or digit at both ends",
}
_LIMITS = {
    "maxLength": "shorten it",
    "minItems": "add at least one",
    "minimum": "raise it",
    "maximum": "lower it",
}


def _problem(source: Source, path: DataPath, code: str, message: str, advice: str, *, key: bool = False) -> Problem:
    pos, length = source.span(path, key=key)
    return Problem(code=code, message=message, advice=advice, pos=pos, length=length)


def _name(path: DataPath) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".") or "the file"


def _in(path: DataPath) -> str:
    return f" in {_name(path)}" if path else ""


def _actual(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "a mapping", list: "a list", str: "a text", int: "a number", float: "a number"}
    return kinds.get(type(value), "nothing")


def _or(values: list[str]) -> str:
    return " or ".join(f'"{value}"' for value in sorted(values))


def _short(value: Any, limit: int = 80) -> str:
    text = str(value)
    return text if len(text) <= limit else f"{text[:limit]}…"
