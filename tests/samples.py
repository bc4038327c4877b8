"""The sample blueprints and the trees that are kept for them: shipped examples and golden tests in one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Sample:
    tree: str
    blueprint: str
    inputs: str = ""

    @property
    def folder(self) -> Path:
        return CHECKOUT / "output" / self.tree

    @property
    def arguments(self) -> list[str]:
        """What `mcgen build` is given, from the root of the checkout."""
        inputs = ["--inputs", self.inputs] if self.inputs else []
        return [self.blueprint, *inputs, "--validator", "embedded"]


SAMPLES = (
    Sample(tree="minimal", blueprint="blueprints/minimal.yaml"),
    Sample(tree="gke-aks", blueprint="blueprints/gke-aks.yaml"),
    Sample(tree="gke-aks-sealed", blueprint="blueprints/gke-aks.yaml", inputs="blueprints/gke-aks.inputs"),
    Sample(tree="three-clouds", blueprint="blueprints/three-clouds.yaml"),
    Sample(tree="multi-primary", blueprint="blueprints/multi-primary.yaml"),
    Sample(
        tree="multi-primary-sealed",
        blueprint="blueprints/multi-primary.yaml",
        inputs="blueprints/multi-primary.inputs",
    ),
    Sample(tree="one-network", blueprint="blueprints/one-network.yaml"),
    Sample(tree="two-networks", blueprint="blueprints/two-networks.yaml"),
    Sample(
        tree="external-secrets",
        blueprint="blueprints/external-secrets.yaml",
        inputs="blueprints/external-secrets.inputs",
    ),
)
TREES = [sample.tree for sample in SAMPLES]
BY_TREE = {sample.tree: sample for sample in SAMPLES}
