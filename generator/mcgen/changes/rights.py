"""What may be done: RBAC rules and bindings, and what Argo CD may do for the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen.changes.finding import Finding, Risk, Turn, flow, quote, quoted
from mcgen.changes.leaves import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta

Right: TypeAlias = tuple[str, str, str, str]
"""API group, resource, name and verb."""

_ROLES, _BINDINGS = {"Role", "ClusterRole"}, {"RoleBinding", "ClusterRoleBinding"}
_LISTS = (
    ("sourceRepos", "repository"),
    ("destinations", "destination"),
    ("clusterResourceWhitelist", "kind of cluster"),
    ("namespaceResourceWhitelist", "kind of namespaces"),
    ("sourceNamespaces", "namespace of Applications"),
)
_DENIED = (("clusterResourceBlacklist", "kind of cluster"), ("namespaceResourceBlacklist", "kind of namespaces"))
_GRAVE = {"escalate", "bind", "impersonate"}
_APPLY = "an administrator must apply argocd/install again"
_APPLY_LATER = f"{_APPLY}, once Argo CD has deleted what goes: it deletes nothing that the project does not permit"


def rules(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield the rights that a role gives and gave."""
    if delta.kind not in _ROLES:
        return
    before, after = _rights(delta.old), _rights(delta.new)
    covers = (("rules",),) if delta.old and delta.new else ((),)
    for turn, found in ((Turn.WIDENED, after - before), (Turn.NARROWED, before - after)):
        if found:
            yield _rights_changed(delta, turn, found, covers)


def _rights_changed(delta: Delta, turn: Turn, found: set[Right], covers: Any) -> Finding:
    wide = turn is Turn.WIDENED
    words = _words(found)
    high = wide and any(map(_grave, found))
    why = "secrets, or rights that give more rights" if high else ""
    return Finding(
        kind="rights",
        turn=turn,
        risk=Risk.HIGH if high else Risk.MEDIUM,
        what=f"{quote(delta.title)} {'may' if wide else 'may no longer'} {quoted(words)}",
        why=why or ("an account may do more" if wide else "what needs these rights fails"),
        before="" if wide else "; ".join(words),
        after="; ".join(words) if wide else "",
        covers=covers,
    )


def bindings(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield who gets and loses a role."""
    if delta.kind not in _BINDINGS:
        return
    before, after = (_subjects(side) for side in (delta.old, delta.new))
    covers = (("subjects",),) if delta.old and delta.new else ((),)
    for turn, found in ((Turn.WIDENED, after - before), (Turn.NARROWED, before - after)):
        if found:
            role = get(delta.some, "roleRef", "name")
            verb, to = ("gives", "to") if turn is Turn.WIDENED else ("takes", "from")
            yield Finding(
                kind="rights",
                turn=turn,
                risk=Risk.MEDIUM,
                what=f"{quote(delta.title)} {verb} role {quote(role)} {to} {quoted(sorted(found))}",
                why="who has the role may do what it says",
                before="" if turn is Turn.WIDENED else ", ".join(sorted(found)),
                after=", ".join(sorted(found)) if turn is Turn.WIDENED else "",
                covers=covers,
            )


def _subjects(binding: Any) -> set[str]:
    found = get(binding, "subjects")
    return {flow(subject) for subject in found} if isinstance(found, list) else set()


def _rights(role: Any) -> set[Right]:
    found = get(role, "rules")
    rights: set[Right] = set()
    for rule in found if isinstance(found, list) else []:
        if not isinstance(rule, dict):
            continue
        groups, resources = _strings(rule, "apiGroups"), _strings(rule, "resources") + _strings(rule, "nonResourceURLs")
        for name in _strings(rule, "resourceNames") or [""]:
            rights |= {
                (g, r, name, verb) for g in groups or [""] for r in resources for verb in _strings(rule, "verbs")
            }
    return rights


def _strings(rule: Any, key: str) -> list[str]:
    found = rule.get(key)
    return [str(value) for value in found] if isinstance(found, list) else []


def _grave(right: Right) -> bool:
    group, resource, _, verb = right
    return (
        verb in _GRAVE
        or "*" in (verb, resource)
        or resource == "secrets"
        or (group == "rbac.authorization.k8s.io" and verb not in {"get", "list", "watch"})
    )


def _words(rights: set[Right]) -> list[str]:
    """Return rights in words, those that differ in the verb alone together."""
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for group, resource, name, verb in sorted(rights):
        verbs.setdefault((group, resource, name), []).append(verb)
    found = []
    for (group, resource, name), listed in verbs.items():
        what = f"{resource}.{group}" if group else resource
        what = "everything" if (group, resource) == ("*", "*") else what
        verb = "do everything with" if "*" in listed else ", ".join(listed)
        found.append(f"{verb} {what}{f' {name}' if name else ''}")
    return found


def projects(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield what an AppProject allows and allowed."""
    if delta.kind != "AppProject":
        return
    whole = delta.old is None or delta.new is None
    for lists, wider in ((_LISTS, Turn.WIDENED), (_DENIED, Turn.NARROWED)):
        for key, title in lists:
            before, after = (_entries(side, key) for side in (delta.old, delta.new))
            covers = ((),) if whole else (("spec", key),)
            for turn, found in ((wider, after - before), (wider.back, before - after)):
                if found:
                    yield _project(delta, turn, title, sorted(found), covers, key)


def _project(delta: Delta, turn: Turn, title: str, found: list[str], covers: Any, key: str) -> Finding:
    wide = turn is Turn.WIDENED
    high = wide and (key == "sourceRepos" or any("*" in entry for entry in found))
    verb = "allows" if wide else "no longer allows"
    why = "whoever writes there, or asks for that, decides what runs" if high else _APPLY if wide else _APPLY_LATER
    return Finding(
        kind="project",
        turn=turn,
        risk=Risk.HIGH if high else Risk.MEDIUM,
        what=f"project {quote(delta.name)} {verb} {title} {quoted(found)}",
        why=why,
        before="" if wide else "; ".join(found),
        after="; ".join(found) if wide else "",
        covers=covers,
    )


def _entries(project: Any, key: str) -> set[str]:
    found = get(project, "spec", key)
    return {_entry(entry) for entry in found} if isinstance(found, list) else set()


def _entry(entry: Any) -> str:
    if isinstance(entry, dict) and entry.keys() <= {"name", "namespace", "server"}:
        return f"{entry.get('name') or entry.get('server')}/{entry.get('namespace')}"
    if isinstance(entry, dict) and entry.keys() <= {"group", "kind", "name"}:
        name = f" {entry['name']}" if entry.get("name") else ""
        return f"{entry.get('kind')}{'.' if entry.get('group') else ''}{entry.get('group') or ''}{name}"
    return flow(entry)
