"""Sections that no sample has come back from the tree that they gave, and the tree stays what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen.cli import run
from tests.samples import CHECKOUT
from tests.snapshots import snapshot

# The sample, and by section what is put into it.
MESHES: dict[str, tuple[str, dict[str, Any]]] = {
    "a controller elsewhere": (
        "minimal",
        {"addons": {"sealedSecrets": {"install": "existing", "namespace": "sealing", "controller": "sealer"}}},
    ),
    "a managed controller": ("minimal", {"addons": {"sealedSecrets": "managed"}}),
    "everything exposed": ("minimal", {"exposure": {"profile": "article"}}),
    "an upgrade": (
        "minimal",
        {"istio": {"version": "1.30.4", "revision": "old", "upgrade": {"to": "1.31.1", "step": "switched"}}},
    ),
    "a store of each namespace": (
        "external-secrets",
        {"secrets": {"backend": "external-secrets", "store": {"name": "vault", "kind": "SecretStore"}, "prefix": "a/"}},
    ),
    "a plugin of one's own": ("gke-aks", {"gitops": {"argocd": {"pluginImage": "registry.example.com/plugin:1"}}}),
}


def merged(one: Any, other: Any) -> Any:
    """Return a mapping with another one put into it."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return one | {key: merged(one.get(key), value) for key, value in other.items()}


@pytest.mark.parametrize("case", MESHES)
def test_a_section_comes_back(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sample, sections = MESHES[case]
    data = yaml.safe_load((CHECKOUT / "blueprints" / f"{sample}.yaml").read_text())
    Path("mesh.yaml").write_text(yaml.safe_dump(merged(data, sections), sort_keys=False))
    assert run(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    before = snapshot(tmp_path / "tree")
    assert run(["import", "tree", "-o", "again.yaml"]) == 0
    said = yaml.safe_load(Path("again.yaml").read_text())
    assert merged(said, sections) == said
    assert run(["build", "again.yaml", "-o", "tree", "--validator", "embedded", "--check"]) == 0
    assert snapshot(tmp_path / "tree") == before
