"""Why a document is invalid: every defect with its place, in words, told by the jsonschema package."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    from mcgen.tree import DataPath

LONGEST = 60
BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
ARTICLES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
LIMITS = {
    "exclusiveMaximum": "is not less than",
    "exclusiveMinimum": "is not more than",
    "maxLength": "is longer than",
    "maxItems": "has more members than",
    "maxProperties": "has more members than",
    "maximum": "is more than",
    "minLength": "is shorter than",
    "minItems": "has fewer members than",
    "minProperties": "has fewer members than",
    "minimum": "is less than",
}


def explain(schema: dict[str, Any], document: Any) -> list[tuple[str, str]]:
    """Return (place, message) for every defect of the document, sorted, empty for a valid one."""
    found = {
        (place(where), message)
        for error in validator(schema).iter_errors(document)
        for where, message in _defects(error)
    }
    return sorted(found)


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return the validator of the jsonschema package, its regular expressions read as the other engines do."""
    made: Draft202012Validator = _validator_class()(schema)
    return made


def place(path: Iterable[str | int]) -> str:
    """Return the path as people write it: `spec.ports[2].port`, `metadata.labels["a/b"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif BARE_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


@cache
def _validator_class() -> Callable[[dict[str, Any]], Any]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, expression: str, instance: Any, __: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not _compiled(expression).search(instance):
            yield ValidationError(f"{instance!r} does not match {expression!r}")

    made: Callable[[dict[str, Any]], Any] = extend(Draft202012Validator, {"pattern": pattern})
    return made


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    """Compile a pattern; to Python alone `$` is also the place before a final newline."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", expression), re.ASCII)


def _defects(error: ValidationError) -> Iterator[tuple[DataPath, str]]:
    where: DataPath = tuple(error.absolute_path)
    value, rule = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            for key in sorted(value.keys() - error.schema.get("properties", {}).keys(), key=str):
                yield (*where, str(key)), f"unknown key '{key}'{_near(key, error.schema['properties'])}"
        case "required":
            for key in sorted(set(rule) - value.keys()):
                yield where, f"'{key}' is missing"
        case "type":
            yield where, f"{_shown(value)} is not {_either(rule)}"
        case "enum":
            yield where, f"{_shown(value)} is not {_one_of(rule)}{_near(value, rule)}"
        case "pattern":
            yield where, f"{_shown(value)} does not match {rule}"
        case "oneOf" | "anyOf":
            yield from _alternatives(error, where)
        case str(keyword) if keyword in LIMITS:
            yield where, f"{_shown(value)} {LIMITS[keyword]} {rule}"
        case _:
            yield where, _cut(error.message)


def _alternatives(error: ValidationError, where: DataPath) -> Iterator[tuple[DataPath, str]]:
    """Explain why no branch fits, or more than one does, by the branch that comes nearest."""
    keys = list(dict.fromkeys(key for branch in error.validator_value for key in branch.get("required", ())))
    if keys and isinstance(error.instance, dict):
        present = [key for key in keys if key in error.instance]
        if len(present) > 1:
            yield where, f"{_list(present, 'and')} exclude each other"
        elif not present:
            yield where, f"{_list(keys, 'or')} is missing"
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [
        errors
        for errors in branches.values()
        if not any(inner.validator in ("type", "required", "not") and not inner.path for inner in errors)
    ]
    if fitting:
        for inner in min(fitting, key=len):
            yield from _defects(inner)
    elif not keys:
        types = [branch["type"] for branch in error.validator_value if isinstance(branch.get("type"), str)]
        yield where, f"{_shown(error.instance)} is not {_either(types)}" if types else _cut(error.message)


def _near(word: Any, words: Iterable[Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(word), [w for w in words if isinstance(w, str)], n=1)
    return f", did you mean '{near[0]}'?" if near else ""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"'{_cut(value if isinstance(value, str) else json.dumps(value, default=str))}'"


def _cut(text: str) -> str:
    text = text if text.isprintable() else text.encode("unicode_escape").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _either(types: str | list[str]) -> str:
    names = [types] if isinstance(types, str) else types
    return " or ".join(ARTICLES[name] for name in names)


def _one_of(values: list[Any]) -> str:
    words = [_shown(value) for value in values]
    return words[0] if len(words) == 1 else f"one of {', '.join(sorted(words))}"


def _list(words: list[str], conjunction: str) -> str:
    quoted = [f"'{word}'" for word in words]
    return f" {conjunction} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
