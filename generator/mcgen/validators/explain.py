"""Why a document is invalid: every defect with its place, in words, told by the jsonschema package."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    from mcgen.tree import DataPath

LONGEST = 60
BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
ARTICLES = {
    "array": "a list",
    "boolean": "a boolean",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
NOUNS = {bool: "boolean", float: "number", int: "number", str: "string"}
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


class Defect(NamedTuple):
    """What is wrong at a place of a document; key: with the key there, whatever its value is."""

    where: DataPath
    message: str
    key: bool = False


def explain(schema: dict[str, Any], document: Any) -> list[Defect]:
    """Return every defect of the document, sorted, empty for a valid one."""
    secret = isinstance(document, dict) and document.get("kind") == "Secret"
    show = _kept_secret if secret else _shown
    found = {defect for error in validator(schema).iter_errors(document) for defect in _defects(error, show)}
    return sorted(found, key=lambda defect: (place(defect.where), defect.message))


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

    made: Callable[[dict[str, Any]], Any]
    made = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return made


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    """Compile a pattern; to Python alone `$` is also the place before a final newline."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", expression), re.ASCII)


def _defects(error: ValidationError, show: Callable[[Any], str]) -> Iterator[Defect]:
    where: DataPath = tuple(error.absolute_path)
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            for key in sorted(value.keys() - known.keys(), key=str):
                yield Defect((*where, str(key)), f"unknown key '{key}'{_near(key, known)}", key=True)
        case "required":
            for key in sorted(set(rule) - value.keys()):
                yield Defect(where, f"'{key}' is missing")
        case "type":
            yield Defect(where, _wrong_type(_types(error), value, show))
        case "enum":
            yield Defect(where, f"{show(value)} is not {_one_of(rule)}{_near(value, rule)}")
        case "pattern":
            yield Defect(where, f"{show(value)} does not match {rule}")
        case "oneOf" | "anyOf":
            yield from _alternatives(error, where, show)
        case str(keyword) if keyword in LIMITS:
            yield Defect(where, f"{show(value)} {LIMITS[keyword]} {rule}")
        case _:
            yield Defect(where, f"{show(value)} breaks the rule '{error.validator}'")


def _alternatives(error: ValidationError, where: DataPath, show: Callable[[Any], str]) -> Iterator[Defect]:
    """Explain why no branch fits, or more than one does."""
    branches: list[Any] = list(error.validator_value)  # type: ignore[arg-type]
    keys = list(dict.fromkeys(key for branch in branches for key in branch.get("required", ())))
    present = [key for key in keys if isinstance(error.instance, dict) and key in error.instance]
    inside = list(error.context or ())
    nearest = _nearest(inside)
    types = [name for inner in inside if inner.validator == "type" and not inner.path for name in _types(inner)]
    if len(present) > 1:
        yield Defect(where, f"{_list(sorted(present), 'and')} exclude each other")
    elif nearest:
        for inner in nearest:
            yield from _defects(inner, show)
    elif keys and not present:
        yield Defect(where, f"{_list(sorted(keys), 'or')} is missing")
    elif types:
        yield Defect(where, _wrong_type(types, error.instance, show))
    else:
        yield Defect(where, f"{show(error.instance)} fits none or more than one of the forms that are allowed here")


def _nearest(errors: Iterable[ValidationError]) -> list[ValidationError]:
    """Return what is wrong by the branch with the fewest defects that is meant for such a value at all."""
    branches: dict[Any, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.schema_path[0], []).append(error)
    meant = [
        defects
        for defects in branches.values()
        if not any(error.validator in ("type", "required", "not") and not error.path for error in defects)
    ]
    return min(meant, key=len, default=[])


def _near(word: Any, words: Iterable[Any]) -> str:
    from difflib import get_close_matches

    known = {w.lower(): w for w in words if isinstance(w, str)}
    near = get_close_matches(str(word).lower(), known, n=1)
    return f", did you mean '{known[near[0]]}'?" if near else ""


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return f"'{str(value).lower()}'"
        case _:
            return f"'{_cut(str(value))}'"


def _kept_secret(_: Any) -> str:
    return "'(not shown)'"


def _cut(text: str) -> str:
    text = text if text.isprintable() else text.encode("unicode_escape").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _types(error: ValidationError) -> list[str]:
    types: Any = error.validator_value
    return [types] if isinstance(types, str) else types


def _wrong_type(types: Iterable[str], value: Any, show: Callable[[Any], str]) -> str:
    # Null stands for an absent list or object: allowed, and nothing to aim at.
    wanted = " or ".join(ARTICLES[name] for name in dict.fromkeys(types) if name != "null")
    match value:
        case None | dict() | list():
            return f"expected {wanted}, found {show(value)}"
        case bool() | int() | float() | str():
            return f"expected {wanted}, found the {NOUNS[type(value)]} {show(value)}"
        case _:
            return f"expected {wanted}, found the {type(value).__name__} {show(value)}"


def _one_of(values: list[Any]) -> str:
    words = [_shown(value) for value in values]
    return words[0] if len(words) == 1 else f"one of {', '.join(sorted(words))}"


def _list(words: list[str], conjunction: str) -> str:
    quoted = [f"'{word}'" for word in words]
    return f" {conjunction} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
