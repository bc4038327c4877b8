"""Rules about namespaces, and about labels wherever the blueprint gives some."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.mesh import all_namespaces
from mcgen.rules.finding import Finding, error, one_of, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

# Label syntax: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
_PREFIX = r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?"
_KEY = re.compile(_PREFIX + r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_OWNED_LABELS = (names.INJECTION, "istio.io/rev", names.NETWORK)
_RESERVED = ("default", names.ISTIO_SYSTEM, "kube-node-lease", "kube-public", "kube-system")


def declared_once(blueprint: Blueprint) -> Iterator[Finding]:
    """MC212: each namespace is declared once, and is nobody else's."""
    reserved = (*_RESERVED, blueprint.gitops.argocd.namespace)
    first: dict[str, DataPath] = {}
    for path, namespace in all_namespaces(blueprint):
        place: DataPath = (*path, "namespace" if path == ("demo",) else "name")
        if namespace.name in reserved:
            yield error(
                "MC212", place, f'namespace "{namespace.name}" is not the team\'s to own', "choose another name"
            )
        known = first.setdefault(namespace.name, path)
        if known != path:
            yield error(
                "MC212",
                place,
                f'namespace "{namespace.name}" is declared twice',
                "keep one and merge the other into it",
            )


def known_clusters(blueprint: Blueprint) -> Iterator[Finding]:
    """MC213: wherever the blueprint names clusters, they exist."""
    known = {cluster.name for cluster in blueprint.clusters}
    lists: list[tuple[DataPath, list[str] | None]] = [
        (("namespaces", i, "clusters"), ns.clusters) for i, ns in enumerate(blueprint.namespaces)
    ]
    lists += [(("patches", i, "clusters"), patch.clusters) for i, patch in enumerate(blueprint.patches)]
    for path, clusters in lists:
        for j, name in enumerate(clusters or []):
            if name not in known:
                yield error("MC213", (*path, j), f'cluster "{name}" is not in this mesh', _choices(known))
    argocd = blueprint.gitops.argocd.cluster
    if argocd and argocd not in known:
        yield error(
            "MC213", ("gitops", "argocd", "cluster"), f'cluster "{argocd}" is not in this mesh',
            f"{_choices(known)}, or remove the line when Argo CD runs elsewhere",
        )  # fmt: skip


def _choices(known: set[str]) -> str:
    # In a large mesh the list would be longer than a screen.
    return f"write one of {one_of(list(known))}" if len(known) <= 20 else "write a name under `clusters`"


def nothing_exported(blueprint: Blueprint) -> Iterator[Finding]:
    """MC231: without an exported namespace no Service can be called across networks."""
    exported = any(ns.exported for _, ns in all_namespaces(blueprint))
    if blueprint.exposure.profile == "hardened" and len(blueprint.clusters) > 1 and not exported:
        yield warning(
            "MC231",
            ("metadata", "name"),
            "no namespace is exported: no Service can be called from another network",
            "mark a namespace with `exported: true`",
        )


def demo_namespace(blueprint: Blueprint) -> Iterator[Finding]:
    """MC232: the demo's namespace, when declared, is one in which the demo works."""
    if not blueprint.demo.enabled:
        return
    for i, ns in enumerate(blueprint.namespaces):
        if ns.name == blueprint.demo.namespace and not (ns.injection and ns.exported and ns.clusters is None):
            yield error(
                "MC232",
                ("namespaces", i, "name"),
                f'the demo needs "{ns.name}" in every cluster, with injection, and exported',
                "declare it so, or leave the namespace to the demo",
            )


def labels(blueprint: Blueprint) -> Iterator[Finding]:
    """MC239, MC219: labels and annotations are legal, and those that mcgen owns are left alone."""
    for i, ns in enumerate(blueprint.namespaces):
        path: DataPath = ("namespaces", i)
        yield from _legal(ns.labels, (*path, "labels"), values=True)
        yield from _legal(ns.annotations, (*path, "annotations"), values=False)
        for key in ns.labels:
            if key in _OWNED_LABELS or key.startswith(names.POD_SECURITY):
                yield error(
                    "MC219",
                    (*path, "labels", key),
                    f'label "{key}" is set by mcgen',
                    "use `injection`, `podSecurity` or the cluster's `network`",
                    key=True,
                )
        if names.SYNC_OPTIONS in ns.annotations:
            yield error(
                "MC219", (*path, "annotations", names.SYNC_OPTIONS), "this annotation is set by mcgen", key=True
            )
    for i, policy in enumerate(blueprint.policies):
        yield from _legal(policy.selector, ("policies", i, "selector"), values=True)
    for i, cluster in enumerate(blueprint.clusters):
        yield from _legal(cluster.gateway.annotations, ("clusters", i, "gateway", "annotations"), values=False)


def _legal(given: dict[str, str], path: DataPath, *, values: bool) -> Iterator[Finding]:
    for key, value in given.items():
        if not _KEY.fullmatch(key):
            yield error("MC239", (*path, key), f'"{key}" is no legal key', "see Kubernetes' label syntax", key=True)
        if values and not _VALUE.fullmatch(value):
            yield error(
                "MC239",
                (*path, key),
                f'"{value}" is no legal label value',
                "at most 63 letters, digits, `-`, `_`, `.`, beginning and ending with a letter or digit",
            )


RULES = (declared_once, known_clusters, nothing_exported, demo_namespace, labels)
