"""Kubernetes' labels: what a legal key and value is, and label selectors.

Source: k8s.io/apimachinery/pkg/labels/selector.go and pkg/util/validation. Annotations have keys of the same form.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_ADVICE = "write at most 63 letters, digits, `-`, `_`, `.`, and in front of them at most a DNS name and a `/`"
VALUE_ADVICE = "write at most 63 letters, digits, `-`, `_`, `.`, with a letter or digit at both ends"

_NAME = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_KEY = re.compile(rf"(?:(?=[^/]{{1,253}}/){_DNS_LABEL}(?:\.{_DNS_LABEL})*/)?{_NAME}")
_VALUE = re.compile(rf"(?:{_NAME})?")
_LONGEST_KEY = 253 + len("/") + 63

# Words are taken as a whole ("++"), as Kubernetes' lexer does: `appin(a)` is no `app in (a)`.
_WORD = r"[^ \t\r\n=!(),<>]++"
_REQUIREMENT = re.compile(
    rf"""[ \t\r\n]*
    (?: ![ \t\r\n]*(?P<absent>{_WORD})
      | (?P<key>{_WORD}) [ \t\r\n]*
        (?: (?P<compare>==|!=|[=<>]) [ \t\r\n]* (?P<value>{_WORD})?
          | (?P<set>in|notin) [ \t\r\n]* \((?P<values>[^()=!<>]*)\)
        )?
    )
    [ \t\r\n]*(?P<end>,|\Z)""",
    re.VERBOSE,
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_LONGEST_SELECTOR = 2000


class Requirement(NamedTuple):
    """One part of a selector: a key, an operator (exists, !, in, notin, <, >) and its values."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether an object's labels fit."""
        value = labels.get(self.key)
        if self.operator in ("exists", "!"):
            return (value is not None) == (self.operator == "exists")
        if self.operator in ("in", "notin"):
            # A label that is not there is in no set, so `!=` and `notin` fit.
            return (value in self.values) == (self.operator == "in")
        if value is None or not _INTEGER.fullmatch(value):
            return False
        bound = int(min(self.values))
        return int(value) > bound if self.operator == ">" else int(value) < bound


def is_key(text: str) -> bool:
    """Return whether a text can be the key of a label or an annotation."""
    return len(text) <= _LONGEST_KEY and _KEY.fullmatch(text) is not None


def is_value(text: str) -> bool:
    """Return whether a text can be the value of a label."""
    return len(text) <= 63 and _VALUE.fullmatch(text) is not None


@lru_cache(maxsize=256)
def parse(selector: str) -> tuple[Requirement, ...]:
    """Return the parts of a selector such as `a=b,c in (d,e),!f`; raise ValueError when it is none."""
    if len(selector) > _LONGEST_SELECTOR:
        raise ValueError(f"a selector of {len(selector)} characters is too long")
    found: list[Requirement] = []
    at = 0
    more = bool(selector.strip(" \t\r\n"))
    while more:
        match = _REQUIREMENT.match(selector, at)
        if match is None:
            raise ValueError(f'"{selector[at:].strip() or selector}" is no label selector')
        found.append(_requirement(match))
        at, more = match.end(), bool(match["end"])
    return tuple(found)


def _requirement(match: re.Match[str]) -> Requirement:
    key = match["absent"] or match["key"]
    if not is_key(key):
        raise ValueError(f'"{key}" is no legal key')
    if match["absent"]:
        return Requirement(key, "!")
    if match["set"]:
        values = [value.strip(" \t\r\n") for value in match["values"].split(",")]
        operator = match["set"]
    elif match["compare"]:
        values = [match["value"] or ""]
        operator = {"=": "in", "==": "in", "!=": "notin"}.get(match["compare"], match["compare"])
    else:
        return Requirement(key, "exists")
    for value in values:
        if not is_value(value) or (operator in ("<", ">") and not _INTEGER.fullmatch(value)):
            raise ValueError(f'"{value}" is no legal value')
    return Requirement(key, operator, frozenset(values))
