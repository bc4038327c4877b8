"""Writes bases and an overlay for each cluster: python -m tests.bench.peers.kustomize.prepare VALUES FOLDER

A base is the objects of one primary or one remote, an overlay the JSON patches that make those of another cluster of
it, and the namespaces that this one has. Kustomizations, which have no name, cannot be made by kustomize.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.peers import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

Data = dict[str, Any]


def objects(mesh: Data, cluster: Data) -> list[Data]:
    """Return the objects of a cluster, its namespaces left out."""
    found = documents.files(mesh, cluster | {"namespaces": []}).values()
    return [document for each in found for document in each if document["kind"] != "Kustomization"]


def patches(old: Any, new: Any, path: str = "") -> Iterator[Data]:
    """Yield what makes one document of another: a replacement for each value that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            place = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in new:
                yield {"op": "remove", "path": place}
            elif key not in old:
                yield {"op": "add", "path": place, "value": new[key]}
            else:
                yield from patches(old[key], new[key], place)
    elif old != new:
        yield {"op": "replace", "path": path, "value": new}


def write(folder: Path, kustomization: Data, files: dict[str, Data]) -> None:
    """Write a folder of kustomize; JSON is YAML."""
    folder.mkdir(parents=True)
    for name, document in {"kustomization.yaml": kustomization, **files}.items():
        (folder / name).write_text(json.dumps(document))


def main(values: str, folder: str) -> None:
    """Write bases and overlays."""
    mesh = json.loads(Path(values).read_text())
    bases: dict[bool, list[Data]] = {}
    for cluster in mesh["clusters"]:
        role = "remote" if cluster["remote"] else "primary"
        own = objects(mesh, cluster)
        if cluster["remote"] not in bases:
            bases[cluster["remote"]] = own
            files = {f"{number}.yaml": document for number, document in enumerate(own)}
            write(Path(folder) / "bases" / role, {"resources": list(files)}, files)
        changes = []
        for old, new in zip(bases[cluster["remote"]], own, strict=True):
            if found := list(patches(old, new)):
                target = {"kind": old["kind"], "name": old["metadata"]["name"]}
                changes.append({"target": target, "patch": json.dumps(found), "options": {"allowNameChange": True}})
        namespaces = {f"{each['name']}.yaml": documents.namespace(each) for each in cluster["namespaces"]}
        overlay = {"resources": [f"../../bases/{role}", *namespaces], "patches": changes}
        write(Path(folder) / "overlays" / cluster["name"], overlay, namespaces)


if __name__ == "__main__":
    main(*sys.argv[1:])
