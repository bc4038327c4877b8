"""Meshes of three sizes, in which some clusters wait and some leave, and their pages."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mcgen import layout, load
from mcgen.graph import html, meshed
from tests.bench import fleet
from tests.samples import CHECKOUT

SIZES = (2, 20, 200)
CITIES = [
    "amsterdam", "atlanta", "auckland", "bangalore", "barcelona", "berlin", "bogota", "boston", "brussels",
    "calgary", "chicago", "dallas", "delhi", "denver", "dublin", "frankfurt", "geneva", "hamburg", "helsinki",
    "hongkong", "houston", "iowa", "jakarta", "lagos", "lima", "lisbon", "london", "madrid", "melbourne", "miami",
    "milan", "montreal", "munich", "nairobi", "osaka", "oslo", "paris", "perth", "porto", "prague", "riga",
    "rome", "santiago", "seoul", "sofia", "stockholm", "sydney", "tokyo", "toronto", "vienna",
]  # fmt: skip
LEAVING = {7: "leaving", 11: "gateways-gone"}


def waits(i: int) -> bool:
    """Return whether the remote with this number is not sealed yet."""
    return i % 9 == 4 and i < 60


def name(i: int) -> str:
    return f"{fleet.PLATFORMS[i % 4]}-{CITIES[i // 4]}" if i else "gke-zurich"


def data(clusters: int) -> dict[str, Any]:
    """Return the blueprint of a fleet, its clusters called after cities; some of them share a network."""
    text = json.dumps(fleet.blueprint(clusters))
    for i in range(clusters):
        old = fleet.PRIMARY if i == 0 else f"{fleet.PLATFORMS[i % 4]}-{i:04}"
        text = text.replace(old, name(i))
    found: dict[str, Any] = json.loads(text)
    found["metadata"] = {"name": "shop", "description": f"The shop in {clusters} clusters."}
    for i, cluster in enumerate(found["clusters"]):
        if i in LEAVING:
            cluster["state"] = LEAVING[i]
        if i in {2, 6}:
            cluster["network"] = "datacentre"
    return found


@cache
def page(clusters: int) -> str:
    """Return the page of a mesh of some size; two clusters are the sample, which waits."""
    if clusters == 2:
        return _page(CHECKOUT / "blueprints/gke-aks.yaml", CHECKOUT / "output/gke-aks")
    with tempfile.TemporaryDirectory() as folder:
        return _page(*write(Path(folder), data(clusters)))


def write(folder: Path, blueprint: dict[str, Any]) -> tuple[Path, Path]:
    """Write a blueprint, and its inputs as far as they are sealed; return where both are."""
    path, inputs = folder / "shop.yaml", folder / "inputs"
    path.write_text(yaml.safe_dump(blueprint, sort_keys=False))
    for i, cluster in enumerate(blueprint["clusters"]):
        if i and not waits(i):
            secret = inputs / layout.sealed_secret(blueprint["clusters"][0]["name"], cluster["name"])
            secret.parent.mkdir(parents=True)
            secret.write_text(yaml.safe_dump(fleet.sealed_secret(cluster["name"])))
    return path, inputs


def _page(path: Path, inputs: Path) -> str:
    return html.show(meshed.picture(load.load(load.read(str(path)), inputs).mesh))
