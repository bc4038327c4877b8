"""Rules about policies: that they say something, about namespaces and callers that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.mesh import all_namespaces
from mcgen.rules.finding import Finding, error, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Namespace, Policy, To
    from mcgen.tree import DataPath


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
    known = {ns.name: ns for _, ns in all_namespaces(blueprint)}
    for i, policy in enumerate(blueprint.policies):
        if policy.namespace not in known:
            yield error(
                "MC214",
                ("policies", i, "namespace"),
                f'namespace "{policy.namespace}" is not declared',
                f"declare it under `namespaces`, or write one of {one_of(list(known))}",
            )
        yield from _callers(policy, ("policies", i), known)


def _callers(policy: Policy, path: DataPath, known: dict[str, Namespace]) -> Iterator[Finding]:
    for j, rule in enumerate(policy.rules):
        if rule.from_ is None:
            continue
        place: DataPath = (*path, "rules", j, "from")
        for k, name in enumerate(rule.from_.namespaces):
            if name not in known and name != names.ISTIO_SYSTEM:
                yield error("MC215", (*place, "namespaces", k), f'namespace "{name}" is not declared', _declare(known))
        for k, account in enumerate(rule.from_.service_accounts):
            yield from _account(account, (*place, "serviceAccounts", k), known)


def _account(text: str, path: DataPath, known: dict[str, Namespace]) -> Iterator[Finding]:
    namespace, account = text.split("/")
    if namespace == names.ISTIO_SYSTEM:
        return
    if namespace not in known:
        yield error("MC215", path, f'namespace "{namespace}" of caller "{text}" is not declared', _declare(known))
        return
    accounts = known[namespace].service_accounts
    if accounts is not None and account not in accounts:
        yield error(
            "MC215",
            path,
            f'service account "{account}" is not one of namespace "{namespace}"',
            f"write one of {one_of(accounts[:20])}, or add it to the namespace's `serviceAccounts`",
        )


def _declare(known: dict[str, Namespace]) -> str:
    return f"declare it under `namespaces`, or write one of {one_of(list(known))}"


def meaningful(blueprint: Blueprint) -> Iterator[Finding]:
    """MC216: a policy denies or allows something that can be said."""
    for i, policy in enumerate(blueprint.policies):
        path: DataPath = ("policies", i)
        if policy.action == "DENY" and not policy.rules:
            yield error("MC216", path, f'policy "{policy.name}" denies nothing: it has no rules', "add `rules`")
        for j, rule in enumerate(policy.rules):
            caller, operation = rule.from_, rule.to
            empty = [part for part in (caller, operation) if part is not None and _is_empty(part)]
            if empty or (caller is None and operation is None):
                yield error(
                    "MC216", (*path, "rules", j), "this rule says nothing about callers or calls",
                    "say something in `from` or `to`, or remove the rule",
                )  # fmt: skip


def paths(blueprint: Blueprint) -> Iterator[Finding]:
    """MC238: a path is absolute, or a pattern that can match one."""
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            for field, values in _paths(rule.to):
                for k, text in enumerate(values):
                    if not text.startswith(("/", "*", "{")):
                        place = ("policies", i, "rules", j, "to", field, k)
                        yield error("MC238", place, f'path "{text}" can match no request', f'write "/{text}"')


def _paths(operation: To | None) -> list[tuple[str, list[str]]]:
    return [("paths", operation.paths), ("notPaths", operation.not_paths)] if operation else []


def _is_empty(part: object) -> bool:
    return not any(getattr(part, field) for field in part.__struct_fields__)  # type: ignore[attr-defined]


RULES = (unique, known_names, meaningful, paths)
