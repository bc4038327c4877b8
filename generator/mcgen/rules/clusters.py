"""Rules about clusters: names, roles, networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names, upgrades
from mcgen.mesh import readers
from mcgen.networks import primary_of
from mcgen.rules.finding import Finding, error, one_of
from mcgen.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Cluster
    from mcgen.tree import DataPath

_LONGEST = 63


def names_are_unique(blueprint: Blueprint) -> Iterator[Finding]:
    """MC201, MC202: each cluster has a name and an ID of its own."""
    first: dict[str, int] = {}
    ids: dict[str, int] = {}
    for i, cluster in enumerate(blueprint.clusters):
        path: DataPath = ("clusters", i)
        known = first.setdefault(cluster.name, i)
        if known != i:
            message = f'cluster "{cluster.name}" is named by clusters[{known}] already'
            yield error("MC201", (*path, "name"), message, "give each cluster its own name")
            continue
        cluster_id = cluster.id or cluster.name
        known = ids.setdefault(cluster_id, i)
        if known != i:
            yield error(
                "MC202",
                (*path, "id" if cluster.id else "name"),
                f'cluster ID "{cluster_id}" is that of cluster "{blueprint.clusters[known].name}" already',
                "give this cluster another `id`: istiod ignores the second of two",
            )


def application_names(blueprint: Blueprint) -> Iterator[Finding]:
    """MC203: the names made of mesh, cluster and stage are short enough and never meet."""
    mesh = blueprint.metadata.name
    planes = [names.control_plane(revision.name) for revision in upgrades.rollout(blueprint.istio).minors]
    taken = {names.root(mesh): "the root Application"}
    for cluster in blueprint.clusters:
        for stage in (*(stage.name for stage in STAGES), *planes):
            taken[names.application(mesh, cluster.name, stage)] = f"stage {stage} of {cluster.name}"
    yield from _peer_names(blueprint, taken)
    longest = max(map(len, [*(stage.name for stage in STAGES), *planes]))
    for i, cluster in enumerate(blueprint.clusters):
        path: DataPath = ("clusters", i, "name")
        chain = names.chain(mesh, cluster.name)
        if chain in taken:
            yield error(
                "MC203",
                path,
                f'Application "{chain}" would be both the chain of "{cluster.name}" and {taken[chain]}',
                "rename the cluster",
            )
        over = len(chain) + 1 + longest - _LONGEST
        if over > 0:
            yield error(
                "MC203",
                path,
                f'"{mesh}" and "{cluster.name}" are too long together: {chain}-<stage> must fit in {_LONGEST} letters',
                f"shorten the name of the mesh or of the cluster by {over}",
            )


def _peer_names(blueprint: Blueprint, taken: dict[str, str]) -> Iterator[Finding]:
    """Add the names of what peers read of each other to those that are taken; one that is too long is enough."""
    for i, cluster in enumerate(blueprint.clusters):
        for consumer in sorted(readers(cluster, blueprint) - {primary_of(cluster, blueprint)}):
            name = names.peer(blueprint.metadata.name, consumer, cluster.name)
            taken[name] = f"the remote secret of {cluster.name} in {consumer}"
            if len(name) > _LONGEST:
                yield error(
                    "MC203",
                    ("clusters", i, "name"),
                    f'"{name}", an Application of its own, must fit in {_LONGEST} letters',
                    f"shorten the names of the mesh or of the two clusters by {len(name) - _LONGEST}",
                )
                return


def in_cluster(blueprint: Blueprint) -> Iterator[Finding]:
    """MC243: the name by which Argo CD knows its own cluster is not that of another one."""
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.name == names.IN_CLUSTER != blueprint.gitops.argocd.cluster:
            yield error(
                "MC243",
                ("clusters", i, "name"),
                f'to Argo CD "{names.IN_CLUSTER}" is the cluster that it runs in, and gitops.argocd.cluster is another',
                f"rename the cluster, or write `cluster: {names.IN_CLUSTER}` under gitops.argocd if Argo CD runs in it",
            )


def roles(blueprint: Blueprint) -> Iterator[Finding]:
    """MC204 to MC206: primaries, and remotes that belong to one of them."""
    primaries = [c.name for c in blueprint.clusters if c.role == "primary"]
    known = {c.name for c in blueprint.clusters}
    if not primaries:
        yield error("MC206", ("clusters",), "no cluster is a primary", "give one cluster `role: primary`", key=True)
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.role == "primary":
            yield from _primary(cluster, ("clusters", i))
        else:
            yield from _remote(cluster, ("clusters", i), primaries, known)


def _primary(cluster: Cluster, path: DataPath) -> Iterator[Finding]:
    if cluster.primary:
        message = f'"{cluster.name}" is a primary itself, and "{cluster.primary}" cannot serve it'
        yield error("MC205", (*path, "primary"), message, "remove the line, or make the cluster a remote")


def _remote(cluster: Cluster, path: DataPath, primaries: list[str], known: set[str]) -> Iterator[Finding]:
    advice = f"write one of {one_of(primaries)}" if primaries else "give that cluster `role: primary`"
    if not cluster.primary and len(primaries) > 1:
        yield error("MC204", (*path, "name"), f'it is not said which primary serves "{cluster.name}"', f"{advice}")
    elif cluster.primary and cluster.primary not in known:
        message = f'primary "{cluster.primary}" is no cluster of this mesh'
        yield error("MC204", (*path, "primary"), message, advice if primaries else "name a cluster of this mesh")
    elif cluster.primary and cluster.primary not in primaries:
        itself = "the remote itself" if cluster.primary == cluster.name else "a remote"
        yield error("MC204", (*path, "primary"), f'primary "{cluster.primary}" is {itself}', advice)


RULES = (names_are_unique, application_names, in_cluster, roles)
