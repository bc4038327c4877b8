"""Writes the inventory of kapitan, with a target for each cluster.

python -m tests.bench.peers.kapitan.prepare VALUES FOLDER
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
COMPILE = [{"output_path": ".", "input_type": "kadet", "output_type": "yaml", "input_paths": ["components/cluster"]}]


def main(values: str, folder: str) -> None:
    """Write the inventory, and the component beside it; JSON is YAML."""
    mesh = json.loads(Path(values).read_text())
    clusters = mesh.pop("clusters")
    root = Path(folder)
    for name in ("inventory/classes", "inventory/targets", "components/cluster"):
        (root / name).mkdir(parents=True)
    shutil.copy(HERE / "component.py", root / "components/cluster/__init__.py")
    shared = {"parameters": {"kapitan": {"compile": COMPILE}, "mesh": mesh}}
    (root / "inventory/classes/mesh.yml").write_text(json.dumps(shared))
    for cluster in clusters:
        own = {"kapitan": {"vars": {"target": cluster["name"]}}, "cluster": cluster}
        target = {"classes": ["mesh"], "parameters": own}
        (root / f"inventory/targets/{cluster['name']}.yml").write_text(json.dumps(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
