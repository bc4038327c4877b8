"""The control: the same stages delivered the obvious way, plain ApplicationSets in waves under one root, no gates."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab import addons, argocd, settling
from tests.lab.process import wait_for
from tests.lab.story import ROOT
from tests.lab.team import SEALED

if TYPE_CHECKING:
    from tests.lab.team import Team

FOLDER = "obvious"
RENDERED = ("base", "control-plane", "east-west-gateway")


def take_away(team: Team) -> None:
    """Take the mesh's Applications away, and from aks all that came behind the gate; its namespaces stay."""
    # None has a finalizer: what they made stays. From the top, as each brings back what is below it.
    for what in (("application", ROOT), ("applicationsets", "--all"), ("applications", "--all")):
        team.home.kubectl("delete", *what, f"--namespace={argocd.NAMESPACE}")
    settling.until(team.home, "end of the Applications", lambda found: not found, seconds=60, calm=True)
    for stage in reversed(team.chain("aks").stages):
        if stage not in ("namespaces", "remote-secret"):
            rendered = addons.render(team.tree / "clusters/aks" / stage, components=())
            team.lab["aks"].kubectl("delete", "--ignore-not-found", "--filename=-", stdin=rendered, timeout=300)
    team.home.kubectl("delete", f"--filename={team.tree / SEALED}", "--ignore-not-found")
    secret = ("get", "secret", "istio-remote-secret-cluster-aks", "--namespace=istio-system")
    wait_for("the end of the remote secret", lambda: not team.home.says(*secret), seconds=60)
    # istiod wrote it.
    team.lab["aks"].kubectl("delete", "configmap", "istio-ca-root-cert", "--namespace=istio-system")


def deliver(team: Team) -> None:
    """Commit an ApplicationSet per stage, in waves, and apply their root; nobody has sealed the remote secret yet.

    Argo CD's health check for Applications is its own again.
    """
    setup = (team.tree / "argocd/setup/README.md").read_text()
    team.follow(setup, "- Undo: remove the key.")
    argocd.restart_controller(team.home)
    shutil.rmtree((team.tree / SEALED).parent)
    folder = team.repository.copy / FOLDER
    folder.mkdir()
    for wave, stage in enumerate(stage for stage in team.chain("aks").stages if stage != "namespaces"):
        text = yaml.safe_dump(_application_set(team, stage, wave), sort_keys=False)
        (folder / f"{wave}-{stage}.yaml").write_text(text)
    team.commit("The mesh, the obvious way")
    team.home.apply(yaml.safe_dump(_root(team)))


def _root(team: Team) -> dict[str, Any]:
    spec = _spec(team, "gke-aks-root", FOLDER) | {
        "destination": {"server": argocd.IN_CLUSTER, "namespace": argocd.NAMESPACE}
    }
    return _named("Application", FOLDER) | {"spec": spec}


def _application_set(team: Team, stage: str, wave: int) -> dict[str, Any]:
    where = "gke" if stage == "remote-secret" else "aks"
    path = f"{team.folder}/clusters/" + (
        "gke/remote-secrets/aks" if stage == "remote-secret" else f"{{{{.cluster}}}}/{stage}"
    )
    spec = _spec(team, "gke-aks", path)
    spec["destination"] = {"name": where, "namespace": "multi-cluster" if stage == "workloads" else "istio-system"}
    if stage in RENDERED:
        spec["source"]["plugin"] = {"name": "mcgen-istio-1.31"}
    if stage == "base":
        spec["syncPolicy"]["syncOptions"] = ["ServerSideApply=true"]
    found = _named("ApplicationSet", f"{FOLDER}-{stage}")
    found["metadata"]["annotations"] = {"argocd.argoproj.io/sync-wave": str(wave)}
    template = {"metadata": {"name": f"gke-aks-{{{{.cluster}}}}-{stage}"}, "spec": spec}
    generators = [{"list": {"elements": [{"cluster": "aks"}]}}]
    return found | {"spec": {"goTemplate": True, "generators": generators, "template": template}}


def _spec(team: Team, project: str, path: str) -> dict[str, Any]:
    source = {"repoURL": team.repository.url, "targetRevision": "main", "path": path}
    automated = {"automated": {"prune": True, "selfHeal": True}}
    return {"project": project, "source": source, "syncPolicy": automated}


def _named(kind: str, name: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": argocd.NAMESPACE}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata}
