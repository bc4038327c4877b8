"""A render plugin with an image of one's own: what is compared of it, and where its istioctl comes from."""

from __future__ import annotations

from typing import Any

import yaml

from mcgen import blueprint
from mcgen.doctor import repo_server
from mcgen.doctor.verdict import Verdict
from mcgen.facts import Inputs
from mcgen.manifests import setup, setup_settings
from mcgen.mesh import resolve
from tests import healthy
from tests.samples import CHECKOUT

IMAGE = "registry.example.com/plugin:1"


def judged(image: str = "", version: str = "") -> dict[str, tuple[str, str]]:
    """Return verdict and words of each check of the plugin, whose container has an image; empty for its own."""
    data = yaml.safe_load((CHECKOUT / "blueprints/gke-aks.yaml").read_text())
    data["gitops"]["argocd"]["pluginImage"] = IMAGE
    mesh = resolve(blueprint.convert(data), Inputs())
    (sidecar,) = setup_settings.sidecars(setup.of(mesh))
    deployment: dict[str, Any] = healthy.repo_server(mesh)
    (container,) = (
        each
        for each in deployment["spec"]["template"]["spec"]["containers"]
        if each["name"] == sidecar.containers[0]["name"]
    )
    container["image"] = image or container["image"]
    checks = repo_server.judge_plugin(sidecar, deployment, sidecar.config_map)
    return {check.what.rpartition(": ")[2]: (check.verdict.value, check.words) for check in checks}


def test_an_istioctl_comes_with_the_image() -> None:
    assert judged() == {
        "configuration": (Verdict.FINE.value, ""),
        "sidecar": (Verdict.FINE.value, ""),
        "istioctl": (Verdict.FINE.value, f"it comes with the image {IMAGE}"),
    }


def test_another_image_than_the_one_that_was_named_is_told() -> None:
    found = judged("registry.example.com/plugin:0")
    assert found["sidecar"] == (Verdict.FINDING.value, "it differs from the generated one at image")
