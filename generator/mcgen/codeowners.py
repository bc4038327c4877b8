"""Who must review what of a tree: lines for a CODEOWNERS file, which GitHub and GitLab read at a repository's root.

Of several lines that match a file both platforms take the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint
    from mcgen.mesh import Mesh


def lines(blueprint: Blueprint, mesh: Mesh, file: str) -> list[str]:
    """Return the lines of the clusters that say whose they are; file: the blueprint's path, for the first line.

    A remote's sealed secret lies with its consumer: who owns either of them may review it.
    """
    owners = {cluster.name: cluster.owners for cluster in blueprint.clusters if cluster.owners}
    first = f"# {mesh.name}: by `mcgen codeowners {file}`. A later line of the file counts before an earlier one."
    return [first, *_clusters(mesh, owners), *_secrets(mesh, owners)]


def _clusters(mesh: Mesh, owners: dict[str, list[str]]) -> Iterator[str]:
    for name, people in owners.items():
        yield _line(mesh, f"clusters/{name}", people)


def _secrets(mesh: Mesh, owners: dict[str, list[str]]) -> Iterator[str]:
    for pair in mesh.all_pairs:
        people = [*owners.get(pair.consumer.name, ()), *owners.get(pair.remote.name, ())]
        if pair.remote.name in owners:
            folder = layout.sealed_secret(pair.consumer.name, pair.remote.name).rpartition("/")[0]
            yield _line(mesh, folder, list(dict.fromkeys(people)))


def _line(mesh: Mesh, folder: str, people: list[str]) -> str:
    path = "/".join(part for part in (mesh.path.strip("/"), folder) if part)
    escaped = "".join(f"\\{character}" if character in " #[]*?!\\" else character for character in path)
    return f"/{escaped}/ {' '.join(people)}"
