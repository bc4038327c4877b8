"""Rules about policies: that they say something, about namespaces and callers that exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from mcgen import names
from mcgen.mesh import all_namespaces
from mcgen.networks import crossed, network_of
from mcgen.rules.finding import Finding, error, one_of, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, From, Policy, To
    from mcgen.tree import DataPath

# The service accounts of each namespace, None where it does not list them.
_Accounts: TypeAlias = dict[str, frozenset[str] | None]

# A part of a path that may be anything, and the rest of one (Istio's path templates).
_ONE, _REST = "{*}", "{**}"
_LITERAL = re.compile(r"[a-zA-Z0-9._~%!$&'()+,;:@=-]+")
_TEMPLATE = ("is no path template", f"write {_ONE} for one whole part, and {_REST} for all that follow, at the end")
_WILDCARD = f'write "*" at the beginning or the end only, or {_ONE} for one whole part'
# Envoy compares the path without its query, with the dots resolved and without blanks.
_UNSEEN = re.compile(r"[?#\s]|/\.\.?(?:/|$)")
_HOST = re.compile(r"\*|\*?[A-Za-z0-9._:\[\]-]+|[A-Za-z0-9._:\[\]-]+\*")


def unique(blueprint: Blueprint) -> Iterator[Finding]:
    """MC217: no two policies of a namespace share a name."""
    first: dict[tuple[str, str], int] = {}
    for i, policy in enumerate(blueprint.policies):
        known = first.setdefault((policy.namespace, policy.name), i)
        if known != i:
            yield error(
                "MC217",
                ("policies", i, "name"),
                f'policies[{known}] is called "{policy.name}" in namespace "{policy.namespace}" already',
                "rename one of them",
            )


def known_names(blueprint: Blueprint) -> Iterator[Finding]:
    """MC214, MC215: namespaces and callers are those of the mesh."""
    known = {
        ns.name: None if ns.service_accounts is None else frozenset(ns.service_accounts)
        for _, ns in all_namespaces(blueprint)
    }
    for i, policy in enumerate(blueprint.policies):
        if policy.namespace not in known:
            message = f'namespace "{policy.namespace}" is not declared'
            yield error("MC214", ("policies", i, "namespace"), message, _declare(known))
        yield from _callers(policy, ("policies", i), known)


def _callers(policy: Policy, path: DataPath, known: _Accounts) -> Iterator[Finding]:
    for j, rule in enumerate(policy.rules):
        if rule.from_ is None:
            continue
        place: DataPath = (*path, "rules", j, "from")
        for k, name in enumerate(rule.from_.namespaces):
            if name not in known and name != names.ISTIO_SYSTEM:
                yield error("MC215", (*place, "namespaces", k), f'namespace "{name}" is not declared', _declare(known))
        for k, account in enumerate(rule.from_.service_accounts):
            yield from _account(account, (*place, "serviceAccounts", k), known)


def _account(text: str, path: DataPath, known: _Accounts) -> Iterator[Finding]:
    namespace, account = text.split("/")
    if namespace == names.ISTIO_SYSTEM:
        return
    if namespace not in known:
        yield error("MC215", path, f'namespace "{namespace}" of caller "{text}" is not declared', _declare(known))
        return
    accounts = known[namespace]
    if accounts is not None and account not in accounts:
        yield error(
            "MC215",
            path,
            f'service account "{account}" is not one of namespace "{namespace}"',
            f"write one of {one_of(accounts)}, or add it to the namespace's `serviceAccounts`",
        )


def _declare(known: _Accounts) -> str:
    return f"declare it under `namespaces`, or write one of {one_of(known)}"


def meaningful(blueprint: Blueprint) -> Iterator[Finding]:
    """MC216: a policy denies or allows something that can be said."""
    for i, policy in enumerate(blueprint.policies):
        path: DataPath = ("policies", i)
        if policy.action == "DENY" and not policy.rules:
            yield error("MC216", path, f'policy "{policy.name}" denies nothing: it has no rules', "add `rules`")
        for j, rule in enumerate(policy.rules):
            place: DataPath = (*path, "rules", j)
            if rule.from_ is None and rule.to is None:
                yield error(
                    "MC216", place, f'rules[{j}] of policy "{policy.name}" says nothing',
                    "say who may call in `from`, or what in `to`, or remove the rule",
                )  # fmt: skip
            for key, part, left_out in (("from", rule.from_, "anybody"), ("to", rule.to, "anything")):
                if part is not None and _is_empty(part):
                    message = f'`{key}` in rules[{j}] of policy "{policy.name}" says nothing'
                    advice = f"say more in it, or leave it out where {left_out} is meant"
                    yield error("MC216", (*place, key), message, advice)


def _without_sidecars(blueprint: Blueprint) -> set[str]:
    return {ns.name for _, ns in all_namespaces(blueprint) if not ns.injection}


def enforced(blueprint: Blueprint) -> Iterator[Finding]:
    """MC305: somebody enforces a policy: the sidecars of its namespace."""
    bare = _without_sidecars(blueprint)
    for i, policy in enumerate(blueprint.policies):
        if policy.namespace in bare:
            yield warning(
                "MC305",
                ("policies", i, "namespace"),
                f'pods of namespace "{policy.namespace}" get no sidecar, and nobody enforces policy "{policy.name}"',
                'remove `injection: false` there; only pods with the label `sidecar.istio.io/inject: "true"` obey it',
            )


def callers_have_identities(blueprint: Blueprint) -> Iterator[Finding]:
    """MC307: only a sidecar says who calls."""
    bare = _without_sidecars(blueprint)
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            place: DataPath = ("policies", i, "rules", j, "from")
            for field, callers in _spaces(rule.from_):
                for k in (k for k, name in enumerate(callers) if name in bare):
                    yield warning(
                        "MC307",
                        (*place, field, k),
                        f'pods of namespace "{callers[k]}" get no sidecar: they have no identity, and match no caller',
                        "remove `injection: false` there, or take it out of `from`",
                    )


def callers_have_addresses(blueprint: Blueprint) -> Iterator[Finding]:
    """MC308: a call from another network has the address of the gateway that it comes through."""
    if len(blueprint.clusters) == 1 or not crossed(map(network_of, blueprint.clusters)):
        return
    every = blueprint.exposure.profile != "hardened"
    exported = {ns.name for _, ns in all_namespaces(blueprint) if ns.exported or every}
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            given = rule.from_
            if (
                policy.namespace in exported
                and given
                and given.ip_blocks
                and not (given.namespaces or given.service_accounts)
            ):
                yield warning(
                    "MC308",
                    ("policies", i, "rules", j, "from", "ipBlocks"),
                    f'namespace "{policy.namespace}" can be called from other networks: every such call has the '
                    "address of the east-west gateway here, whoever calls",
                    "name `namespaces` or `serviceAccounts` as well, which mutual TLS proves",
                )


def _spaces(given: From | None) -> list[tuple[str, list[str]]]:
    """Return the namespaces of callers, by the field that names them."""
    if given is None:
        return []
    accounts = [account.partition("/")[0] for account in given.service_accounts]
    return [("namespaces", given.namespaces), ("serviceAccounts", accounts)]


def matchable(blueprint: Blueprint) -> Iterator[Finding]:
    """MC238: paths and hosts are patterns that a request can match.

    Sources: istio's pkg/config/security (CheckValidPathTemplate) and pilot/pkg/security/authz/matcher.
    """
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            place: DataPath = ("policies", i, "rules", j, "to")
            for field, values in _paths(rule.to):
                for k, text in enumerate(values):
                    if found := _path_problem(text):
                        yield error("MC238", (*place, field, k), f'path "{text}" {found[0]}', found[1])
            for k, text in enumerate(rule.to.hosts if rule.to else []):
                if _HOST.fullmatch(text) is None:
                    advice = 'write it like "shop.example.com", "*.example.com" or "shop.example.com:8080"'
                    yield error("MC238", (*place, "hosts", k), f'host "{text}" can match no request', advice)


def _paths(operation: To | None) -> list[tuple[str, list[str]]]:
    return [("paths", operation.paths), ("notPaths", operation.not_paths)] if operation else []


def _path_problem(text: str) -> tuple[str, str] | None:
    """Return why no request matches a path, and what to write; None when one can."""
    if not text.startswith(("/", "*")):
        return "can match no request: it does not begin with a slash", f'write "/{text}"'
    if "{" in text or "}" in text:
        return None if _is_template(text) else _TEMPLATE
    if text.count("*") > 1 or "*" in text[1:-1]:
        return 'has a "*" that Istio takes as it is', _WILDCARD
    if _UNSEEN.search(text):
        return "can match no request: that part never reaches a policy", 'leave out "?", "#", blanks, "." and ".."'
    return None


def _is_template(text: str) -> bool:
    parts = text.strip("/").split("/")
    return (
        text.startswith("/")
        and _REST not in parts[:-1]
        and all(part in (_ONE, _REST) or _LITERAL.fullmatch(part) for part in parts)
    )


def _is_empty(part: object) -> bool:
    return not any(getattr(part, field) for field in part.__struct_fields__)  # type: ignore[attr-defined]


RULES = (unique, known_names, meaningful, enforced, callers_have_identities, callers_have_addresses, matchable)
