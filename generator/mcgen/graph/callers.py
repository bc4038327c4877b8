"""Who may call whom: AuthorizationPolicies in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcgen import names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

Group = tuple[str, tuple[str, ...]]
"""What the values are, and the values: one of them must hold. Of several groups all must."""

_PRINCIPAL = re.compile(r"[^/]*/ns/([^/]+)/sa/([^/]+)")
_WORDS = {
    "principals": "service account",
    "notPrincipals": "any service account but",
    "namespaces": "namespace",
    "notNamespaces": "any namespace but",
    "ipBlocks": "address",
    "notIpBlocks": "any address but",
    "methods": "method",
    "notMethods": "any method but",
    "paths": "path",
    "notPaths": "any path but",
    "hosts": "host",
    "notHosts": "any host but",
    "ports": "port",
    "notPorts": "any port but",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: callers (none: anybody) and what is called (none: anything)."""

    callers: tuple[Group, ...]
    calls: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """An AuthorizationPolicy. selector: labels of the workloads, none for all of the namespace."""

    name: str
    namespace: str
    description: str
    denies: bool
    selector: tuple[str, ...]
    rules: tuple[Rule, ...]


def policy(document: Data) -> Policy:
    """Return what an AuthorizationPolicy says; what stands under `when` is named, and not explained."""
    metadata, spec = document["metadata"], document["spec"]
    labels = spec.get("selector", {}).get("matchLabels", {})
    return Policy(
        name=metadata["name"],
        namespace=metadata["namespace"],
        description=metadata.get("annotations", {}).get(names.DESCRIPTION, ""),
        denies=spec.get("action") == "DENY",
        selector=tuple(f"{key}={value}" for key, value in labels.items()),
        rules=tuple(found for rule in spec.get("rules", []) for found in _rules(rule)),
    )


def _rules(rule: Mapping[str, Any]) -> list[Rule]:
    """Return a rule for each pair of a source and an operation: one pair that fits is enough."""
    sources = [entry["source"] for entry in rule.get("from", [])] or [{}]
    operations = [entry["operation"] for entry in rule.get("to", [])] or [{}]
    when = tuple(("condition", (str(entry["key"]),)) for entry in rule.get("when", []))
    return [
        Rule(callers=_groups(source), calls=(*_groups(operation), *when))
        for source in sources
        for operation in operations
    ]


def _groups(given: Mapping[str, Any]) -> tuple[Group, ...]:
    return tuple((_WORDS.get(key, key), tuple(_value(value) for value in values)) for key, values in given.items())


def _value(value: Any) -> str:
    found = _PRINCIPAL.fullmatch(str(value))
    return f"{found[1]}/{found[2]}" if found else str(value)
