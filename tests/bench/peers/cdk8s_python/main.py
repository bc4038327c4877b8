"""The folders of all clusters, one App per cluster and one Chart per file: python main.py VALUES OUT"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, App, Chart, JsonPatch
from tests.bench.peers import documents


def add(scope: Chart, number: int, document: dict[str, Any]) -> None:
    """Make an object; the constructor takes apiVersion, kind and metadata alone."""
    own = dict(document)
    head = {"api_version": own.pop("apiVersion"), "kind": own.pop("kind")}
    metadata = own.pop("metadata", None)
    given = ApiObject(scope, f"object-{number}", **head, metadata=ApiObjectMetadata(**metadata) if metadata else None)
    patches = [JsonPatch.add(f"/{key}", value) for key, value in own.items()]
    if not metadata:
        # cdk8s names every object, and a Kustomization has no name.
        patches.append(JsonPatch.remove("/metadata"))
    if patches:
        given.add_json_patch(*patches)


def main(values: str, out: str) -> None:
    """Write what the values say."""
    mesh = json.loads(Path(values).read_text())
    for cluster in mesh["clusters"]:
        app = App(outdir=f"{out}/{cluster['name']}", output_file_extension=".yaml")
        for path, found in documents.files(mesh, cluster).items():
            chart = Chart(app, path.replace("/", "-").removesuffix(".yaml"))
            for number, document in enumerate(found):
                add(chart, number, document)
        app.synth()


if __name__ == "__main__":
    main(*sys.argv[1:])
