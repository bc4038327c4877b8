"""What an unquoted YAML scalar means, and which ones YAML readers do not agree on."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

# YAML 1.1 reads more words than 1.2 does, and libraries differ in the spellings; so all spellings count.
TRUE_WORDS = frozenset({"y", "yes", "on", "true"})
FALSE_WORDS = frozenset({"n", "no", "off", "false"})
NULL_WORDS = frozenset({"null", "~", ""})
WORDS = TRUE_WORDS | FALSE_WORDS | NULL_WORDS | {"=", "<<"}

# NUL ends a string in many programs; the others kustomize unescapes, and then refuses its own text or, with
# U+0085, makes a blank of it.
_UNPORTABLE = re.compile("[\0\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_AGREED: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,40}")
# The numbers of the YAML 1.1 types, the YAML 1.2 core schema and Go's yaml packages, digits grouped or not:
# binary, octal, hexadecimal, sexagesimal, decimal, infinity, not-a-number.
_NUMBER = re.compile(
    r"[-+]?(?:0b[01]+|0o?[0-7]+|0x[0-9a-f]+|[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?|\.inf|\.nan)",
    re.IGNORECASE,
)
# Go's readers give up on a key at 1024 characters, escapes included; Kubernetes' own longest have 317.
MAX_KEY = 500
INT64 = range(-(2**63), 2**63)


class Resolved(NamedTuple):
    """A plain scalar's value; `fix` says how to write it where readers disagree, else it is empty."""

    value: Scalar
    fix: str = ""


def resolve(text: str) -> Resolved:
    """Return what a plain scalar means in the subset on which YAML 1.1, 1.2 and Go's readers agree.

    Timestamps stay strings, as in JSON. What is ambiguous comes back as its text, with a fix.
    """
    if text in _AGREED:
        return Resolved(_AGREED[text])
    if text.lower() in WORDS:
        return Resolved(text, _word_fix(text))
    if text[0] not in "-+.0123456789":
        return Resolved(text)
    if _INT.fullmatch(text) and int(text) in INT64:
        return Resolved(int(text))
    if _FLOAT.fullmatch(text):
        return Resolved(float(text))
    if _NUMBER.fullmatch(text.replace("_", "")):
        return Resolved(text, f"put it in quotes, {quoted(text)}, or write a plain decimal number")
    return Resolved(text)


def unportable(text: str) -> str:
    """Return why not every tool gives the text back as it is, however it is quoted; empty when all do."""
    if bad := _UNPORTABLE.search(text):
        return f"contains U+{ord(bad[0]):04X}"
    # As an annotation, it comes out as a block that kustomize cannot read back.
    return "begins with a tab and has several lines" if text.startswith("\t") and "\n" in text else ""


def unportable_key(text: str) -> str:
    """Return why not every tool accepts the text as a key, however it is quoted; empty when all do."""
    if text == "<<":
        # kustomize forgets the quotes and merges.
        return "is the merge key"
    return f"is longer than {MAX_KEY} characters" if len(text) > MAX_KEY else unportable(text)


def quoted(text: str) -> str:
    """Return the text in double quotes, cut when it is long, for use in a message."""
    return f'"{text}"' if len(text) <= 60 else f'"{text[:57]}..."'


def _word_fix(text: str) -> str:
    lower = text.lower()
    for words, canonical in ((TRUE_WORDS, "true"), (FALSE_WORDS, "false"), (NULL_WORDS, "null")):
        if lower in words:
            return f"write {canonical}, or {quoted(text)} in quotes for the text"
    return f"put it in quotes, {quoted(text)}"
