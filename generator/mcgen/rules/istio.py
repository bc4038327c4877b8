"""Rules about Istio's own options: what mcgen sets from other fields is not contradicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.rules.finding import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.tree import DataPath

# Where in values and meshConfig mcgen sets something itself, and which field of the blueprint says what.
OWNED_VALUES: dict[tuple[str, ...], str] = {
    ("global", "enableReaderRBAC"): "nothing: each reader identity is an object of stage namespaces",
    ("global", "externalIstiod"): "clusters[].role",
    ("global", "hub"): "istio.hub",
    ("global", "istioNamespace"): "nothing: Istio lives in istio-system",
    ("global", "meshID"): "mesh.id",
    ("global", "multiCluster"): "clusters[].id",
    ("global", "network"): "clusters[].network",
    ("global", "networkPolicy"): "exposure.profile",
    ("global", "proxy", "privileged"): "istio.proxy.privileged",
    ("global", "remotePilotAddress"): "clusters[].gateway.address",
    ("global", "tag"): "istio.version",
    ("istiodRemote",): "clusters[].role",
    ("meshConfig",): "istio.meshConfig",
    ("profile",): "clusters[].role",
    ("global", "operatorManageWebhooks"): "nothing: an upgrade sets it while it has to",
    ("revision",): "istio.revision",
    ("revisionTags",): "nothing: the tag `default` is a stage of its own",
    ("gateways", "istio-ingressgateway", "injectionTemplate"): "nothing: all gateways are injected",
}
OWNED_MESH_CONFIG: dict[tuple[str, ...], str] = {
    ("defaultConfig", "meshId"): "mesh.id",
    ("rootNamespace",): "nothing: Istio lives in istio-system",
    ("trustDomain",): "mesh.trustDomain",
}


def instead_of(field: str) -> str:
    """Return what to do about something that mcgen sets: `field` is a field's path, or "nothing: why not"."""
    instead, _, reason = field.partition("nothing: ")
    return f"leave it out: {reason}" if reason else f"say it in {instead} instead"


def owned_values(blueprint: Blueprint) -> Iterator[Finding]:
    """MC218: values that mcgen owns come from their own fields of the blueprint."""
    for name, tree, owned in (
        ("values", blueprint.istio.values, OWNED_VALUES),
        ("meshConfig", blueprint.istio.mesh_config, OWNED_MESH_CONFIG),
    ):
        found = {keys[:depth]: field for keys, field in owned.items() if (depth := _depth(tree, keys))}
        for keys, field in found.items():
            path: DataPath = ("istio", name, *keys)
            dotted = ".".join(map(str, path))
            if keys in owned:
                yield error("MC218", path, f"{dotted} is set by mcgen", instead_of(field), key=True)
            else:
                message = f"{dotted} is no mapping, and would hide what mcgen sets there"
                yield error("MC218", path, message, "write a mapping, or remove the line", key=True)


def _depth(tree: Any, keys: tuple[str, ...]) -> int:
    """Return how many of the keys lead to something that replaces what stands at the last of them; 0 if none do."""
    for depth, key in enumerate(keys, 1):
        if key not in tree:
            return 0
        tree = tree[key]
        if not isinstance(tree, dict):
            return depth
    return len(keys)


def privileged(blueprint: Blueprint) -> Iterator[Finding]:
    """MC229: privileged proxies can take over their node."""
    if blueprint.istio.proxy.privileged:
        yield warning(
            "MC229",
            ("istio", "proxy", "privileged"),
            "every proxy runs privileged and can take over its node",
            "remove the line unless a node's kernel leaves no other way",
        )


def open_exposure(blueprint: Blueprint) -> Iterator[Finding]:
    """MC233: the article's exposure opens every Service and asks for no name."""
    if blueprint.exposure.profile == "article":
        yield warning(
            "MC233",
            ("exposure", "profile"),
            "every Service of every cluster can be called from all other clusters",
            "use the profile hardened and mark namespaces as `exported`",
        )


RULES = (owned_values, privileged, open_exposure)
