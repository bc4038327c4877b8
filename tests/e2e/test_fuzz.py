"""Trees of blueprints that nobody wrote, through the real kustomize and kubeconform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mcgen import build, layout, validators
from mcgen.validators import kubeconform
from tests.e2e.rendered import kustomize
from tests.fuzz.properties import Mesh, mesh_of
from tests.fuzz.valid import meshes
from tests.fuzz.written import written
from tests.goyaml import documents
from tests.programs import program
from tests.snapshots import put

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e


@settings(
    max_examples=8,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(example=meshes())
def test_real_programs_take_what_is_built(tmp_path_factory: pytest.TempPathFactory, example: Mesh) -> None:
    data, inputs, number = example
    out: Path = tmp_path_factory.mktemp("tree")
    made = build.build(mesh_of(written(data, number), inputs), validators.choose("embedded"))
    files = {**inputs, **made.files}
    for path, raw in files.items():
        put(out, path, raw)
    folders = [path.parent for path in out.glob("**/kustomization.yaml") if "argocd/setup" not in str(path)]
    assert len(folders) > 5
    for folder in folders:
        assert documents(kustomize(folder)), folder
    objects = [item for item in files.items() if layout.is_object_file(item[0])]
    assert kubeconform.check(objects, program("kubeconform")) == []
