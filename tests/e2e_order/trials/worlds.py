"""The meshes of the trials: the sample blueprints, adapted to the lab as data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab.catalogue import CHECKOUT
from tests.lab.team import SMALL, adapted, vanilla_envoy

if TYPE_CHECKING:
    from tests.lab.lab import Lab
    from tests.lab.repository import Repository

# The clusters of the sample -> those of the lab.
RENAMED = {"gke-frankfurt": "gke", "aks-amsterdam": "aks", "eks-ireland": "eks"}


def gke_aks(lab: Lab, repository: Repository) -> dict[str, Any]:
    """Return the sample of two clusters, small."""
    blueprint = adapted(lab, repository)
    blueprint["istio"]["values"] = SMALL
    return blueprint


def three_clouds(lab: Lab, repository: Repository) -> dict[str, Any]:
    """Return the sample with every option, but for what only a cloud, its registry or Istio's own Envoy has.

    Its remotes wait for their gate alone; it brings its own sealed-secrets controller.
    """
    text = (CHECKOUT / "blueprints/three-clouds.yaml").read_text()
    blueprint: dict[str, Any] = yaml.safe_load(text)
    blueprint = json.loads(_renamed(json.dumps(blueprint)))
    blueprint["gitops"] = {"repo": repository.url, "argocd": {"cluster": "gke", "version": "3.5.7"}}
    blueprint["istio"] = {"version": blueprint["istio"]["version"], "values": SMALL}
    blueprint["patches"].append(vanilla_envoy())
    del blueprint["bootstrap"]
    for cluster in blueprint["clusters"]:
        cluster["egress"] = [f"{lab[cluster['name']].plan.node_address}/32"]
        cluster["platform"] = "generic"
        cluster.pop("cidrs", None)
        cluster.pop("bootstrap", None)
        cluster["gateway"] = {"replicas": {"min": 1, "max": 2}, "resources": {"requests": {"cpu": "20m"}}}
    return blueprint


def _renamed(text: str) -> str:
    for old, new in RENAMED.items():
        text = text.replace(old, new)
    return text


WORLDS = {"gke-aks": gke_aks, "three-clouds": three_clouds}
# Meshes that bring a controller of sealed secrets.
SEALING = frozenset({"three-clouds"})
