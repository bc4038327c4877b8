"""The sample's tree in both forms, places in it, and the list of mutations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mcgen import names
from mcgen.order import OrderProof
from tests.helpers import BLUEPRINTS, SEALED_INPUTS, documents, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcgen.order import OrderFinding
    from mcgen.tree import Data

Tree = dict[str, list[Any]]

BLUEPRINT = BLUEPRINTS / "gke-aks.yaml"
ROOT = "argocd/install/root.yaml"
PROJECTS = "argocd/install/projects.yaml"
PRIMARIES, REMOTES = "argocd/applicationsets/primaries.yaml", "argocd/applicationsets/remotes.yaml"
SEALED = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
GATE = "clusters/gke/remote-secrets/aks/kustomization.yaml"
JOB = "bases/gate/job.yaml"
POLICY = "bases/policies/peer-authentication.yaml"


def waiting() -> Tree:
    return tree(BLUEPRINT)


def opened() -> Tree:
    return tree(BLUEPRINT, SEALED_INPUTS)


def half_opened() -> Tree:
    """Return the tree whose secret is sealed and whose primary's address is unknown: it waits at another gate."""
    return tree(BLUEPRINT, SEALED_INPUTS, addresses=False)


def managed() -> Tree:
    """Return the opened tree with the sealed-secrets controller in it."""
    return tree(BLUEPRINT, SEALED_INPUTS, sealed_secrets="managed")


def primaries() -> Tree:
    """Return the tree of two primaries and a remote, in which everything is sealed."""
    return tree(BLUEPRINTS / "multi-primary.yaml", BLUEPRINTS / "multi-primary.inputs")


def kept(folder: Path) -> Tree:
    """Return a tree as it lies in a folder."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.yaml")}
    files = {name: documents(path.read_text(encoding="utf-8")) for name, path in paths.items()}
    return {name: docs for name, docs in files.items() if not name.startswith(".mcgen/")}


def proved(files: Tree) -> list[OrderFinding]:
    proof = OrderProof()
    for path, docs in files.items():
        proof.add(path, docs)
    return proof.finish()


def application(cluster: str, stage: str) -> str:
    waves = {
        "namespaces": 0,
        "sealed-secrets": 5,
        "trust": 10,
        "remote-secret": 10,
        "base": 15,
        "control-plane": 20,
        "control-plane-1-31": 20,
        "revision-tag": 25,
        "east-west-gateway": 30,
    }
    waves |= {"ingress-gateway": 35, "exposure": 40, "policies": 50, "workloads": 60}
    return f"clusters/{cluster}/argocd/{waves[stage]:02}-{stage}.yaml"


def set_wave(files: Tree, cluster: str, stage: str, wave: int) -> None:
    files[application(cluster, stage)][0]["metadata"]["annotations"][names.SYNC_WAVE] = str(wave)


def wave(files: Tree, cluster: str, stage: str) -> int:
    return int(files[application(cluster, stage)][0]["metadata"]["annotations"][names.SYNC_WAVE])


def swap(files: Tree, cluster: str, one: str, other: str) -> None:
    first, second = wave(files, cluster, one), wave(files, cluster, other)
    set_wave(files, cluster, one, second)
    set_wave(files, cluster, other, first)


def annotate(document: Data, key: str, value: str) -> None:
    document["metadata"].setdefault("annotations", {})[key] = value


def move(files: Tree, path: str, folder: str) -> None:
    """Move a file and its line in the kustomization to another folder."""
    old, _, name = path.rpartition("/")
    files[f"{old}/kustomization.yaml"][0]["resources"].remove(name)
    files[f"{folder}/kustomization.yaml"][0]["resources"].append(name)
    files[f"{folder}/{name}"] = files.pop(path)


def template(files: Tree, path: str) -> Data:
    return files[path][0]["spec"]["template"]  # type: ignore[no-any-return]


def configuration(files: Tree, name: str) -> Data:
    return files[f"argocd/setup/patches/{name}.yaml"][0]["data"]  # type: ignore[no-any-return]


def project(files: Tree, name: str) -> Data:
    return next(doc["spec"] for doc in files[PROJECTS] if doc["metadata"]["name"] == name)


MUTATIONS: list[Any] = []


def mutation(form: Callable[[], Tree], *expected: str) -> Callable[[Callable[[Tree], None]], Callable[[Tree], None]]:
    def add(change: Callable[[Tree], None]) -> Callable[[Tree], None]:
        MUTATIONS.append(pytest.param(form, change, set(expected), id=f"{change.__name__}-{form.__name__}"))
        return change

    return add
