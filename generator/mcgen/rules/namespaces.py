"""Rules about namespaces, and about the clusters that the blueprint names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import addons, names
from mcgen.manifests import bootstrap_rights
from mcgen.mesh import all_namespaces
from mcgen.networks import network_of
from mcgen.rules.finding import Finding, error, one_of, warning
from mcgen.tree import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

# Names of files that stand beside those of the namespaces in the tree.
_TAKEN = (bootstrap_rights.FILE, "kustomization", "tokens")
_RESERVED = ("default", names.ISTIO_SYSTEM, "kube-node-lease", "kube-public", names.KUBE_SYSTEM)


def declared_once(blueprint: Blueprint) -> Iterator[Finding]:
    """MC212: each namespace is declared once, and is nobody else's."""
    first: dict[str, DataPath] = {}
    for path, namespace in all_namespaces(blueprint):
        place: DataPath = (*path, "namespace" if path == ("demo",) else "name")
        yield from _refused(blueprint, namespace.name, place)
        if first.setdefault(namespace.name, path) != path:
            yield error(
                "MC212",
                place,
                f'namespace "{namespace.name}" is declared twice',
                "keep one and merge the other into it",
            )


def addon_namespace(blueprint: Blueprint) -> Iterator[Finding]:
    """MC212: a controller that mcgen installs has a namespace to itself, which mcgen makes."""
    addon = addons.sealed_secrets(blueprint)
    if not addon.managed:
        return
    given = blueprint.addons.sealed_secrets
    place: DataPath = addons.SEALED_SECRETS
    if not isinstance(given, str) and given.namespace:
        place = (*place, "namespace")
    yield from _refused(blueprint, addon.namespace, place)
    if any(namespace.name == addon.namespace for _, namespace in all_namespaces(blueprint)):
        yield error(
            "MC212",
            place,
            f'namespace "{addon.namespace}" is declared, and the sealed-secrets controller has it to itself',
            "write `{install: managed, namespace: ...}` with another name, or rename the one that is declared",
        )


def _refused(blueprint: Blueprint, name: str, place: DataPath) -> Iterator[Finding]:
    if name in (*_RESERVED, blueprint.gitops.argocd.namespace):
        message = f'namespace "{name}" belongs to Kubernetes, Istio or Argo CD'
        yield error("MC212", place, message, "choose another name")
    if name in _TAKEN:
        message = f'namespace "{name}" would need a file of the tree that has another use'
        yield error("MC212", place, message, "choose another name")


def known_clusters(blueprint: Blueprint) -> Iterator[Finding]:
    """MC213: wherever the blueprint names clusters, they exist."""
    known = {cluster.name for cluster in blueprint.clusters}
    lists: list[tuple[DataPath, list[str] | None]] = [
        (("namespaces", i, "clusters"), ns.clusters) for i, ns in enumerate(blueprint.namespaces)
    ]
    lists += [(("patches", i, "clusters"), patch.clusters) for i, patch in enumerate(blueprint.patches)]
    for path, clusters in lists:
        if clusters == []:
            yield error("MC213", path, "this list names no cluster", "remove the line if all clusters are meant")
        for j, name in enumerate(clusters or []):
            if name not in known:
                yield error(
                    "MC213", (*path, j), f'cluster "{name}" is not in this mesh', f"write one of {one_of(known)}"
                )
    argocd = blueprint.gitops.argocd.cluster
    if argocd and argocd not in known:
        yield error(
            "MC213",
            ("gitops", "argocd", "cluster"),
            f'cluster "{argocd}" is not in this mesh',
            f"write one of {one_of(known)}, or remove the line when Argo CD runs elsewhere",
        )


def nothing_exported(blueprint: Blueprint) -> Iterator[Finding]:
    """MC231: without an exported namespace no Service can be called across networks."""
    exported = any(ns.exported for _, ns in all_namespaces(blueprint))
    networks = {network_of(cluster) for cluster in blueprint.clusters}
    if blueprint.exposure.profile == "hardened" and len(networks) > 1 and not exported:
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


def refused_pods(blueprint: Blueprint) -> Iterator[Finding]:
    """MC304: pod security lets in the pods that get a sidecar.

    istio-init adds NET_ADMIN and NET_RAW, which baseline refuses as well. A warning only: pods of a gateway have none.
    Sources: istio, istio-discovery/files/injection-template.yaml; Kubernetes, Pod Security Standards.
    """
    # Istio's CNI plugin does the work of istio-init.
    if at(blueprint.istio.values, "pilot", "cni", "enabled") is True:
        return
    for i, ns in enumerate(blueprint.namespaces):
        if ns.injection and ns.pod_security in ("baseline", "restricted"):
            yield warning(
                "MC304",
                ("namespaces", i, "podSecurity"),
                f'"{ns.pod_security}" refuses every pod of namespace "{ns.name}" that gets a sidecar: its istio-init '
                "needs NET_ADMIN",
                "remove the line, or install Istio's CNI plugin and set `pilot.cni.enabled` in istio.values",
            )


def exported_without_sidecars(blueprint: Blueprint) -> Iterator[Finding]:
    """MC306: behind a gateway somebody speaks mutual TLS. The demo's namespace has MC232."""
    demo = blueprint.demo.namespace if blueprint.demo.enabled else None
    for i, ns in enumerate(blueprint.namespaces):
        if ns.exported and not ns.injection and ns.name != demo:
            yield warning(
                "MC306",
                ("namespaces", i, "exported"),
                f'namespace "{ns.name}" is exported, and its pods get no sidecar: calls through the gateway need '
                "mutual TLS, and fail",
                "remove `injection: false`, or the export",
            )


RULES = (
    declared_once,
    addon_namespace,
    known_clusters,
    nothing_exported,
    demo_namespace,
    refused_pods,
    exported_without_sidecars,
)
