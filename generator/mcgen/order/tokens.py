"""What the objects of a stage bring to their chain, and what they need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen import names
from mcgen.order import istio, kinds, kustomize, objects, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.order.follow import Step
    from mcgen.order.kinds import Kind
    from mcgen.order.objects import Obj

Token: TypeAlias = tuple[str, str, str]
"""What one object brings and another needs: the edge, the cluster ('' where it does not matter), and which one."""

_SECRETS = (*kinds.SECRETS, kinds.SECRET)
_POLICIES, _INJECTOR = "policies", "injector"
# These groups come with Kubernetes, or with what has to be there before mcgen.
_PRESENT = {"", "apps", "autoscaling", "batch", "policy", "argoproj.io", "install.istio.io"}
# The groups of addons: the tree brings their CRDs, or somebody else has.
_ADDONS = {kinds.group(kind) for kind in kinds.SECRETS}


class _Families(dict["Kind", str]):
    """Whose CRDs a kind needs; empty for kinds that are always there."""

    def __missing__(self, kind: Kind) -> str:
        group = kinds.group(kind)
        present = group in _PRESENT or group in _ADDONS or group.endswith(".k8s.io")
        found = self[kind] = "" if present else _family(group)
        return found


_FAMILIES = _Families()


def needs(step: Step, chain: str, injected: set[tuple[str, str]]) -> dict[Token, Obj]:
    """Return what a step needs, each with the first object that does (for namespaces: by the objects' own waves).

    chain: the cluster whose chain it is; injected: clusters and namespaces whose pods are injected.
    """
    cluster, default = step.app.cluster, step.app.namespace
    spaces: dict[str, Obj] = {}
    needed: dict[Token, Obj] = {}
    for obj in step.built.objects:
        kind = obj.kind
        if kind not in kinds.CLUSTER_SCOPED:
            first = spaces.setdefault(obj.namespace or default, obj)
            if obj.wave < first.wave:
                spaces[obj.namespace or default] = obj
        if family := _FAMILIES[kind]:
            needed.setdefault((table.CRDS, cluster, family), obj)
        elif kind in kinds.SECRETS:
            needed.setdefault(_definition(cluster, kinds.group(kind)), obj)
        if kind in _NEEDS:
            needed.update(dict.fromkeys(_NEEDS[kind](obj.facts, cluster), obj))
        elif kind in _SECRETS or _is_gate(obj):
            needed.update(dict.fromkeys(_secret_needs(obj, cluster, chain), obj))
        elif kind in objects.WORKLOADS and _is_injected(obj, step, injected):
            needed.setdefault(_injector(cluster, ""), obj)
            needed.setdefault((table.POLICIES, cluster, _POLICIES), obj)
    needed.update({(table.NAMESPACE, cluster, name): obj for name, obj in spaces.items()})
    return needed


def _is_gate(obj: Obj) -> bool:
    return obj.kind == kinds.JOB and bool(obj.facts.suspended)


def _is_injected(obj: Obj, step: Step, injected: set[tuple[str, str]]) -> bool:
    if kustomize.INJECTION in step.built.touched:
        return True
    asked = obj.facts.inject if obj.kind == kinds.JOB else obj.facts
    home = (step.app.cluster, obj.namespace or step.app.namespace)
    return home in injected if asked is None else bool(asked)


def _is_remote_secret(obj: Obj, cluster: str, chain: str) -> bool:
    """Return whether an object is a remote secret, or the gate that waits for one: a gate in another cluster."""
    return (obj.kind in kinds.SECRETS and bool(obj.facts)) or (_is_gate(obj) and cluster != chain)


def is_authority(obj: Obj) -> bool:
    """Return whether an object brings the CA with which an istiod signs."""
    return obj.kind in kinds.SECRETS and not obj.facts and obj.name == names.AUTHORITY


def has_istiod(found: Iterable[Obj]) -> bool:
    """Return whether an istiod is among the objects, once they are rendered."""
    return any(obj.kind == kinds.OPERATOR and obj.facts.has_istiod for obj in found)


def _operator_needs(operator: istio.Operator, cluster: str) -> Iterator[Token]:
    if operator.profile != istio.EMPTY:
        yield table.CRDS, cluster, istio.FAMILY
    if operator.profile == istio.REMOTE:
        yield table.REMOTE_SECRET, "", operator.cluster_id
    if operator.has_istiod:
        yield table.AUTHORITY, cluster, names.AUTHORITY
    if operator.gateways:
        yield _injector(cluster, operator.revision)


def _injector(cluster: str, revision: str) -> Token:
    """Return what injects pods that ask for a revision, or for none."""
    return table.CONTROL_PLANE, cluster, names.revised(_INJECTOR, revision)


def _istiod(cluster: str, revision: str) -> Token:
    """Return a control plane, whether or not it injects."""
    return table.CONTROL_PLANE, cluster, f"revision {revision or names.DEFAULT_TAG}"


def _operator_brings(obj: Obj, cluster: str) -> Iterator[Token]:
    operator: istio.Operator = obj.facts
    if operator.base:
        yield table.CRDS, cluster, istio.FAMILY
    if operator.profile != istio.EMPTY:
        yield _istiod(cluster, operator.revision)
        if operator.injects:
            yield _injector(cluster, operator.revision)
    for _, labels in operator.gateways:
        for label in labels:
            yield table.GATEWAY, cluster, label


def _secret_needs(obj: Obj, cluster: str, chain: str) -> Iterator[Token]:
    if obj.kind == kinds.SECRET:
        if names.reads_for(obj.facts):
            for part in (_ACCOUNT, _RIGHTS):
                yield table.IDENTITY, cluster, part.format(obj.facts)
    elif _is_remote_secret(obj, cluster, chain):
        yield table.READER, chain, cluster


_ACCOUNT, _RIGHTS = "ServiceAccount '{}'", "the rights of '{}'"


def _secret_brings(obj: Obj, cluster: str) -> list[Token]:
    consumer = names.reads_for(obj.facts)
    return [(table.READER, cluster, consumer)] if consumer else []


def _kept_brings(obj: Obj, cluster: str) -> list[Token]:
    if is_authority(obj):
        return [(table.AUTHORITY, cluster, names.AUTHORITY)]
    return [(table.REMOTE_SECRET, "", obj.facts)] if obj.facts else []


_NEEDS: dict[Kind, Callable[[Any, str], Iterable[Token]]] = {
    kinds.OPERATOR: _operator_needs,
    kinds.ISTIO_GATEWAY: lambda labels, cluster: [(table.GATEWAY, cluster, label) for label in labels],
    kinds.MUTATING_WEBHOOK: lambda tag, cluster: [_istiod(cluster, tag)] if tag else [],
}
BRINGS: dict[Kind, Callable[[Obj, str], Any]] = {
    kinds.NAMESPACE: lambda obj, cluster: [(table.NAMESPACE, cluster, obj.name)],
    kinds.CRD: lambda obj, cluster: [_definition(cluster, obj.name.partition(".")[2])],
    kinds.OPERATOR: _operator_brings,
    kinds.SERVICE_ACCOUNT: lambda obj, cluster: [(table.IDENTITY, cluster, _ACCOUNT.format(obj.name))],
    kinds.MUTATING_WEBHOOK: lambda obj, cluster: [_injector(cluster, "")] if obj.facts else [],
    kinds.SECRET: _secret_brings,
    kinds.BINDING: lambda obj, cluster: [(table.IDENTITY, cluster, _RIGHTS.format(name)) for name in obj.facts],
    **dict.fromkeys(kinds.SECRETS, _kept_brings),
    **dict.fromkeys(
        table.EDGES[table.POLICIES].by,
        lambda obj, cluster: [(table.POLICIES, cluster, _POLICIES)],  # noqa: ARG005
    ),
}
"""What an object brings, by its kind."""


def _definition(cluster: str, group: str) -> Token:
    return (table.ADDON_CRDS, cluster, group) if group in _ADDONS else (table.CRDS, cluster, _family(group))


def _family(group: str) -> str:
    return istio.FAMILY if group.endswith(f".{istio.FAMILY}") else group
