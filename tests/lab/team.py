"""The team of the story: its blueprint for the lab, its repository, and what it does with a built tree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import chain, load, names
from mcgen.verify import watch_order
from tests.lab import addons, argocd, handbook, repository
from tests.lab.catalogue import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mcgen.mesh import Mesh
    from mcgen.verify.watch_order import Chain
    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab
    from tests.lab.repository import Repository

TREE = "output/gke-aks"
SEALED = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
# A node of two processors, which other clusters share, has to hold two istiods beside two old ones.
SMALL = {"pilot": {"resources": {"requests": {"cpu": "50m", "memory": "128Mi"}}}}


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team with a lab and a repository in it. name: of its mesh."""

    lab: Lab
    repository: Repository
    name: str = "gke-aks"

    @property
    def home(self) -> Cluster:
        """The cluster that Argo CD runs in."""
        return self.lab["gke"]

    @property
    def blueprint(self) -> str:
        """The blueprint's place in the repository."""
        return f"blueprints/{self.name}.yaml"

    @property
    def folder(self) -> str:
        """The tree's place in the repository."""
        return f"output/{self.name}"

    @property
    def tree(self) -> Path:
        return self.repository.copy / self.folder

    @property
    def mesh(self) -> Mesh:
        """The mesh of the blueprint and the tree's inputs as they are now."""
        return load.load(load.read(str(self.repository.copy / self.blueprint)), self.tree).mesh

    @property
    def chains(self) -> tuple[Chain, ...]:
        """The chains as their order can be seen."""
        return watch_order.chains(self.mesh)

    @property
    def wanted(self) -> set[str]:
        """The Applications that Argo CD has when it has all of the tree."""
        mesh = self.mesh
        found = {names.root(mesh.name), *(names.chain(mesh.name, cluster.name) for cluster in mesh.clusters)}
        for cluster, steps in chain.chains(mesh):
            found |= {names.application(mesh.name, cluster.name, step.name) for step in steps if step.listed}
        return found | {names.peer(mesh.name, step.destination.name, step.cluster.name) for step in chain.peers(mesh)}

    @property
    def gated(self) -> set[str]:
        """The Applications that wait at a gate, and their chains."""
        mesh, found = self.mesh, set[str]()
        for cluster, steps in chain.chains(mesh):
            gates = {step.name for step in steps if step.gate and step.listed}
            found |= {names.application(mesh.name, cluster.name, name) for name in gates}
            found |= {names.chain(mesh.name, cluster.name)} if gates else set()
        return found

    def chain(self, cluster: str) -> Chain:
        """Return the chain of a cluster."""
        return next(chain for chain in self.chains if chain.cluster == cluster)

    @property
    def readme(self) -> str:
        return (self.tree / "README.md").read_text()

    def build(self) -> None:
        """Run mcgen as a person does in a checkout."""
        self.mcgen("build")

    def bootstrap(self, *options: str) -> str:
        """Run mcgen bootstrap as a person does, and return what it says; raise LabError when it fails."""
        return self.mcgen("bootstrap", *options)

    def mcgen(self, command: str, *options: str) -> str:
        """Run a command of mcgen on the blueprint and the tree, and return what it says; raise LabError."""
        return self.shell(f"mcgen {command} {self.blueprint} {' '.join(options)} -o {self.folder}")

    def shell(self, commands: str) -> str:
        """Run commands at the root of the repository, and return what they say; raise LabError when one fails."""
        return handbook.shell(commands, folder=self.repository.copy, kubeconfig=self.lab.kubeconfig)

    def write(self, blueprint: dict[str, Any]) -> None:
        """Write the blueprint."""
        path = self.repository.copy / self.blueprint
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(blueprint, sort_keys=False))

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the blueprint as data."""
        blueprint = yaml.safe_load((self.repository.copy / self.blueprint).read_text())
        change(blueprint)
        self.write(blueprint)

    def commit(self, message: str) -> str:
        """Commit, push, have the webhook called, and return the commit."""
        commit = self.repository.commit(message)
        if argocd.applications(self.home):
            argocd.refresh(self.home)
        return commit

    def follow(self, page: str, after: str) -> str:
        """Run the commands that a page has below some words, at the root of the repository."""
        return self.shell(handbook.block(page, after))


def prepare(lab: Lab, repository: Repository, *, primaries: Sequence[str] = ("gke",)) -> None:
    """Do what the tree's README asks for before the first sync, but for the setup, which is the tree's own."""
    home = lab["gke"]
    argocd.install(home, repository)
    for name, cluster in lab.clusters.items():
        argocd.register(home, name, None if cluster is home else cluster)
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(addons.metrics_server, cluster) for cluster in lab.clusters.values()]
        begun += [pool.submit(addons.sealed_secrets, lab[name]) for name in primaries]
        for done in (pool.submit(argocd.ready, home), *begun):
            done.result()


def gather(lab: Lab) -> Team:
    """Return a team in a prepared lab, the blueprint in its working copy."""
    team = Team(lab=lab, repository=repository.create(lab, "platform/mesh"))
    prepare(lab, team.repository)
    team.write(adapted(lab, team.repository))
    return team


def adapted(lab: Lab, repository: Repository, sample: str = "gke-aks") -> dict[str, Any]:
    """Return a sample blueprint with the lab's addresses and clusters, and without what its Envoy cannot do."""
    blueprint: dict[str, Any] = yaml.safe_load((CHECKOUT / f"blueprints/{sample}.yaml").read_text())
    blueprint["gitops"]["repo"] = repository.url
    blueprint["clusters"] = [each for each in blueprint["clusters"] if each["name"] in lab.clusters]
    for cluster in blueprint["clusters"]:
        cluster["egress"] = [f"{lab[cluster['name']].plan.node_address}/32"]
    blueprint["patches"] = [vanilla_envoy()]
    return blueprint


def vanilla_envoy() -> dict[str, Any]:
    """Return the lab's overlay for its Envoy as a patch of a blueprint: three settings, seen in the tree as such."""
    component = yaml.safe_load((addons.VANILLA_ENVOY / "kustomization.yaml").read_text())
    (given,) = component["patches"]
    return {"stage": "control-plane", "target": given["target"], "patch": yaml.safe_load(given["patch"])}
