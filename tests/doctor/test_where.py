"""Where Argo CD is found."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import yaml

from tests.doctor.live import BLUEPRINT, DEPLOYMENT, REGISTERED, doctor, not_fine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.answers import Answers


def test_argocd_elsewhere(live: Answers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = tmp_path / BLUEPRINT
    # Without the job: its own account is in no cluster of the mesh then.
    data = yaml.safe_load(blueprint.read_text())
    del data["gitops"]["argocd"]["cluster"], data["bootstrap"], data["clusters"][1]["bootstrap"]
    blueprint.write_text(yaml.safe_dump(data))
    said = doctor(capsys, code=3)
    assert {cluster for cluster, _, _ in not_fine(said)} == {"Argo CD"}
    assert "--argocd-context" in said["checks"][3]["message"]
    shutil.copytree(live.folder / "gke", live.folder / "hub")
    for way in (["--argocd-context", "hub"], ["--kubeconfig", "argocd=/nowhere/hub"]):
        found = not_fine(doctor(capsys, *way, code=1))
        # It is the cluster gke by another name, and the blueprint does not say so.
        assert found == [
            ("Argo CD", "a cluster of its own", "MC734"),
            ("Argo CD", "cluster 'gke' is registered", "MC708"),
        ]
    live.set("hub", "namespace", "kube-system", "uid-of-hub")
    live.set("hub", *REGISTERED[1:], "gke\thttps://gke.example.com\naks\thttps://aks.example.com\n")
    assert not_fine(doctor(capsys, "--argocd-context", "hub", code=0)) == []


def test_a_context_that_leads_elsewhere_than_the_blueprint_says(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(live.folder / "gke", live.folder / "hub")
    live.set("hub", "namespace", "kube-system", "uid-of-hub")
    found = not_fine(doctor(capsys, "--argocd-context", "hub", code=1))
    assert found == [("Argo CD", "a cluster of its own", "MC734")]


def test_the_chart_puts_a_name_in_front(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    document = live.get(*DEPLOYMENT)
    live.remove(*DEPLOYMENT)
    found = not_fine(doctor(capsys, code=1))
    assert {code for _, _, code in found} == {"MC704", "MC705"}
    container = document["spec"]["template"]["spec"]["containers"][0]
    container |= {"name": "repo-server", "env": [], "args": ["--plugin-use-manifest-generate-paths"]}
    live.set("gke", "deployments", "app.kubernetes.io/name=argocd-repo-server", {"items": [document]})
    live.remove("gke", "configmap", "argocd-cmd-params-cm")
    assert not_fine(doctor(capsys, code=0)) == []
