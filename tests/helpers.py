"""Trees in memory, as plain data that a test may change: what mcgen emits, read back by PyYAML."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from mcgen import assemble, blueprint, chain, facts, layout, load, mesh, source
from mcgen.emit import emit

CHECKOUT = Path(__file__).parent.parent
BLUEPRINTS = CHECKOUT / "blueprints"
SEALED_INPUTS = BLUEPRINTS / "gke-aks.inputs"


def documents(text: str) -> list[Any]:
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def tree(
    blueprint_file: Path,
    inputs: Path | None = None,
    *,
    sealed_secrets: str = "existing",
    state: str = "",
    step: str = "",
    revision: str = "",
    addresses: bool = True,
) -> dict[str, list[Any]]:
    """Return the YAML files of a tree by path; `inputs` is a folder with facts and sealed secrets.

    state: how far the second cluster has left. step: of an upgrade from 1.30 to 1.31; revision: of the old istiod.
    addresses: whether those among the facts are known.
    """
    texts = _texts(blueprint_file, inputs, sealed_secrets, state, step, revision, addresses=addresses)
    return {path: documents(text) for path, text in texts.items()}


@cache
def _texts(
    blueprint_file: Path,
    inputs: Path | None,
    sealed_secrets: str,
    state: str,
    step: str,
    revision: str,
    *,
    addresses: bool,
) -> dict[str, str]:
    found = source.read(str(blueprint_file))
    assert not found.problems
    given = _inputs(inputs) if inputs else facts.Inputs()
    if not addresses:
        given = replace(given, facts=msgspec.structs.replace(given.facts, addresses={}))
    data = {"addons": {"sealedSecrets": sealed_secrets}} | found.data
    if state:
        first, second, *rest = found.data["clusters"]
        data["clusters"] = [first, second | {"state": state}, *rest]
    if step:
        data["istio"] = found.data["istio"] | {"version": "1.30.4", "upgrade": {"to": "1.31.1", "step": step}}
    if revision:
        data["istio"] = data["istio"] | {"revision": revision}
    texts = emitted(mesh.resolve(blueprint.convert(data), given))
    for pair, document in given.sealed.items():
        texts[layout.sealed_secret(*pair)] = emit([document])
    for primary, document in given.authorities.items():
        texts[layout.sealed_authority(primary)] = emit([document])
    return texts


def emitted(resolved: mesh.Mesh) -> dict[str, str]:
    """Return the text of each YAML file that a mesh becomes, sealed secrets left out, and an empty chain's page."""
    tree = assemble.assemble(resolved, chain.chains(resolved))
    files = [file for file in tree if file.documents or "/argocd/README" in file.path]
    return {file.path: emit(file.documents) if file.documents else "" for file in files}


def _inputs(folder: Path) -> facts.Inputs:
    return load.read_inputs(folder)
