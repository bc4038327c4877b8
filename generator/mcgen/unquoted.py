"""What becomes of text whose quotes a program forgets: what else than text it is then taken for.

kustomize writes the keys of an object's own annotations without the quotes that they had, and reads them again;
Istio's charts write a revision without any. Other keys and names keep theirs.
"""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from math import isinf
from typing import TYPE_CHECKING, Any

from mcgen.scalars import FALSE_WORDS, NULL_WORDS, TRUE_WORDS, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

ADVICE = "rename it, or put a name in front of it, such as `example.com/`"

_NUMBER, _TRUTH, _NOTHING, _DATE = "a number", "true or false", "null", "a date"

# What the YAML reader of kustomize knows (go.yaml.in/yaml/v3, resolve.go): single words in three spellings.
_WORDS = {
    **{form: _TRUTH for word in ("true", "false") for form in (word, word.title(), word.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), _NOTHING),
    **{f"{sign}{form}": _NUMBER for sign in ("", "+", "-") for form in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), _NUMBER),
}
_BASES = re.compile(r"[-+]?0(?:b[01]+|o[0-7]+|x[0-9a-f]+)", re.IGNORECASE)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?", re.IGNORECASE)
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt](?=.*(?:Z|[-+][0-9]{2}:[0-9]{2})\Z)| (?!.*[-+Z]))"
    r"(?:2[0-3]|[01]?[0-9])(?::[0-5]?[0-9]){2}(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?"
)
# strconv.ParseFloat, by which istioctl knows numbers, also reads these.
_GO_FLOAT = re.compile(r"[-+]?(?:inf(?:inity)?|nan|0x[0-9a-f]+p[-+]?[0-9]+)", re.IGNORECASE)


def by_kustomize(key: str) -> str:
    """Return what kustomize takes the key of an annotation for; empty when it is text to it."""
    if key in _WORDS:
        return _WORDS[key]
    if _is_date(key):
        return _DATE
    # Digits are grouped by it wherever a number may begin.
    number = key.replace("_", "") if key[0] in "-+0123456789" else key
    return _NUMBER if _is_number(number) else ""


def by_charts(text: str) -> str:
    """Return what a lower-case name is taken for where Istio's charts write it; empty when it is text."""
    for words, what in ((TRUE_WORDS | FALSE_WORDS, _TRUTH), (NULL_WORDS, _NOTHING)):
        if text in words:
            return what
    # Dates stay text: the manifests become JSON, which has none.
    return _NUMBER if _is_number(text) or _GO_FLOAT.fullmatch(text) else ""


def words(key: str, what: str) -> str:
    """Return what is wrong with an annotation."""
    return f"kustomize takes the annotation {quoted(key)} for {what}, even in quotes, and cannot build the object"


def broken(document: Any) -> Iterator[tuple[str, str]]:
    """Yield the annotations of an object by which kustomize cannot build it, and what it takes them for."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    for key in found if isinstance(found, dict) else ():
        if what := by_kustomize(key):
            yield key, what


def _is_number(text: str) -> bool:
    # Go takes what has more than 64 bits for text, and others do not.
    return bool(_BASES.fullmatch(text) or (_DECIMAL.fullmatch(text) and not isinf(float(text))))


def _is_date(text: str) -> bool:
    found = _TIMESTAMP.fullmatch(text)
    if found:
        year, month, day = map(int, found.groups())
        with suppress(ValueError):
            # The calendar of Go has a year 0, and Python's has not; it repeats itself every 400 years.
            return 1 <= day <= monthrange(2000 + year % 400, month)[1]
    return False
