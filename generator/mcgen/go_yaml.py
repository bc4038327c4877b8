"""Reads what programs in Go write, as Kubernetes' own readers do (sigs.k8s.io/yaml with its go.yaml.in/yaml/v2).

PyYAML's YAML 1.1 is another one: there "=", "<<" and dates are no text, 1e+06 is no number, and 1:30 is one.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import reread

if TYPE_CHECKING:
    from mcgen.tree import Data

_TAG = "tag:yaml.org,2002:"
_OTHERS = ("value", "merge", "timestamp", "bool", "int", "float")
_FINITE = r"[-+]?(?:\.[0-9_]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
_TRUTHS = [
    form
    for word in ("y", "yes", "true", "on", "n", "no", "false", "off")
    for form in (word, word.title(), word.upper())
]
_RESOLVED = (
    ("bool", "|".join(_TRUTHS), "yYtToOnNfF"),
    ("int", r"[-+]?(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)", "-+0123456789"),
    ("float", rf"{_FINITE}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+.0123456789"),
)


class _Loader(reread.TextKeys):
    """Kubernetes' readers make text of other keys, and Istio's charts have none."""


def _bool(_: _Loader, node: yaml.ScalarNode) -> bool:
    return node.value.lower() in ("y", "yes", "true", "on")


def _float(_: _Loader, node: yaml.ScalarNode) -> float | str:
    text = node.value.replace("_", "")
    found = float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    # A number that is too large for Go stays what was written.
    return node.value if math.isinf(found) and "inf" not in text.lower() else found


def _int(_: _Loader, node: yaml.ScalarNode) -> int | float:
    text = node.value.replace("_", "").lstrip("+")
    octal = re.fullmatch(r"(-?)0([0-7]+)", text)
    found = int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
    return found if -(2**63) <= found < 2**64 else float(found)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.removeprefix(_TAG) not in _OTHERS]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _name, _pattern, _first in _RESOLVED:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.add_constructor(f"{_TAG}bool", _bool)
_Loader.add_constructor(f"{_TAG}int", _int)
_Loader.add_constructor(f"{_TAG}float", _float)


def documents(text: bytes) -> list[Data]:
    """Return the documents that are not empty; raise ValueError for what is no YAML, or no object."""
    try:
        found: list[Any] = [document for document in reread.documents(text, _Loader) if document]
    except reread.Unreadable as error:
        raise ValueError(f"it is no YAML: {error}") from error
    if not all(isinstance(document, dict) for document in found):
        raise ValueError("it holds something else than objects")
    return found
