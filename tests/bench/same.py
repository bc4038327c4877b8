"""Whether two trees hold the same data, and how much it is.

    python same.py EXPECTED ACTUAL DOCUMENTS

Compares clusters/, argocd/install and argocd/applicationsets: the same paths, and files that read the same.
Prints counts of the first tree as JSON and writes its documents to a file, or says what differs and exits with 1.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

COMPARED = ("clusters", "argocd/install", "argocd/applicationsets")


def paths(root: Path, below: str = "") -> set[str]:
    """Return the paths of the files below a folder, relative to the root."""
    return {path.relative_to(root).as_posix() for path in (root / below).rglob("*") if path.is_file()}


def differences(expected: Path, actual: Path) -> list[str]:
    """Return the paths that stand in one tree only, or read differently."""
    known, found = ({path for part in COMPARED for path in paths(root, part)} for root in (expected, actual))
    return sorted(
        [f"- {path}" for path in known - found]
        + [f"+ {path}" for path in found - known]
        + [f"~ {path}" for path in known & found if _read(expected / path) != _read(actual / path)]
    )


def counts(root: Path) -> dict[str, int]:
    """Return how many files, YAML documents and bytes a tree has."""
    files = [root / path for path in paths(root)]
    documents = sum(len(_read(path)) for path in files if path.suffix == ".yaml")
    return {"files": len(files), "documents": documents, "bytes": sum(path.stat().st_size for path in files)}


def documents(root: Path) -> dict[str, list[Any]]:
    """Return the documents of each YAML file of a tree, by its path."""
    return {path: _read(root / path) for path in sorted(paths(root)) if path.endswith(".yaml")}


def _read(path: Path) -> list[Any]:
    return list(yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader))


def main(expected: str, actual: str, file: str) -> int:
    """Compare, print, and return the exit code."""
    if found := differences(Path(expected), Path(actual)):
        print(f"{len(found)} files differ:", *found[:20], sep="\n")
        return 1
    print(json.dumps(counts(Path(expected))))
    Path(file).write_text(json.dumps(documents(Path(expected))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
