"""What the peers must write, read from mcgen's tree, and whether they did."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

if TYPE_CHECKING:
    from pathlib import Path

Documents: TypeAlias = "dict[tuple[str, str], list[str]]"
"""(cluster, path in its folder) -> the documents there, sorted, each as JSON with sorted keys."""
Place: TypeAlias = Callable[[str], tuple[str, str]]
"""A path that a peer has written -> the cluster, and the path in its folder that it stands for."""

SEALED = "sealed-secret.yaml"


def of_tree(tree: Path) -> Documents:
    """Return what the folders of the clusters hold; a remote secret's is counted as its remote's."""

    def place(path: str) -> tuple[str, str]:
        cluster, _, rest = path.partition("/")
        if rest.startswith("remote-secrets/"):
            _, cluster, name = rest.split("/")
            return cluster, f"remote-secret/{name}"
        return cluster, rest

    return {key: found for key, found in written(tree / "clusters", place).items() if not key[1].endswith(SEALED)}


def written(root: Path, place: Place) -> Documents:
    """Return what stands below a folder."""
    found: Documents = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            found.setdefault(place(path.relative_to(root).as_posix()), []).extend(documents(path))
    return {key: sorted(texts) for key, texts in found.items()}


def documents(path: Path) -> list[str]:
    """Return the documents of a file as comparable texts."""
    with path.open("rb") as stream:
        return [_text(document) for document in yaml.load_all(stream, Loader=yaml.CSafeLoader) if document is not None]


def _text(document: Any) -> str:
    return json.dumps(document, sort_keys=True)


def differences(expected: Documents, actual: Documents) -> list[str]:
    """Return what only one of both has, or what reads differently."""
    return sorted(
        [f"- {'/'.join(key)}" for key in expected.keys() - actual.keys()]
        + [f"+ {'/'.join(key)}" for key in actual.keys() - expected.keys()]
        + [f"~ {'/'.join(key)}" for key in expected.keys() & actual.keys() if expected[key] != actual[key]]
    )
