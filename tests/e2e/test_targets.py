"""Targets, patches and the contents of stages, as the real kustomize sees them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import assemble, chain, load, patching
from mcgen.contents import contents
from mcgen.emit import emit
from mcgen.manifests.kustomize import text
from tests.goyaml import documents
from tests.patches import FIT, UNFIT
from tests.programs import program, run
from tests.samples import BY_TREE, CHECKOUT, TREES
from tests.targets import OBJECTS, TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.tree import Data

pytestmark = pytest.mark.e2e

MARK = '[{"op": "add", "path": "/marked", "value": true}]'


def build(folder: Path, objects: list[Data], patch: str, target: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (folder / "objects.yaml").write_text(emit(objects), encoding="utf-8")
    kustomization = {"resources": ["objects.yaml"], "patches": [{"target": target, "patch": patch}]}
    (folder / "kustomization.yaml").write_text(emit([kustomization]), encoding="utf-8")
    argv = [program("kustomize"), "build", str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("fields", "kinds"), TARGETS, ids=[str(fields) for fields, _ in TARGETS])
def test_what_a_target_selects(fields: dict[str, Any], kinds: frozenset[str] | None, tmp_path: Path) -> None:
    names = {"label_selector": "labelSelector", "annotation_selector": "annotationSelector"}
    done = build(tmp_path, list(OBJECTS), MARK, {names.get(key, key): value for key, value in fields.items()})
    assert (done.returncode == 0) is (kinds is not None), done.stderr
    if kinds is not None:
        assert {document["kind"] for document in documents(done.stdout.encode()) if "marked" in document} == kinds


@pytest.mark.parametrize(("document", "patch"), FIT, ids=lambda value: str(value)[-80:])
def test_what_a_patch_does(document: Data, patch: Any, tmp_path: Path) -> None:
    done = build(tmp_path, [document], text(patch), {"kind": document["kind"]})
    assert done.returncode == 0, done.stderr
    expected = patching.apply(document, patching.parse(patch))
    assert documents(done.stdout.encode()) == ([expected] if expected else [])


@pytest.mark.parametrize(("document", "patch"), UNFIT, ids=lambda value: str(value)[-80:])
def test_what_does_not_fit(document: Data, patch: Any, tmp_path: Path) -> None:
    done = build(tmp_path, [document], text(patch), {"kind": document["kind"]})
    assert done.returncode != 0, done.stdout


@pytest.mark.parametrize("tree", TREES)
def test_the_contents_of_each_stage(tree: str) -> None:
    sample = BY_TREE[tree]
    given = load.read(str(CHECKOUT / sample.blueprint))
    loaded = load.load(given, sample.folder)
    bases = {file.path: file for file in assemble.bases(loaded.mesh)}
    steps = [step for _, steps in chain.chains(loaded.mesh) for step in steps if not step.gate]
    assert steps
    for step in steps:
        if any(patch.stage == step.stage.name for patch in loaded.mesh.patches):
            continue
        found = [obj.current for obj in contents(loaded.mesh, step, loaded.inputs, bases)]
        built = documents(run([program("kustomize"), "build", str(sample.folder / step.path)]))
        assert sorted(map(shown, built)) == sorted(map(shown, found)), step.path


def shown(document: Any) -> str:
    """Return a document as text, whatever the order of its keys; without the annotations that all get at the end."""
    metadata = {key: value for key, value in document["metadata"].items() if key != "annotations"}
    return repr(ordered(document | {"metadata": metadata}))


def ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((key, ordered(inner)) for key, inner in value.items())
    return [ordered(inner) for inner in value] if isinstance(value, list) else value
