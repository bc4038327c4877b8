"""The blueprint's shape: its published JSON Schema, and what is wrong with data that does not fit."""

from __future__ import annotations

import difflib
import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from mcgen import blueprint, facts
from mcgen.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.protocols import Validator

    from mcgen.source import Source
    from mcgen.tree import DataPath

_MAX_PROBLEMS = 1000
_MAX_SHOWN = 80

# For each type of the schema: what it is called, and how to write it.
_TYPES = {
    "string": ("a text", "write a text, in quotes if it looks like anything else"),
    "object": ("a mapping", "write `key: value` lines below it, indented"),
    "array": ("a list", "write `- item` lines below it, or [item, item]"),
    "boolean": ("true or false", "write true or false, without quotes"),
    "integer": ("a whole number", "write it without quotes, point or exponent"),
    "number": ("a number", "write it without quotes"),
}


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
    """Return the places where a file's data does not fit a schema: all of them, unless they are too many to read."""
    if not isinstance(source.data, dict):
        message = f"the file holds {_actual(source.data)}, and must be a mapping"
        return [_problem(source, (), "MC101", message, f"begin it with `apiVersion: {blueprint.API_VERSION}`")]
    if _fits(source.data, schema):
        return []
    # Only when something is wrong: the slower library lists everything and says which keyword failed.
    errors = _validator(schema).iter_errors(source.data)
    found = list(islice((problem for error in errors for problem in _explain(error, source)), _MAX_PROBLEMS))
    return found or [
        _problem(source, (), "MC101", "the file does not fit its schema", "compare it with `mcgen schema`")
    ]


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

    validator: Validator = extend(Draft202012Validator, {"pattern": pattern})(schema)
    return validator


def _explain(error: Any, source: Source) -> Iterator[Problem]:
    path: DataPath = tuple(error.absolute_path)
    if error.instance is None:
        yield _empty(error, path, source)
    else:
        yield from _HANDLERS.get(error.validator, _other)(error, path, source)


def _empty(error: Any, path: DataPath, source: Source) -> Problem:
    wanted, _ = _TYPES.get(str(error.schema.get("type")), ("a value", ""))
    remedy = "remove the item" if path and isinstance(path[-1], int) else "remove the line"
    return _problem(source, path, "MC104", f"{_name(path)} is empty", f"write {wanted}, or {remedy}")


def _unknown(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    known = sorted(error.schema.get("properties", {}))
    for key in error.instance:
        if key in known:
            continue
        near = difflib.get_close_matches(key[:_MAX_SHOWN], known, 1)
        advice = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}"
        yield _problem(source, (*path, key), "MC102", f'unknown key "{_short(key)}"{_in(path)}', advice, key=True)


def _required(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    missing = re.match(r"'(.+)' is a required property", error.message)
    name = missing[1] if missing else "?"
    meaning = error.schema.get("properties", {}).get(name, {}).get("description", "")
    advice = f"add `{name}:`" + (f" ({meaning[0].lower()}{meaning[1:].rstrip('.')})" if meaning else "")
    yield _problem(source, path, "MC103", f'"{name}" is missing{_in(path)}', advice)


def _type(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    wanted, advice = _TYPES[error.validator_value]
    actual = _actual(error.instance)
    raw = source.raw(path)
    if error.validator_value == "string" and raw is not None:
        message = f"{_name(path)} is {raw}, which is {actual} to YAML, and must be a text"
        advice = f'put it in quotes: "{raw}"'
    else:
        message = f"{_name(path)} is {actual}{_value(error.instance)}, and must be {wanted}"
    yield _problem(source, path, "MC104", message, advice)


def _any_of(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    wanted = " or ".join(_TYPES[option["type"]][0] for option in error.validator_value)
    # A list of the wrong items fits by its type and fails inside.
    inside = [deeper for deeper in error.context if len(deeper.absolute_path) > len(path)]
    for deeper in inside:
        yield from _explain(deeper, source)
    if not inside:
        message = f"{_name(path)} is {_actual(error.instance)}{_value(error.instance)}, and must be {wanted}"
        yield _problem(source, path, "MC104", message, f"write {wanted}")


def _enum(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    allowed = sorted(str(value) for value in error.schema["enum"])
    if isinstance(error.instance, (dict, list)):
        message = f"{_name(path)} is {_actual(error.instance)}, and must be a text"
        yield _problem(source, path, "MC104", message, f"write {_or(allowed)}")
        return
    shown = error.instance if isinstance(error.instance, str) else source.raw(path)
    near = difflib.get_close_matches(str(shown)[:_MAX_SHOWN], allowed, 1)
    advice = f'did you mean "{near[0]}"?' if near and len(allowed) > 1 else f"write {_or(allowed)}"
    message = f'{_name(path)} is "{_short(shown)}", and must be {_or(allowed)}'
    yield _problem(source, path, "MC105", message, advice)


def _pattern(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    examples = error.schema.get("examples")
    advice = f'write it like "{examples[0]}"' if examples else _LABEL_ADVICE
    message = f'{_name(path)} is "{_short(error.instance)}", which is not of the form {error.validator_value}'
    yield _problem(source, path, "MC106", message, advice)


def _limit(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    limit = error.validator_value
    message, advice = {
        "maxLength": (f"is {len(str(error.instance))} characters long, and may have {limit}", "shorten it"),
        "minItems": ("is an empty list", "add an item, or remove the line"),
        "minimum": (f"is {error.instance}, and must be at least {limit}", "raise it"),
        "maximum": (f"is {error.instance}, and must be at most {limit}", "lower it"),
    }[error.validator]
    yield _problem(source, path, "MC107", f"{_name(path)} {message}", advice)


def _other(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    yield _problem(source, path, "MC107", f"{_name(path)}: {_short(error.message)}", "compare it with `mcgen schema`")


_HANDLERS = {
    "additionalProperties": _unknown,
    "anyOf": _any_of,
    "enum": _enum,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    **dict.fromkeys(("maxLength", "minItems", "minimum", "maximum"), _limit),
}
_LABEL_ADVICE = "use lower-case letters, digits and `-`, with a letter or digit at both ends"


def _problem(source: Source, path: DataPath, code: str, message: str, advice: str, *, key: bool = False) -> Problem:
    pos, length = source.span(path, key=key)
    return Problem(code=code, message=message, advice=advice, pos=pos, length=length)


def _name(path: DataPath) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_short(step)}" for step in path)
    return text.lstrip(".") or "the file"


def _in(path: DataPath) -> str:
    return f" in {_name(path)}" if path else ""


def _actual(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "a mapping", list: "a list", str: "a text", int: "a number", float: "a number"}
    return kinds.get(type(value), "nothing")


def _value(value: Any) -> str:
    """Return a single value as it is shown in a message, nothing for a mapping or a list."""
    if isinstance(value, (dict, list)):
        return ""
    return f' "{_short(value)}"' if isinstance(value, str) else f" ({str(value).lower()})"


def _or(values: list[str]) -> str:
    return " or ".join(f'"{value}"' for value in values)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
