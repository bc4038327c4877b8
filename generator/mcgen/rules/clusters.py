"""Rules about clusters: names, roles, networks."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.mesh import network_of, primary_of
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
            message = f'cluster ID "{cluster_id}" is that of "{blueprint.clusters[known].name}" already'
            yield error("MC202", (*path, "id" if cluster.id else "name"), message, "istiod ignores a second one")


def application_names(blueprint: Blueprint) -> Iterator[Finding]:
    """MC203: the names made of mesh, cluster and stage are short enough and never meet."""
    mesh = blueprint.metadata.name
    taken = {names.root(mesh): "the root Application"}
    for cluster in blueprint.clusters:
        for stage in STAGES:
            taken[names.application(mesh, cluster.name, stage.name)] = f"stage {stage.name} of {cluster.name}"
    longest = max(len(stage.name) for stage in STAGES)
    for i, cluster in enumerate(blueprint.clusters):
        path: DataPath = ("clusters", i, "name")
        chain = names.chain(mesh, cluster.name)
        if chain in taken:
            yield error(
                "MC203", path, f'Application "{chain}" would be both a chain and {taken[chain]}', "rename the cluster"
            )
        if len(chain) + 1 + longest > _LONGEST:
            yield error(
                "MC203",
                path,
                f'"{mesh}" and "{cluster.name}" are too long together: {chain}-<stage> must fit in {_LONGEST} letters',
                f"save {len(chain) + 1 + longest - _LONGEST} letters in the name of the mesh or of the cluster",
            )


def roles(blueprint: Blueprint) -> Iterator[Finding]:
    """MC204 to MC207: one primary, and remotes that belong to it."""
    primaries = [c.name for c in blueprint.clusters if c.role == "primary"]
    if not primaries:
        yield error("MC206", ("clusters",), "no cluster is a primary", "give one cluster `role: primary`", key=True)
    for i, cluster in enumerate(blueprint.clusters):
        if cluster.role == "primary":
            yield from _primary(cluster, ("clusters", i), primaries)
        else:
            yield from _remote(cluster, ("clusters", i), primaries, blueprint)


def _primary(cluster: Cluster, path: DataPath, primaries: list[str]) -> Iterator[Finding]:
    if cluster.primary:
        yield error(
            "MC205", (*path, "primary"), f'"{cluster.name}" is a primary and has none itself', "remove the line"
        )
    if cluster.name != primaries[0]:
        yield error(
            "MC207",
            (*path, "role"),
            f'"{cluster.name}" is a second primary beside "{primaries[0]}": this version builds meshes of one primary',
            "make it a remote",
        )


def _remote(cluster: Cluster, path: DataPath, primaries: list[str], blueprint: Blueprint) -> Iterator[Finding]:
    primary = primary_of(cluster, blueprint)
    if not primary and len(primaries) > 1:
        yield error(
            "MC204", path, f'which primary serves "{cluster.name}"?', f"add `primary:`, one of {one_of(primaries)}"
        )
    if primary and primary not in primaries:
        known = any(c.name == primary for c in blueprint.clusters)
        what = "is a remote itself" if known else "is no cluster of this mesh"
        yield error("MC204", (*path, "primary"), f'primary "{primary}" {what}', f"write one of {one_of(primaries)}")


def overlapping_cidrs(blueprint: Blueprint) -> Iterator[Finding]:
    """MC208: on one network pods reach each other directly, so their ranges must not overlap."""
    known: dict[str, list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str]]] = defaultdict(list)
    for i, cluster in enumerate(blueprint.clusters):
        for j, text in enumerate(cluster.cidrs):
            try:
                cidr = ipaddress.ip_network(text)
            except ValueError:
                continue
            for other, owner in known[network_of(cluster)]:
                if owner != cluster.name and cidr.version == other.version and cidr.overlaps(other):
                    yield error(
                        "MC208",
                        ("clusters", i, "cidrs", j),
                        f'{text} overlaps {other} of "{owner}" on the same network "{network_of(cluster)}"',
                        "use ranges that do not overlap, or put the clusters on different networks",
                    )
            known[network_of(cluster)].append((cidr, cluster.name))


def cidrs_are_valid(blueprint: Blueprint) -> Iterator[Finding]:
    """MC227: every range is a network address with a prefix length."""
    for path, text in _all_cidrs(blueprint):
        try:
            ipaddress.ip_network(text)
        except ValueError:
            try:
                advice = f'write "{ipaddress.ip_network(text, strict=False)}"'
            except ValueError:
                advice = "write it like 203.0.113.0/28"
            yield error("MC227", path, f'"{text}" is no network range', advice)


def _all_cidrs(blueprint: Blueprint) -> Iterator[tuple[DataPath, str]]:
    for i, cluster in enumerate(blueprint.clusters):
        fields = (
            (("cidrs",), cluster.cidrs),
            (("egress",), cluster.egress),
            (("gateway", "sourceRanges"), cluster.gateway.source_ranges),
        )
        for field, ranges in fields:
            for j, text in enumerate(ranges):
                yield ("clusters", i, *field, j), text
    for i, policy in enumerate(blueprint.policies):
        for j, rule in enumerate(policy.rules):
            for k, text in enumerate(rule.from_.ip_blocks if rule.from_ else []):
                yield ("policies", i, "rules", j, "from", "ipBlocks", k), text


RULES = (names_are_unique, application_names, roles, overlapping_cidrs, cidrs_are_valid)
