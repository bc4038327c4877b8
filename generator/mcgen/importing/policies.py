"""AuthorizationPolicies: the part of them that a blueprint can say, and the places of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import names
from mcgen.importing.documents import items, mapping, texts, word, words
from mcgen.tree import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.importing.documents import Document
    from mcgen.tree import Data, DataPath

# Fields of an operation that are called the same in a blueprint.
_OPERATION = ("methods", "notMethods", "paths", "notPaths", "hosts")


class Rest(NamedTuple):
    """Something that a blueprint cannot say: where it stands, and why."""

    path: DataPath
    why: str


def read(document: Document, trust_domain: str) -> tuple[Data, list[Rest]]:
    """Return the policy as a blueprint has it, and what is left. A policy with a rest must not be taken: it would say
    something else.
    """
    found: Data = {"name": document.name, "namespace": document.namespace}
    spec = mapping(document.at("spec"))
    rest = list(_unknown(spec, {"selector", "action", "rules"}, ("spec",)))
    description = document.at("metadata", "annotations", names.DESCRIPTION)
    optional: Data = {
        "description": word(description),
        "selector": texts(at(spec, "selector", "matchLabels")),
        "action": word(spec.get("action")) if spec.get("action") != "ALLOW" else "",
    }
    if spec.get("action") not in (None, "ALLOW", "DENY"):
        rest.append(Rest(("spec", "action"), "a policy of a blueprint is ALLOW or DENY"))
    if mapping(spec.get("selector")).keys() - {"matchLabels"}:
        rest.append(Rest(("spec", "selector"), "a policy of a blueprint selects by matchLabels"))
    found |= {key: value for key, value in optional.items() if value}
    rules = []
    for i, rule in enumerate(items(spec.get("rules"))):
        said, left = _rule(rule, trust_domain, ("spec", "rules", i))
        rules.append(said)
        rest += left
    return found | ({"rules": rules} if rules else {}), rest


def _rule(rule: Data, trust_domain: str, path: DataPath) -> tuple[Data, list[Rest]]:
    rest = list(_unknown(rule, {"from", "to"}, path, "conditions (`when`) have no field" if "when" in rule else ""))
    found: Data = {}
    for key, inner, reader in (("from", "source", _source), ("to", "operation", _operation)):
        entries = items(rule.get(key))
        if len(entries) > 1:
            rest.append(Rest((*path, key), f"a rule of a blueprint has one `{key}`: make a rule of each"))
        for entry in entries[:1]:
            said: Data = {}
            rest += _unknown(entry, {inner}, (*path, key, 0))
            for name, value in mapping(entry.get(inner)).items():
                if value == []:
                    continue  # Istio takes no notice of it either.
                one, why = reader(name, value, trust_domain)
                said |= one
                if why:
                    rest.append(Rest((*path, key, 0, inner, name), why))
            found[key] = said
    return found, rest


def _source(name: str, value: Any, trust_domain: str) -> tuple[Data, str]:
    if name == "principals":
        callers = [_caller(each, trust_domain) for each in words(value)]
        strange = [each for each, caller in zip(words(value), callers, strict=True) if not caller]
        why = f'"{strange[0]}" is no service account of the trust domain {trust_domain}' if strange else ""
        return {"serviceAccounts": [caller for caller in callers if caller]}, why
    if name in ("namespaces", "ipBlocks"):
        return {name: words(value)}, ""
    return {}, f"callers have no `{name}` in a blueprint"


def _caller(principal: str, trust_domain: str) -> str:
    """Return a principal as namespace/account, empty for another form."""
    parts = principal.split("/")
    if len(parts) != 5 or parts[1] != "ns" or parts[3] != "sa" or "*" in principal:
        return ""
    return f"{parts[2]}/{parts[4]}" if parts[0] in (trust_domain, "cluster.local") else ""


def _operation(name: str, value: Any, _: str) -> tuple[Data, str]:
    if name == "ports":
        numbers = [each for each in words(value) if each.isascii() and each.isdigit() and len(each) < 6]
        why = "" if len(numbers) == len(words(value)) else "a port is a number between 1 and 65535"
        return {"ports": [int(each) for each in numbers]}, why
    if name in _OPERATION:
        return {name: words(value)}, ""
    return {}, f"operations have no `{name}` in a blueprint"


def _unknown(found: Data, known: set[str], path: DataPath, why: str = "") -> Iterator[Rest]:
    for key in found:
        if key not in known:
            yield Rest((*path, key), why or f"a policy of a blueprint has no `{key}`")
