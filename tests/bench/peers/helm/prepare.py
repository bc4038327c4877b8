"""Writes the values of each cluster: python -m tests.bench.peers.helm.prepare VALUES FOLDER

The shared ones go to mesh.json beside the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(values: str, folder: str) -> None:
    """Write the files; JSON is YAML."""
    mesh = json.loads(Path(values).read_text())
    clusters = mesh.pop("clusters")
    Path(folder).mkdir()
    (Path(folder).parent / "mesh.json").write_text(json.dumps(mesh))
    for cluster in clusters:
        (Path(folder) / f"{cluster['name']}.json").write_text(json.dumps({"cluster": cluster}))


if __name__ == "__main__":
    main(*sys.argv[1:])
