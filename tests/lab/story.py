"""What the team does, by the words of the generated READMEs: the first install, and the commit that opens the gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab import argocd, settling
from tests.lab.plan import LabError

if TYPE_CHECKING:
    from tests.lab.argocd import Application
    from tests.lab.team import Team

CHAINS = ("gke-aks-gke", "gke-aks-aks")
ROOT = "gke-aks-root"
GATE = "gke-aks-aks-remote-secret"
KINDS = "deployments,services,mutatingwebhookconfigurations,jobs,customresourcedefinitions"
SEALED = "sealedsecrets"

# Generous: the machine has other work.
PATIENCE = 900


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How it was at the gate. applications: by name; objects: cluster -> names of what was there."""

    applications: dict[str, Application]
    objects: dict[str, set[str]]


def first_install(team: Team) -> Waiting:
    """Build and commit the tree, install it, and return how it is when nothing moves any more."""
    team.build()
    team.commit("The mesh, as mcgen builds it")
    return Waiting(
        applications=install(team),
        objects={name: inventory(team, name) for name in team.lab.clusters},
    )


def install(team: Team) -> dict[str, Application]:
    """Install the committed tree, wait until nothing moves any more, and return the Applications."""
    begin(team)
    what = "chain of aks at its gate and chain of gke at its end"
    settling.until(team.home, what, at_the_gate, seconds=PATIENCE, calm=True)
    return resynced(team)


def begin(team: Team) -> None:
    """Prepare Argo CD and apply the install folder of the committed tree, by the words of its READMEs."""
    setup = (team.tree / "argocd/setup/README.md").read_text()
    team.follow(setup, "### A stock install, with kubectl")
    team.follow(setup, "## Offered: an admission policy")
    team.shell(f"kubectl apply -f {team.folder}/argocd/install")


def at_the_gate(found: dict[str, Application]) -> bool:
    """Tell whether the chain of aks waits, that of gke is at its end, and root is content."""
    if not {ROOT, *CHAINS, GATE} <= found.keys():
        return False
    through, waiting = CHAINS
    return found[waiting].waits and found[GATE].waits and found[ROOT].fine and found[through].fine


def resynced(team: Team) -> dict[str, Application]:
    """Have everything looked at again: Argo CD is not told when a CRD is established, and resyncs minutes later.

    Return the Applications as they were when none of them moved.
    """
    argocd.refresh(team.home)

    def done(found: dict[str, Application]) -> bool:
        return all(each.fine or each.health == "Suspended" for each in found.values())

    return settling.until(team.home, "end to every Progressing", done, seconds=PATIENCE, calm=True)


def open_the_gate(team: Team) -> None:
    """Bootstrap (find the address, seal the remote secret, build again), commit, and wait until all is well."""
    said = team.follow(team.readme, "## Waiting at a gate")
    if "sealed   aks for gke" not in said:
        raise LabError(f"the bootstrap did not seal: {said}")
    team.commit("The remote secret of aks, and the gateway's address")
    finished(team)


def finished(team: Team) -> None:
    """Wait until both chains are at their end and everything is well."""
    settling.until(team.home, "chain of aks at its end", complete, seconds=PATIENCE, calm=True)
    resynced(team)


def complete(found: dict[str, Application]) -> bool:
    """Tell whether root and both chains are Synced and Healthy, and the last stage of each is there."""
    last = {f"{chain}-workloads" for chain in CHAINS}
    return last <= found.keys() and all(found[name].fine for name in (ROOT, *CHAINS))


def inventory(team: Team, name: str) -> set[str]:
    """Return kind and name of what a cluster has."""
    cluster = team.lab[name]
    # Only the primary has the controller, and so the kind.
    kinds = f"{KINDS},{SEALED}" if cluster.says("get", f"crd/{SEALED}.bitnami.com") else KINDS
    return set(cluster.kubectl("get", kinds, "--all-namespaces", "--output=name").split())
