"""What the tests of doctor share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen import load, names
from mcgen.manifests import bootstrap_rights
from tests import healthy
from tests.answers import Answers
from tests.doctor.live import BLUEPRINT, CONTROLLER, TOKEN, TOKEN_ANSWER, Signed, signed
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.mesh import Mesh


@pytest.fixture(scope="module")
def certificates() -> list[Signed]:
    return [signed(), signed(), signed(days=-1)]


@pytest.fixture
def mesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificates: list[Signed]) -> Mesh:
    """Return the sample's mesh, sealed, in a folder of its own, which is the current one."""
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    shutil.copytree(CHECKOUT / "blueprints/gke-aks.inputs", tmp_path / "output/gke-aks")
    monkeypatch.chdir(tmp_path)
    facts = tmp_path / "output/gke-aks/.mcgen/facts.yaml"
    sealed_with = {"gke": {"fingerprint": certificates[0].fingerprint, "notAfter": "2036-01-01"}}
    facts.write_text(facts.read_text() + yaml.safe_dump({"certificates": sealed_with}))
    given = load.read(BLUEPRINT)
    return load.load(given, given.folder).mesh


@pytest.fixture
def live(tmp_path: Path, mesh: Mesh, monkeypatch: pytest.MonkeyPatch, certificates: list[Signed]) -> Answers:
    """Return answers of clusters in which all is as it should be."""
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    objects = [*healthy.config_maps(mesh), healthy.repo_server(mesh)]
    for document in [*objects, *healthy.installed(mesh), *healthy.policies(mesh)]:
        answers.set("gke", document["kind"], document["metadata"]["name"], document)
    registered = "".join(f"{name}\t{server}\n" for name, server in healthy.registrations(mesh))
    answers.set("gke", "secrets", "argocd.argoproj.io/secret-type=cluster", registered)
    for cluster in mesh.clusters:
        answers.set(cluster.name, "raw", "version", {"gitVersion": "v1.35.4"})
        answers.set(cluster.name, "namespace", "kube-system", f"uid-of-{cluster.name}")
        answers.set(cluster.name, "namespace", "istio-system", healthy.istio_system(mesh, cluster))
        answers.set(cluster.name, "pods", "istio=eastwestgateway", "gw-1 istio-proxy=docker.io/istio/proxyv2:1.31.1\n")
    answers.set("gke", "pods", "app=istiod", "istiod-1 discovery=docker.io/istio/pilot:1.31.1\n")
    answers.set("gke", "service", names.EAST_WEST_GATEWAY, healthy.gateway("203.0.113.10"))
    for document in (*healthy.job(mesh), *bootstrap_rights.of_cluster(mesh, mesh.by_name["gke"])):
        answers.set("gke", document["kind"], document["metadata"]["name"], document)
    answers.set("gke", "secret", "mcgen-bootstrap-git", "identity\nknown_hosts\n")
    answers.set("gke", "secret", "cluster-aks", healthy.credential("aks", "https://aks.example.com"))
    answers.set("gke", "service", CONTROLLER, {"kind": "Service"})
    ready = {"items": [{"endpoints": [{"conditions": {"ready": True}}]}]}
    answers.set("gke", "endpointslices", f"kubernetes.io/service-name={CONTROLLER}", ready)
    answers.set("gke", "kubeseal", "certificate", certificates[0].pem)
    for document in healthy.reader(mesh.pairs["aks"]):
        answers.set("aks", document["kind"], document["metadata"]["name"], document)
    answers.set("aks", "secret", TOKEN, TOKEN_ANSWER)
    answers.set("aks", "view", "list", "https://aks.example.com:443")
    return answers
