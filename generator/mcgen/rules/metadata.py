"""Rules about labels and annotations, wherever the blueprint gives some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import labels, names, unquoted
from mcgen.delivery import MANIFESTS
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

_OWNED_LABELS = {
    names.INJECTION: "use `injection`",
    names.REVISION: "use `injection`: this version builds meshes without revisions",
    names.NETWORK: "use the cluster's `network`; a namespace has none of its own",
    names.NAMESPACE_NAME: "remove the line: the API server sets it",
}
# The limit for all annotations of an object together (apimachinery, TotalAnnotationSizeLimitB).
_MOST_BYTES = 256 * 1024


def legal(blueprint: Blueprint) -> Iterator[Finding]:
    """MC239: labels, annotations and selectors are what Kubernetes takes."""
    for i, ns in enumerate(blueprint.namespaces):
        yield from _labels(ns.labels, ("namespaces", i, "labels"))
        yield from _annotations(ns.annotations, ("namespaces", i, "annotations"))
    for i, policy in enumerate(blueprint.policies):
        yield from _labels(policy.selector, ("policies", i, "selector"))
    for i, cluster in enumerate(blueprint.clusters):
        yield from _annotations(cluster.gateway.annotations, ("clusters", i, "gateway", "annotations"))


def texts(blueprint: Blueprint) -> Iterator[Finding]:
    """MC279: annotations of what kustomize builds have keys that stay text without quotes."""
    for i, ns in enumerate(blueprint.namespaces):
        yield from _texts(ns.annotations, ("namespaces", i, "annotations"))
    # Elsewhere the gateway's Service comes out of istioctl or a chart, and kustomize never sees it.
    for i, cluster in enumerate(blueprint.clusters if blueprint.istio.delivery == MANIFESTS else ()):
        yield from _texts(cluster.gateway.annotations, ("clusters", i, "gateway", "annotations"))


def owned(blueprint: Blueprint) -> Iterator[Finding]:
    """MC219: what mcgen sets on a namespace is left alone."""
    for i, ns in enumerate(blueprint.namespaces):
        path: DataPath = ("namespaces", i)
        for key in ns.labels:
            advice = "use `podSecurity`" if key.startswith(names.POD_SECURITY) else _OWNED_LABELS.get(key)
            if advice:
                yield error("MC219", (*path, "labels", key), f'label "{key}" is for mcgen to set', advice, key=True)
        for key in ns.annotations:
            if key.startswith(names.ARGOCD_ANNOTATIONS):
                message = f'annotation "{key}" is for mcgen to set'
                yield error("MC219", (*path, "annotations", key), message, "remove the line", key=True)


def _labels(given: Mapping[str, str], path: DataPath) -> Iterator[Finding]:
    yield from _keys(given, path)
    for key, value in given.items():
        if not labels.is_value(value):
            yield error("MC239", (*path, key), f'"{value}" is no legal label value', labels.VALUE_ADVICE)


def _annotations(given: Mapping[str, str], path: DataPath) -> Iterator[Finding]:
    yield from _keys(given, path)
    size = sum(len(text.encode()) for pair in given.items() for text in pair)
    if size > _MOST_BYTES:
        message = f"these annotations have {size} bytes together, and Kubernetes takes {_MOST_BYTES}"
        yield error("MC239", path, message, "shorten them", key=True)


def _texts(given: Mapping[str, str], path: DataPath) -> Iterator[Finding]:
    for key, what in unquoted.broken({"metadata": {"annotations": given}}):
        yield error("MC279", (*path, key), unquoted.words(key, what), unquoted.ADVICE, key=True)


def _keys(given: Mapping[str, str], path: DataPath) -> Iterator[Finding]:
    for key in given:
        if not labels.is_key(key):
            yield error("MC239", (*path, key), f'"{key}" is no legal key', labels.KEY_ADVICE, key=True)


RULES = (legal, texts, owned)
