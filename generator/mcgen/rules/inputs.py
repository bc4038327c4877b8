"""Rules about the inputs: facts about clusters of this mesh, and SealedSecrets that are the right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import layout, names
from mcgen.mesh import primary_of
from mcgen.rules.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Cluster
    from mcgen.facts import Facts, Inputs
    from mcgen.tree import DataPath

_SCOPES = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")


def check(blueprint: Blueprint, found: Inputs) -> list[Finding]:
    """Return the findings about facts and sealed files; they stand at the cluster that they are about."""
    return [*_facts(blueprint, found.facts), *_sealed(blueprint, found)]


def _facts(blueprint: Blueprint, facts: Facts) -> Iterator[Finding]:
    known = {cluster.name for cluster in blueprint.clusters}
    named = {*facts.addresses, *facts.tokens, *(remote for pairs in facts.tokens.values() for remote in pairs)}
    for name in sorted(named - known):
        yield error(
            "MC234", ("clusters",), f'{layout.FACTS} speaks of "{name}", which is no cluster of this mesh',
            "remove its lines from the facts file", key=True,
        )  # fmt: skip
    for consumer, pairs in facts.tokens.items():
        for remote, suffixes in pairs.items():
            if len(set(suffixes)) < len(suffixes):
                yield error(
                    "MC234", ("clusters",), f"{layout.FACTS} names a token of {consumer} for {remote} twice",
                    "a suffix is used once and never again", key=True,
                )  # fmt: skip


def _sealed(blueprint: Blueprint, found: Inputs) -> Iterator[Finding]:
    remotes = {c.name: (i, c) for i, c in enumerate(blueprint.clusters) if c.role == "remote"}
    for (consumer, remote), document in found.sealed.items():
        path = layout.sealed_secret(consumer, remote)
        index, cluster = remotes.get(remote, (None, None))
        if index is None or cluster is None or primary_of(cluster, blueprint) != consumer:
            yield error(
                "MC236", ("clusters",), f'{path}: "{consumer}" reads no remote "{remote}" in this mesh',
                "remove the file", key=True,
            )  # fmt: skip
            continue
        place: DataPath = ("clusters", index)
        for message in _differences(document, cluster):
            yield error(
                "MC235", place, f"{path}: {message}",
                "seal the remote secret of this cluster again; a file of another cluster or name cannot be used",
            )  # fmt: skip


def _differences(document: Any, cluster: Cluster) -> Iterator[str]:
    cluster_id = cluster.id or cluster.name
    name = names.remote_secret(cluster_id)
    wanted: dict[tuple[str, ...], Any] = {
        ("apiVersion",): names.SEALED_SECRET,
        ("kind",): "SealedSecret",
        ("metadata", "name"): name,
        ("metadata", "namespace"): names.ISTIO_SYSTEM,
        ("spec", "template", "metadata", "name"): name,
        ("spec", "template", "metadata", "namespace"): names.ISTIO_SYSTEM,
        ("spec", "template", "metadata", "labels", names.MULTI_CLUSTER): "true",
        ("spec", "template", "metadata", "annotations", names.REMOTE_CLUSTER): cluster_id,
    }
    for path, value in wanted.items():
        actual = _get(document, path)
        if actual != value:
            yield f'{".".join(path)} is "{actual}" and must be "{value}"'
    keys = _get(document, ("spec", "encryptedData"))
    if not isinstance(keys, dict) or list(keys) != [cluster_id]:
        yield f'spec.encryptedData must have the one key "{cluster_id}"'
    for path in (("metadata", "annotations"), ("spec", "template", "metadata", "annotations")):
        annotations = _get(document, path)
        for scope in _SCOPES:
            if isinstance(annotations, dict) and scope in annotations:
                yield f"{scope} widens the scope: with strict scope the secret opens under this name only"


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data
