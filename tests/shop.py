"""What every blueprint of the tests begins with whose mesh is made up: a test adds its clusters and sections."""

from __future__ import annotations

from typing import Any

SHOP: dict[str, Any] = {
    "apiVersion": "mcgen/v1alpha1",
    "kind": "Mesh",
    "metadata": {"name": "shop"},
    "gitops": {"repo": "https://git.example.com/platform/mesh.git"},
    "istio": {"version": "1.31.1"},
}
