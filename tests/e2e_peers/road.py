"""The road to a mesh of two primaries: both wait for their CA, get one under an offline root, and read each other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab import addons, handbook, repository, settling, story
from tests.lab import team as teams
from tests.lab.plaintext import OUTSIDE
from tests.lab.team import SMALL, Team

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.lab import Lab
    from tests.lab.repository import Repository

SAMPLE = "multi-primary"
CLUSTERS = ("gke", "aks")


def gather(lab: Lab) -> Team:
    """Return the team in a prepared lab: Argo CD runs in gke, sealed-secrets in both, the blueprint is written."""
    team = Team(lab=lab, repository=repository.create(lab, "platform/mesh"), name=SAMPLE)
    teams.prepare(lab, team.repository, primaries=CLUSTERS)
    team.write(blueprint(lab, team.repository))
    return team


def blueprint(lab: Lab, repository: Repository) -> dict[str, Any]:
    """Return the sample, whose remote is not in this lab, with the lab's addresses."""
    found = teams.adapted(lab, repository, SAMPLE)
    found["gitops"]["argocd"] = {"cluster": "gke", "version": "3.5.7"}
    found["istio"]["values"] = SMALL
    for cluster in found["clusters"]:
        # The lab gives the addresses, and no cloud has any reserved.
        cluster.pop("gateway", None)
    return found


def to_the_gates(team: Team) -> None:
    """Build, commit, install, and let pods of nobody's mesh look on."""
    team.build()
    team.commit("The mesh, as mcgen builds it")
    story.begin(team)
    settling.at_the_gates(team)
    for cluster in team.lab.clusters.values():
        addons.demo(cluster)
        cluster.rolled_out(OUTSIDE, "client")


def give_authorities(team: Team, offline: Path) -> str:
    """Make the root and seal the CAs by the words of the README, commit, and see both chains to their end."""
    said = team.shell(handbook.block(team.readme, "Who has the root of the mesh gives").replace("FOLDER", str(offline)))
    team.commit("A CA for each primary, sealed")
    settling.well(team, "both chains at their end")
    return said


def introduce(team: Team) -> str:
    """Seal what each primary needs to read the other, commit, and wait until Argo CD has brought it."""
    said = team.bootstrap()
    team.commit("What the primaries need to read each other, sealed")
    settling.well(team, "both primaries with what they need to read each other")
    return said


def codes(team: Team) -> set[tuple[str, str]]:
    """Return cluster and code of all that mcgen verify does not find fine."""
    said = team.shell(f"mcgen verify {team.blueprint} -o {team.folder} --format=json || true")
    return {(each["cluster"], each["code"]) for each in json.loads(said)["checks"] if each["code"]}
