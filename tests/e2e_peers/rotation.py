"""Another root for a mesh that runs, by the words of its runbook: three commits, and what people do after each."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mcgen import names
from tests.e2e_peers.calling import RESTARTED, Calling
from tests.e2e_peers.road import CLUSTERS, codes
from tests.lab import addons, handbook, settling
from tests.lab.calls import DEMO, ask
from tests.lab.presented import Presented, presented
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.cluster import Cluster
    from tests.lab.team import Team

# The step of the blueprint, and what it is called.
STEPS = {"both": "both", "switched": "switched", "": "over"}
SYSTEM = names.ISTIO_SYSTEM
# A client that nobody restarts.
FORGOTTEN = "forgotten"


@dataclass(frozen=True, kw_only=True)
class Step:
    """How it was in a step, by cluster.

    too_early: what mcgen verify found when istiods had started anew; anew: what a client had when they had the CA;
    restarted: and when the client had started anew, too. forgotten: what the client was answered that nobody restarts.
    """

    too_early: set[tuple[str, str]]
    anew: dict[str, Presented]
    restarted: dict[str, Presented]
    forgotten: frozenset[str]


def take(team: Team, rotation: str, folders: tuple[Path, ...], calling: Calling) -> Step:
    """Take a step: edit, seal, commit, wait for istiod, restart everything; and look after each of the two."""
    name = STEPS[rotation]
    seal(team, rotation, folders)
    calling.part = f"{name}: commit, istiod starts anew"
    # In one cluster and one step the worst case: istiod starts before anybody has unsealed its CA.
    with addons.sealing_away(team.lab["aks"]) if rotation == "both" else nullcontext():
        commit(team, rotation)
        too_early = codes(team)
    settling.well(team, f"the step '{name}' is everywhere")
    wait_for("every istiod with the roots of the step", lambda: not codes(team), seconds=300, pause=2)
    anew = clients(team)
    calling.part = f"{name}{RESTARTED}"
    restart(team)
    calling.part = f"{name}: afterwards"
    forgotten = frozenset(ask(team.lab, "gke", client=f"deployment/{FORGOTTEN}"))
    return Step(too_early=too_early, anew=anew, restarted=clients(team), forgotten=forgotten)


def seal(team: Team, rotation: str, folders: tuple[Path, ...]) -> None:
    """Write the step into the blueprint and seal, by the words of the runbook; see that the commit will be admitted."""

    def change(blueprint: dict[str, Any]) -> None:
        blueprint["trust"] = {"mode": "cacerts"} | ({"rotation": rotation} if rotation else {})

    team.edit(change)
    runbook = (team.tree / "RUNBOOK.md").read_text()
    command = handbook.block(runbook, "Another root while the mesh runs" if rotation else "## At a gate")
    for folder in folders:
        command = command.replace("FOLDER", str(folder), 1)
    team.shell(command)
    team.shell(f"mcgen validate {team.folder} --against HEAD")


def commit(team: Team, rotation: str) -> None:
    """Commit the step, and wait until every istiod has started anew."""
    before = {name: pods(team.lab[name], "app=istiod") for name in CLUSTERS}
    team.commit(f"Another root: {STEPS[rotation]}")
    for name in CLUSTERS:
        cluster, old = team.lab[name], before[name]
        wait_for(f"new istiods in {name}", lambda: not old & pods(cluster, "app=istiod"), seconds=600, pause=1)  # noqa: B023
        cluster.rolled_out(SYSTEM, "istiod", 300)


def pods(cluster: Cluster, selector: str) -> set[str]:
    """Return the names of istio-system's pods with a label."""
    return set(
        cluster.kubectl("get", "pods", f"--namespace={SYSTEM}", f"--selector={selector}", "--output=name").split()
    )


def clients(team: Team) -> dict[str, Presented]:
    """Return what the client of each cluster presents and trusts."""
    return {name: presented(team.lab[name], DEMO, "app=sleep") for name in CLUSTERS}


def restart(team: Team) -> None:
    """Restart gateways and workloads in both clusters, as people do, but for the client that is forgotten."""
    for name in CLUSTERS:
        cluster = team.lab[name]
        listed = cluster.kubectl("get", "deployments", f"--namespace={DEMO}", "--output=name").split()
        todo = [each.partition("/")[2] for each in listed]
        for namespace, deployments in (
            (SYSTEM, [names.EAST_WEST_GATEWAY]),
            (DEMO, [each for each in todo if each != FORGOTTEN]),
        ):
            cluster.kubectl("rollout", "restart", "deployment", *deployments, f"--namespace={namespace}")
            for deployment in deployments:
                cluster.rolled_out(namespace, deployment, 300)
            wait_for(f"the end of the old pods in {name}", partial(none_goes, cluster, namespace), seconds=180, pause=1)


def none_goes(cluster: Cluster, namespace: str) -> bool:
    """Tell whether all pods of a namespace are ready, and none is on its way out."""
    listed = cluster.kubectl("get", "pods", f"--namespace={namespace}", "--output=name").split()
    return len(listed) == len(cluster.pods(namespace, ""))


def forget(team: Team) -> None:
    """Let there be one more client in gke, of which nobody thinks later."""
    gke = team.lab["gke"]
    found = gke.get("deployment", "sleep-gke", DEMO)
    labels = {"app": FORGOTTEN}
    template = found["spec"]["template"] | {"metadata": {"labels": labels}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": FORGOTTEN, "namespace": DEMO, "labels": labels}
    gke.apply(json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}))
    gke.rolled_out(DEMO, FORGOTTEN)


def unforget(team: Team) -> None:
    """Take that client away."""
    team.lab["gke"].kubectl("delete", "deployment", FORGOTTEN, f"--namespace={DEMO}", "--ignore-not-found")
