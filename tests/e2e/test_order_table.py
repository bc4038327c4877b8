"""The table of what istioctl renders, against the real istioctl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.order import istio, kinds
from tests.e2e.rendered import plugin
from tests.goyaml import documents
from tests.samples import BY_TREE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

TREE = BY_TREE["gke-aks-sealed"].folder
FOLDERS = sorted(path.parent.relative_to(TREE) for path in TREE.glob("clusters/*/*/istio-operator.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_the_table_names_what_is_rendered(folder: Path) -> None:
    operator = yaml.load((TREE / folder / "istio-operator.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    known = istio.rendered(istio.operator(operator), operator["metadata"]["namespace"])
    found = set()
    for thing in documents(plugin(TREE / folder)):
        group, metadata = thing["apiVersion"].rpartition("/")[0], thing["metadata"]
        kind = f"{group}/{thing['kind']}"
        name = f"*.{istio.FAMILY}" if kind == kinds.CRD else metadata["name"]
        if kind == kinds.CRD:
            assert metadata["name"].endswith(f".{istio.FAMILY}")
        found.add((kind, metadata.get("namespace", ""), name))
    assert found == set(known)
    assert len(known) == len(set(known))


def test_every_stage_is_looked_at() -> None:
    assert len(FOLDERS) == 7
