"""What is wrong with data that does not fit its schema, in words for the person who wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcgen.blueprint import LABEL, LABEL_FORM
from mcgen.platforms import CLOUDS
from mcgen.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.source import Source
    from mcgen.tree import DataPath

_MAX_SHOWN = 80

# For each type of the schema: what it is called, and how to write it.
_TYPES = {
    "string": ("a text", "write a text, in quotes if it looks like anything else"),
    "object": ("a mapping", "write `key: value` lines below it, indented"),
    "array": ("a list", "write `- item` lines below it, or [item, item]"),
    "boolean": ("true or false", "write true or false, without quotes"),
    "integer": ("a whole number", "write it without quotes, point or exponent"),
}


def no_mapping(source: Source) -> Problem:
    """Return the problem of a file that holds anything but a mapping."""
    message = f"the file holds {_actual(source.data)}, and must be a mapping"
    return _problem(source, (), "MC101", message, "write `key: value` lines, as in the files of `mcgen init`")


def in_other_words(source: Source, path: DataPath, message: str) -> Problem:
    """Return a problem in the words of a library."""
    return _problem(source, path, "MC107", f"{_name(path)}: {_short(message)}", "compare it with `mcgen schema`")


def whole_number(source: Source, path: DataPath) -> Problem:
    """Return the problem of a number with a point where a whole one must stand."""
    wanted, advice = _TYPES["integer"]
    return _problem(source, path, "MC104", f"{_name(path)} is {source.raw(path)}, and must be {wanted}", advice)


def explain(error: Any, source: Source) -> Iterator[Problem]:
    """Yield the problems behind one error of the jsonschema library."""
    path: DataPath = tuple(error.absolute_path)
    if error.instance is None:
        yield _empty(error, path, source)
    else:
        yield from HANDLERS.get(error.validator, _other)(error, path, source)


def _empty(error: Any, path: DataPath, source: Source) -> Problem:
    schema = error.schema
    wanted = _options(schema.get("anyOf", [schema]))
    return _problem(source, path, "MC104", f"{_name(path)} is empty", f"write {wanted}, or remove the line")


def _unknown(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    known = sorted(error.schema.get("properties", {}))
    for key in error.instance:
        if key in known:
            continue
        near = _near(key, known)
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
        fits = re.search(error.schema.get("pattern", ""), raw)
        advice = f'put it in quotes: "{raw}"' if fits else f"put it in quotes, and {_form(error.schema)}"
    else:
        message = f"{_name(path)} is {actual}{_value(error.instance)}, and must be {wanted}"
    yield _problem(source, path, "MC104", message, advice)


def _any_of(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    # A list of the wrong items fits by its type and fails inside; so does a mapping with an unknown key.
    # What is one of a few words is a text, though its schema does not say so.
    unfit = {"enum", "type"} if isinstance(error.instance, (dict, list)) else {"type"}
    inside = [
        deeper for deeper in error.context if deeper.validator not in unfit or len(deeper.absolute_path) > len(path)
    ]
    for deeper in inside:
        yield from explain(deeper, source)
    if not inside:
        wanted = _options(error.validator_value)
        message = f"{_name(path)} is {_actual(error.instance)}{_value(error.instance)}, and must be {wanted}"
        yield _problem(source, path, "MC104", message, f"write {wanted}")


def _options(schemas: list[dict[str, Any]]) -> str:
    # What is only referred to is a section.
    return " or ".join(_or(one["enum"]) if "enum" in one else _TYPES[one.get("type", "object")][0] for one in schemas)


def _near(word: str, known: Sequence[str]) -> list[str]:
    """Return the one of the known words that may have been meant, if any is near."""
    from difflib import get_close_matches

    return get_close_matches(word[:_MAX_SHOWN], known, 1)


def _enum(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    allowed = sorted(str(value) for value in error.schema["enum"])
    if isinstance(error.instance, (dict, list)):
        message = f"{_name(path)} is {_actual(error.instance)}, and must be a text"
        yield _problem(source, path, "MC104", message, f"write {_or(allowed)}")
        return
    shown = error.instance if isinstance(error.instance, str) else source.raw(path)
    near = _near(str(shown), allowed) or [name for name in [CLOUDS.get(str(shown).lower())] if name in allowed]
    advice = f"write {_or(allowed)}" + (f', probably "{near[0]}"' if near and len(allowed) > 1 else "")
    message = f'{_name(path)} is "{_short(shown)}", which is not known here'
    yield _problem(source, path, "MC105", message, advice)


def _pattern(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    message = f'{_name(path)} is "{_short(error.instance)}", which is not of the form that is needed'
    yield _problem(source, path, "MC106", message, _form(error.schema))


def _form(schema: dict[str, Any]) -> str:
    """Return how to write a text that has to fit a pattern."""
    # Of what a name may hold, an example says less than words.
    return f"use {LABEL_FORM}" if schema["pattern"] == LABEL else f'write it like "{schema["examples"][0]}"'


def _limit(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    limit = error.validator_value
    message, advice = {
        "maxLength": (f"is {len(str(error.instance))} characters long, and may have {limit}", "shorten it"),
        "minItems": ("is an empty list", f"add an item{', or leave it out' if 'default' in error.schema else ''}"),
        "minimum": (f"is {error.instance}, and must be at least {limit}", "raise it"),
        "maximum": (f"is {error.instance}, and must be at most {limit}", "lower it"),
    }[error.validator]
    yield _problem(source, path, "MC107", f"{_name(path)} {message}", advice)


def _other(error: Any, path: DataPath, source: Source) -> Iterator[Problem]:
    yield in_other_words(source, path, error.message)


HANDLERS = {
    "additionalProperties": _unknown,
    "anyOf": _any_of,
    "enum": _enum,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    **dict.fromkeys(("maxLength", "minItems", "minimum", "maximum"), _limit),
}


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
