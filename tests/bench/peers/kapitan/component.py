"""A kadet component: the files of the target's cluster."""

from __future__ import annotations

from kapitan.inputs.kadet import BaseObj, inventory
from tests.bench.peers import documents


def main(_: object) -> BaseObj:
    """Return the documents by their file."""
    parameters = inventory(lazy=True).parameters
    output = BaseObj()
    for path, found in documents.files(parameters.mesh, parameters.cluster).items():
        output.root[path.removesuffix(".yaml")] = found
    return output
