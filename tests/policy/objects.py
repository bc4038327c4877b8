"""The objects of a sample tree: as they stand in its files, and as kustomize and istioctl render them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mcgen import layout
from tests.e2e.rendered import applications

if TYPE_CHECKING:
    from pathlib import Path


def written(tree: Path, below: str = ".") -> list[dict[str, Any]]:
    """Return every object that a file of a tree holds, patches of objects included; below: of this folder of it."""
    found = []
    for file in sorted((tree / below).rglob("*.yaml")):
        if layout.is_object_file(file.relative_to(tree).as_posix()) or "/patches/" in str(file):
            documents = yaml.load_all(file.read_bytes(), Loader=yaml.CSafeLoader)
            found += [one for one in documents if isinstance(one, dict) and "name" in one.get("metadata", {})]
    return found


def rendered(tree: Path) -> list[dict[str, Any]]:
    """Return every object that Argo CD would apply."""
    return [thing for application in applications(tree) for thing in application.objects]
