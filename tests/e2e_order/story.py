"""What the team does, by the words of the generated READMEs: the first install, and the commit that opens the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.e2e_order.team import TREE
from tests.lab import argocd, handbook

if TYPE_CHECKING:
    from tests.e2e_order.team import Team
    from tests.lab.argocd import Application

CHAINS = ("gke-aks-gke", "gke-aks-aks")
ROOT = "gke-aks-root"
ISTIO_KINDS = "deployments,services,mutatingwebhookconfigurations,jobs,sealedsecrets,customresourcedefinitions"

# Generous: the machine has other work.
PATIENCE = 900


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How it was at the gate. applications: by name; objects: cluster -> names of what was there."""

    applications: dict[str, Application]
    objects: dict[str, set[str]]


def first_install(team: Team) -> Waiting:
    """Commit the tree, prepare Argo CD, apply the install folder, and wait until nothing moves any more."""
    team.build()
    team.commit("The mesh, as mcgen builds it")
    setup = (team.tree / "argocd/setup/README.md").read_text()
    team.follow(setup, "### A stock install, with kubectl")
    team.follow(setup, "## Offered: an admission policy")
    handbook.shell(
        f"kubectl apply -f {TREE}/argocd/install", folder=team.repository.copy, kubeconfig=team.lab.kubeconfig
    )
    argocd.settle(team.home, "chain of aks at its gate and chain of gke at its end", at_the_gate, seconds=PATIENCE)
    return Waiting(
        applications=argocd.applications(team.home),
        objects={name: inventory(team, name) for name in team.lab.clusters},
    )


def at_the_gate(found: dict[str, Application]) -> bool:
    """Tell whether the chain of aks waits, and everything else is at its end."""
    if not {ROOT, *CHAINS} <= found.keys():
        return False
    chain, gate = found["gke-aks-aks"], found.get("gke-aks-aks-remote-secret")
    waits = gate is not None and (chain.sync, chain.health, gate.sync, gate.health) == ("Synced", "Suspended") * 2
    rest = (each for name, each in found.items() if name not in (chain.name, "gke-aks-aks-remote-secret"))
    return waits and "gke-aks-gke-workloads" in found and all(each.fine for each in rest)


def open_the_gate(team: Team) -> None:
    """Find the address, seal the remote secret, build and commit; wait until all is well."""
    address = team.follow(team.readme, "The address of the east-west gateway of gke").strip()
    facts = handbook.block(team.readme, "below the addresses that are there already", "yaml")
    (team.tree / ".mcgen/facts.yaml").write_text(facts.replace("203.0.113.10", address))
    team.follow(team.readme, "The remote secret of aks for gke")
    team.build()
    team.commit("The remote secret of aks, and the gateway's address")
    argocd.settle(team.home, "mesh that is complete", complete, seconds=PATIENCE)


def complete(found: dict[str, Application]) -> bool:
    """Tell whether every Application is Synced and Healthy, to the last stage of both chains."""
    last = {f"{chain}-workloads" for chain in CHAINS}
    return last <= found.keys() and all(each.fine for each in found.values())


def inventory(team: Team, cluster: str) -> set[str]:
    """Return kind and name of what a cluster has."""
    return set(team.lab[cluster].kubectl("get", ISTIO_KINDS, "--all-namespaces", "--output=name").split())
