"""Rules about the inputs: facts about clusters of this mesh, and SealedSecrets that are the right ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcgen import layout, names
from mcgen.mesh import primary_of
from mcgen.rules.finding import Finding, error
from mcgen.rules.gateways import served_primaries, unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.blueprint import Blueprint, Cluster
    from mcgen.facts import Facts, Inputs

_SCOPES = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")


def check(blueprint: Blueprint, found: Inputs) -> Iterator[Finding]:
    """Yield the findings about facts and sealed files; they stand at the cluster that they are about."""
    remotes = {
        (primary_of(cluster, blueprint), cluster.name): i
        for i, cluster in enumerate(blueprint.clusters)
        if cluster.role == "remote"
    }
    yield from _names(blueprint, found.facts)
    yield from _tokens(found.facts, remotes)
    yield from _addresses(blueprint, found.facts)
    yield from _sealed(blueprint, found, remotes)


def _names(blueprint: Blueprint, facts: Facts) -> Iterator[Finding]:
    known = {cluster.name for cluster in blueprint.clusters}
    named = {*facts.addresses, *facts.tokens, *(remote for pairs in facts.tokens.values() for remote in pairs)}
    for name in sorted(named - known):
        yield error(
            "MC234",
            ("clusters",),
            f'{layout.FACTS} speaks of "{name}", which is no cluster of this mesh',
            "remove its lines from the facts file",
            key=True,
        )


def _tokens(facts: Facts, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    for consumer, pairs in facts.tokens.items():
        for remote, suffixes in pairs.items():
            index = remotes.get((consumer, remote))
            if index is None:
                message = f'{layout.FACTS} has tokens with which "{consumer}" would read "{remote}", and it does not'
                yield error("MC234", ("clusters",), message, "remove these lines from the facts file", key=True)
            elif twice := sorted(suffix for suffix, count in Counter(suffixes).items() if count > 1):
                message = f'{layout.FACTS} names token "{twice[0]}" of "{consumer}" for "{remote}" twice'
                yield error("MC234", ("clusters", index), message, "a suffix is used once and never again")


def _addresses(blueprint: Blueprint, facts: Facts) -> Iterator[Finding]:
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        text = facts.addresses.get(cluster.name, "")
        if text and not cluster.gateway.address:
            for found in unreachable(text, ("clusters", i), serves_remotes=cluster.name in serving):
                yield replace(found, message=f"{layout.FACTS}: {found.message}")


def _sealed(blueprint: Blueprint, found: Inputs, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    for (consumer, remote), document in found.sealed.items():
        path = layout.sealed_secret(consumer, remote)
        index = remotes.get((consumer, remote))
        if index is None:
            message = f'{path}: "{consumer}" reads no remote "{remote}" in this mesh'
            yield error("MC236", ("clusters",), message, "remove the file", key=True)
            continue
        for message in _differences(document, blueprint.clusters[index]):
            yield error(
                "MC235",
                ("clusters", index),
                f"{path}: {message}",
                "seal the remote secret of this cluster again; a file of another cluster or name cannot be used",
            )


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
        if actual is None:
            yield f'{".".join(path)} is missing, and must be "{value}"'
        elif actual != value:
            yield f'{".".join(path)} is "{actual}", and must be "{value}"'
    yield from _unsealed(document, cluster_id)


def _unsealed(document: Any, cluster_id: str) -> Iterator[str]:
    data = _get(document, ("spec", "encryptedData"))
    if not isinstance(data, dict) or list(data) != [cluster_id] or not isinstance(data[cluster_id], str):
        yield f'spec.encryptedData must have the one key "{cluster_id}", with a sealed text'
    # What stands here besides the sealed data is not sealed.
    for path in (("data",), ("stringData",), ("spec", "data"), ("spec", "template", "data")):
        if _get(document, path) is not None:
            yield f"{'.'.join(path)} is not sealed, and has no place in it"
    for place in (("metadata",), ("spec", "template", "metadata")):
        annotations = _get(document, (*place, "annotations"))
        for scope in _SCOPES:
            if isinstance(annotations, dict) and scope in annotations:
                yield f"{scope} widens the scope: with strict scope the secret opens under this name only"


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data
