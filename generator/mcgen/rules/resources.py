"""Rules about the resources of containers.

Sources: k8s.io/apimachinery/pkg/api/resource/quantity.go and k8s.io/kubernetes/pkg/apis/core/validation.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mcgen import labels
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Resources
    from mcgen.tree import DataPath

# Fewer digits than Kubernetes takes, and far more than a container needs.
_QUANTITY = re.compile(
    r"(?P<number>[0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(?P<suffix>[KMGTPE]i|[numkMGTPE]?)(?:[eE](?P<ten>[-+]?[0-9]))?"
)
_SUFFIXES = {"": 0, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}
_STANDARD = ("cpu", "ephemeral-storage", "memory")


def quantities(blueprint: Blueprint) -> Iterator[Finding]:
    """MC240: resources are known to Kubernetes, in its quantities, and no request is above its limit."""
    for i, cluster in enumerate(blueprint.clusters):
        yield from _resources(cluster.gateway.resources, ("clusters", i, "gateway", "resources"))


def _resources(resources: Resources, path: DataPath) -> Iterator[Finding]:
    for kind, values in (("requests", resources.requests), ("limits", resources.limits)):
        for name, text in values.items():
            place: DataPath = (*path, kind, name)
            if not _is_known(name):
                advice = f"write one of {', '.join(_STANDARD)}, or a name with a domain"
                yield error("MC240", place, f'"{name}" is no resource of a container', advice, key=True)
            if _value(text) is None:
                yield error("MC240", place, f'"{text}" is no quantity', 'write it like "500m" or "256Mi"')
    for name, text in resources.requests.items():
        limit = resources.limits.get(name, "")
        asked, allowed = _value(text), _value(limit)
        if asked is not None and allowed is not None and asked > allowed:
            message = f'{name} requests "{text}", which is above the limit "{limit}"'
            yield error("MC240", (*path, "requests", name), message, "raise the limit or lower the request")


def _is_known(name: str) -> bool:
    return name in _STANDARD or name.startswith("hugepages-") or ("/" in name and labels.is_key(name))


def _value(text: str) -> Decimal | None:
    found = _QUANTITY.fullmatch(text)
    if found is None or (found["suffix"] and found["ten"]):
        return None
    number, suffix = Decimal(found["number"]), found["suffix"]
    if suffix in _BINARY:
        return number * _BINARY[suffix]
    return number.scaleb(_SUFFIXES[suffix] + int(found["ten"] or 0))


RULES = (quantities,)
