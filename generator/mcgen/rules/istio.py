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
    ("global", "externalIstiod"): "the remotes of the mesh",
    ("global", "istioNamespace"): "nothing: Istio lives in istio-system",
    ("global", "meshID"): "mesh.id",
    ("global", "multiCluster"): "clusters[].id",
    ("global", "network"): "clusters[].network",
    ("global", "proxy", "privileged"): "istio.proxy.privileged",
    ("global", "remotePilotAddress"): "clusters[].gateway.address of the primary",
    ("istiodRemote",): "clusters[].role",
    ("meshConfig",): "istio.meshConfig",
    ("profile",): "clusters[].role",
    ("revision",): "nothing: this version builds meshes without revisions",
    ("gateways", "istio-ingressgateway", "injectionTemplate"): "nothing: all gateways are injected",
}
OWNED_MESH_CONFIG: dict[tuple[str, ...], str] = {
    ("rootNamespace",): "nothing: Istio lives in istio-system",
    ("trustDomain",): "mesh.trustDomain",
}


def owned_values(blueprint: Blueprint) -> Iterator[Finding]:
    """MC218: values that mcgen owns come from their own fields of the blueprint."""
    for name, tree, owned in (
        ("values", blueprint.istio.values, OWNED_VALUES),
        ("meshConfig", blueprint.istio.mesh_config, OWNED_MESH_CONFIG),
    ):
        for keys, field in owned.items():
            if _has(tree, keys):
                path: DataPath = ("istio", name, *keys)
                yield error(
                    "MC218", path, f"{'.'.join(map(str, path))} is set by mcgen, from {field}", "remove it", key=True
                )


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


def _has(tree: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(tree, dict) or key not in tree:
            return False
        tree = tree[key]
    return True


RULES = (owned_values, privileged, open_exposure)
