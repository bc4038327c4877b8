"""Which objects a Kustomize patch target selects.

Source: sigs.k8s.io/kustomize/api, types/selector.go (anchored regular expressions) and resmap/reswrangler.go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mcgen import labels

if TYPE_CHECKING:
    from mcgen.blueprint import Target
    from mcgen.tree import Data

# What Kustomize takes for the namespace of an object that has none.
_NO_NAMESPACE = "_non_namespaceable_"
_CLUSTER_SCOPED = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"})

# A target comes from a blueprint, and Python's engine can take for ever on some expressions. So only those are
# read that mean the same to Go's engine and cannot: nothing repeated is repeated, and there is little to choose.
_LONGEST_PATTERN = 253
_MOST_CHOICES = 6
_PIECE = re.compile(
    r"""(?P<atom>[A-Za-z0-9_/:-] | \. | \\[-./dwDW] | \[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_.:/])+-?\])
      | (?P<anchor>[\^$])
      | (?P<open>\((?:\?:)?)
      | (?P<close>\))
      | (?P<bar>\|)
      | (?P<repeat>(?:[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})\??)""",
    re.VERBOSE | re.ASCII,
)


def selects(target: Target, document: Data, original: Data | None = None) -> bool:
    """Return whether a target selects a document; raise ValueError when the target cannot be read.

    original: the document before other patches changed it; Kustomize looks for its name and namespace too.
    """
    versions = (document,) if original is None else (document, original)
    group, _, version = document["apiVersion"].rpartition("/")
    metadata = document["metadata"]
    return (
        _matches(target.group, group)
        and _matches(target.version, version)
        and _matches(target.kind, document["kind"])
        and _matches(target.name, *(known["metadata"]["name"] for known in versions))
        and _matches(target.namespace, *(_namespace(known) for known in versions))
        and _fits(target.label_selector, metadata.get("labels"))
        and _fits(target.annotation_selector, metadata.get("annotations"))
    )


def check(target: Target) -> None:
    """Raise ValueError when a target cannot be read, whatever it might be compared with."""
    for pattern in (target.group, target.version, target.kind, target.name, target.namespace):
        if pattern:
            _compile(pattern)
    for selector in (target.label_selector, target.annotation_selector):
        labels.parse(selector or "")


def _namespace(document: Data) -> str:
    if document["kind"] in _CLUSTER_SCOPED:
        return _NO_NAMESPACE
    namespace: str = document["metadata"].get("namespace") or "default"
    return namespace


def _fits(selector: str | None, given: Any) -> bool:
    # Another patch may have put anything here.
    known = {key: str(value) for key, value in given.items()} if isinstance(given, dict) else {}
    return all(requirement.matches(known) for requirement in labels.parse(selector or ""))


def _matches(pattern: str | None, *values: str) -> bool:
    return not pattern or any(_compile(pattern).fullmatch(value) for value in values)


@lru_cache(maxsize=256)
def _compile(pattern: str) -> re.Pattern[str]:
    """Return a target's regular expression; raise ValueError when it is none, or one that is not read here."""
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f'"{pattern[:40]}…" is longer than {_LONGEST_PATTERN} characters')
    _bounded(pattern)
    try:
        return re.compile(f"(?:{pattern})", re.ASCII)
    except re.error as error:
        raise ValueError(f'"{pattern}" is no regular expression: {error}') from error


def _bounded(pattern: str) -> None:
    before, depth, choices, at = "", 0, 0, 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        kind = str(piece.lastgroup) if piece else ""
        if piece is None or (kind == "repeat" and not _repeatable(before, piece[0])):
            raise ValueError(f'"{pattern}" has "{pattern[at : at + 8]}", which is not read in a target')
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if kind == "bar" and depth == 0:
            choices = 0
        choices += {"repeat": 2, "bar": int(depth > 0)}.get(kind, 0)
        if choices > _MOST_CHOICES:
            raise ValueError(f'"{pattern}" repeats or chooses too often')
        before, at = kind, piece.end()


def _repeatable(before: str, repeat: str) -> bool:
    """Return whether a repetition can follow: any after one character, after a group only `?`."""
    return before == "atom" or (before == "close" and repeat == "?")
