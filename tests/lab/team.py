"""The team of the story: its blueprint for the lab, its repository, and what it does with a built tree."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab import addons, argocd, handbook, repository
from tests.lab.catalogue import CHECKOUT
from tests.lab.process import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab
    from tests.lab.repository import Repository

BLUEPRINT = "blueprints/gke-aks.yaml"
TREE = "output/gke-aks"
SEALED = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team with a lab and a repository in it."""

    lab: Lab
    repository: Repository

    @property
    def home(self) -> Cluster:
        """The cluster that Argo CD runs in."""
        return self.lab["gke"]

    @property
    def tree(self) -> Path:
        return self.repository.copy / TREE

    @property
    def readme(self) -> str:
        return (self.tree / "README.md").read_text()

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the blueprint."""
        path = self.repository.copy / BLUEPRINT
        blueprint = yaml.safe_load(path.read_text())
        change(blueprint)
        path.write_text(yaml.safe_dump(blueprint, sort_keys=False))

    def build(self) -> None:
        """Run mcgen as a person does in a checkout."""
        mcgen = [sys.executable, "-m", "mcgen", "build", BLUEPRINT, "-o", TREE]
        run(["env", f"--chdir={self.repository.copy}", *mcgen])

    def bootstrap(self, *options: str) -> str:
        """Run mcgen bootstrap as a person does, and return what it says; raise LabError when it fails."""
        command = f"mcgen bootstrap {BLUEPRINT} -o {TREE} {' '.join(options)}"
        return handbook.shell(command, folder=self.repository.copy, kubeconfig=self.lab.kubeconfig)

    def commit(self, message: str) -> None:
        """Commit, push, and have the webhook called."""
        self.repository.commit(message)
        if argocd.applications(self.home):
            argocd.refresh(self.home)

    def follow(self, page: str, after: str) -> str:
        """Run the commands that a page has below some words, at the root of the repository."""
        return handbook.shell(handbook.block(page, after), folder=self.repository.copy, kubeconfig=self.lab.kubeconfig)


def gather(lab: Lab) -> Team:
    """Return a team with all that the tree's README asks for before the first sync, and the blueprint committed."""
    team = Team(lab=lab, repository=repository.create(lab, "platform/mesh"))
    argocd.install(team.home, team.repository)
    argocd.register(team.home, "gke")
    argocd.register(team.home, "aks", lab["aks"])
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(addons.metrics_server, lab[name]) for name in ("gke", "aks")]
        for done in (pool.submit(addons.sealed_secrets, lab["gke"]), pool.submit(argocd.ready, lab["gke"]), *begun):
            done.result()
    path = team.repository.copy / BLUEPRINT
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(adapted(lab, team.repository), sort_keys=False))
    return team


def adapted(lab: Lab, repository: Repository) -> dict[str, Any]:
    """Return the sample blueprint with the lab's addresses, and without what its Envoy cannot do."""
    blueprint: dict[str, Any] = yaml.safe_load((CHECKOUT / BLUEPRINT).read_text())
    blueprint["gitops"]["repo"] = repository.url
    for cluster in blueprint["clusters"]:
        cluster["egress"] = [f"{lab[cluster['name']].plan.node_address}/32"]
    blueprint["patches"] = [vanilla_envoy()]
    return blueprint


def vanilla_envoy() -> dict[str, Any]:
    """Return the lab's overlay for its Envoy as a patch of a blueprint: three settings, seen in the tree as such."""
    component = yaml.safe_load((addons.VANILLA_ENVOY / "kustomization.yaml").read_text())
    (given,) = component["patches"]
    return {"stage": "control-plane", "target": given["target"], "patch": yaml.safe_load(given["patch"])}
