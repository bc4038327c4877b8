"""Which objects a Kustomize patch target selects.

Sources: sigs.k8s.io/kustomize/api/types/selector.go (anchored regular expressions) and Kubernetes' label selectors.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.blueprint import Target
    from mcgen.tree import Data

_SET = re.compile(r"(?P<key>\S+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_COMPARE = re.compile(r"(?P<key>[^\s!=]+)\s*(?P<op>==|=|!=)\s*(?P<value>\S*)")
_EXISTS = re.compile(r"(?P<not>!?)\s*(?P<key>[^\s!=(),]+)")
_COMMA = re.compile(r",(?![^()]*\))")


def selects(target: Target, document: Data) -> bool:
    """Return whether a target selects a document; raise ValueError when the target cannot be read."""
    group, _, version = document["apiVersion"].rpartition("/")
    metadata = document.get("metadata", {})
    pairs = (
        (target.group, group),
        (target.version, version),
        (target.kind, document["kind"]),
        (target.name, metadata.get("name", "")),
        (target.namespace, metadata.get("namespace", "default")),
    )
    return (
        all(pattern is None or _matches(pattern, value) for pattern, value in pairs)
        and matches_labels(target.label_selector or "", metadata.get("labels", {}))
        and matches_labels(target.annotation_selector or "", metadata.get("annotations", {}))
    )


def matches_labels(selector: str, labels: Mapping[str, str]) -> bool:
    """Return whether labels fit a selector such as `a=b,c in (d,e),!f`; raise ValueError when it is none."""
    return all(_fits(part.strip(), labels) for part in _COMMA.split(selector) if part.strip())


def _fits(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        inside = labels.get(found["key"]) in values
        return inside if found["op"] == "in" else not inside
    if found := _COMPARE.fullmatch(part):
        equal = labels.get(found["key"]) == found["value"]
        return not equal if found["op"] == "!=" else equal
    if found := _EXISTS.fullmatch(part):
        return (found["key"] in labels) != bool(found["not"])
    raise ValueError(f'"{part}" is no label selector')


def _matches(pattern: str, value: str) -> bool:
    if not pattern:
        return True
    try:
        return re.fullmatch(f"(?:{pattern})", value) is not None
    except re.error as error:
        raise ValueError(f'"{pattern}" is no regular expression: {error}') from error
