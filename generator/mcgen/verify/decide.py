"""What a set of policies decides about a request, as Istio does: three-valued, where only a live mesh could tell.

Source: https://istio.io/latest/docs/reference/config/security/authorization-policy/ and pilot/pkg/security/authz of
Istio: DENY comes first; without any ALLOW everything else is allowed, otherwise what one of them matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.blueprint import From, Policy, Rule, To

_TEMPLATE = re.compile(r"\{\*\*?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as a workload's proxy sees it. account: namespace/serviceaccount; port: the workload's own."""

    account: str
    method: str
    path: str
    host: str
    port: int


def applies(policy: Policy, namespace: str, labels: dict[str, str]) -> bool:
    """Return whether a policy is for a workload."""
    return policy.namespace == namespace and policy.selector.items() <= labels.items()


def allowed(policies: Sequence[Policy], request: Request) -> bool | None:
    """Return whether the policies of a workload allow a request; None when that depends on what is not known."""
    denied = _any(matches(policy, request) for policy in policies if policy.action == "DENY")
    allows = [policy for policy in policies if policy.action == "ALLOW"]
    granted = _any(matches(policy, request) for policy in allows) if allows else True
    return _all([_not(denied), granted])


def matches(policy: Policy, request: Request) -> bool | None:
    """Return whether any rule of a policy is about a request."""
    return _any(_rule(rule, request) for rule in policy.rules)


def _rule(rule: Rule, request: Request) -> bool | None:
    caller = _caller(rule.from_, request) if rule.from_ else True
    return _all([caller, _operation(rule.to, request) if rule.to else True])


def _caller(caller: From, request: Request) -> bool | None:
    namespace = request.account.partition("/")[0]
    return _all(
        [
            not caller.service_accounts or request.account in caller.service_accounts,
            not caller.namespaces or namespace in caller.namespaces,
            # The address that a proxy sees depends on the way: gateways and nodes put their own there.
            None if caller.ip_blocks else True,
        ]
    )


def _operation(operation: To, request: Request) -> bool:
    return all(
        (
            not operation.methods or request.method in operation.methods,
            request.method not in operation.not_methods,
            not operation.paths or any(path_matches(pattern, request.path) for pattern in operation.paths),
            not any(path_matches(pattern, request.path) for pattern in operation.not_paths),
            not operation.hosts or any(_wildcard(each.lower(), request.host.lower()) for each in operation.hosts),
            not operation.ports or request.port in operation.ports,
        )
    )


def path_matches(pattern: str, path: str) -> bool:
    """Return whether a path fits a pattern: a wildcard at one end, or a template with {*} and {**}."""
    if "{" not in pattern:
        return _wildcard(pattern, path)
    pieces = _TEMPLATE.split(pattern)
    holes = [".*" if hole == "{**}" else "[^/]+" for hole in _TEMPLATE.findall(pattern)]
    parts = [re.escape(pieces[0])] + [hole + re.escape(piece) for hole, piece in zip(holes, pieces[1:], strict=True)]
    return re.fullmatch("".join(parts), path) is not None


def example(pattern: str) -> str:
    """Return a path that fits a pattern."""
    return _TEMPLATE.sub("mcgen-verify", pattern).replace("*", "/mcgen-verify" if pattern == "*" else "mcgen-verify")


def _wildcard(pattern: str, text: str) -> bool:
    if pattern == "*":
        return text != ""
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a value of three
    return None if value is None else not value


def _all(values: Iterable[bool | None]) -> bool | None:
    found = list(values)
    return False if False in found else (None if None in found else True)


def _any(values: Iterable[bool | None]) -> bool | None:
    found = list(values)
    return True if True in found else (None if None in found else False)
