"""Trials in which something leaves: a cluster in its phases, or all of the mesh as docs/lifecycle.md says."""

from __future__ import annotations

import json
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from mcgen import phases
from tests.lab import argocd, handbook
from tests.lab.catalogue import CHECKOUT
from tests.lab.census import census, differences
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_order.trials.running import Running
    from tests.lab.team import Team

# What Argo CD and Istio leave in a cluster that has left, as docs/lifecycle.md says.
STAYS = re.compile(r"new: (customresourcedefinitions \S+\.istio\.io|configmaps \S+/istio-ca-(root-cert|crl))")
CONFIRMATION = re.compile(r"^ *(kubectl -n \S+ annotate applications\.argoproj\.io (\S+) .*)$", re.MULTILINE)


def removed(run: Running) -> None:
    """Let aks leave in its phases; somebody leaves a question of Argo CD unanswered while another commit comes."""
    run.install()
    leave(run, "aks", busy=run.random.choice([phase.state for phase in phases.PHASES if phase.confirm]))
    left_behind(run, "aks")


def mesh_removed(run: Running) -> None:
    """Take the whole mesh away, by the words of docs/lifecycle.md: nothing that is not the mesh's is touched."""
    run.install()
    leave(run, "aks", busy="")
    take_away(run)
    for name in ("gke", "aks"):
        left_behind(run, name)


def leave(run: Running, name: str, *, busy: str) -> None:
    """Let a cluster leave, a phase and commit after the other. busy: the phase in which another commit comes first."""
    team = run.team
    for number in range(len(phases.PHASES) + 1):
        if number == len(phases.PHASES):
            # As the command has said with every phase: nothing may name the cluster when its lines go.
            team.edit(lambda blueprint: _unnamed(blueprint, name))
        command = f"mcgen remove cluster {team.blueprint} {name} -o {team.folder}"
        said = run.stepped(f"the end of a phase of {name}", command)
        run.validated()
        state = _state(team, name)
        run.commit(f"{name} leaves: {state or 'its lines are out'}")
        for command, application in CONFIRMATION.findall(said):
            wait_for(f"{application} to be deleted", partial(_going, run, application), seconds=300, pause=0.5)
            if state == busy:
                _another_commit(run, application)
            team.shell(command)
            run.note(f"confirmed: {application}")
    setup = (team.tree / "argocd/setup/README.md").read_text()
    team.follow(setup, "## Offered: an admission policy")
    team.shell(f"kubectl apply -f {team.folder}/argocd/install")
    run.well(f"{name} has left")


def _unnamed(blueprint: dict[str, Any], name: str) -> None:
    """Take the policies out that name a cluster's workloads."""
    blueprint["policies"] = [each for each in blueprint["policies"] if f"sleep-{name}" not in json.dumps(each)]


def take_away(run: Running) -> None:
    """Take away what is left of a mesh, a primary alone, with the commands of docs/lifecycle.md."""
    page = (CHECKOUT / "docs/lifecycle.md").read_text()
    stages = list(run.team.chain("gke").stages)
    commands = handbook.block(page, "## Primaries, and the whole mesh").replace("shop-", f"{run.team.name}-")
    listed = re.search(r"for stage in (.*); do", commands)
    if not listed:
        raise LabError("docs/lifecycle.md lists no stages")
    mine = [stage for stage in listed[1].split() if stage in stages]
    if {*mine, "base"} != set(stages):
        raise LabError(f"docs/lifecycle.md forgets {set(stages) - {*mine, 'base'}}")
    commands = commands.replace(listed[1], " ".join(mine))
    # Its last line waits until somebody confirms.
    asked = f"{run.team.name}-gke-namespaces"
    # Looked for here: a thread that fails would leave the commands waiting.
    thread = threading.Thread(target=_confirm, args=(run, asked, _confirmation(run.team, asked)), daemon=True)
    thread.start()
    handbook.shell(commands, folder=run.team.repository.copy, kubeconfig=run.team.lab.kubeconfig, seconds=600)
    thread.join()
    run.note("the mesh's stages are gone")
    where = f"--namespace={argocd.NAMESPACE}"
    home = run.team.home
    home.kubectl("delete", "applications.argoproj.io", f"{run.team.name}-gke-base", where)
    home.kubectl("delete", "appprojects.argoproj.io", run.team.name, f"{run.team.name}-root", where)
    home.kubectl("delete", f"--filename={run.team.tree}/argocd/setup/admission-policy.yaml")


def left_behind(run: Running, name: str) -> None:
    """See that a cluster has nothing left but what stays, and that nothing else was touched."""
    found = differences(run.ground.before[name], census(run.ground.apis[name]))
    if wrong := [line for line in found if not STAYS.fullmatch(line)]:
        raise LabError(f"{name}: {'; '.join(wrong)}")
    run.note(f"{name} is as it was, but for {len(found)} definitions and certificates")


def _confirm(run: Running, application: str, command: str) -> None:
    wait_for(f"{application} to be deleted", partial(_going, run, application), seconds=600, pause=0.5)
    run.team.shell(command)


def _confirmation(team: Team, application: str) -> str:
    """Return the command with which the tree's RUNBOOK answers Argo CD's question; raise LabError without one."""
    said = CONFIRMATION.search((team.tree / "RUNBOOK.md").read_text())
    if not said or said[2] != f"{team.name}-CLUSTER-STAGE":
        raise LabError("the tree's RUNBOOK.md does not say how to confirm")
    return said[1].replace(said[2], application)


def _going(run: Running, application: str) -> bool:
    """Return whether Argo CD has begun to delete an Application, and so asks."""
    path = "jsonpath={.metadata.deletionTimestamp}"
    try:
        where = f"--namespace={argocd.NAMESPACE}"
        return bool(run.team.home.kubectl("get", "applications.argoproj.io", application, where, f"--output={path}"))
    except LabError:
        return False


def _another_commit(run: Running, application: str) -> None:
    """Let a commit come while Argo CD waits for an answer: it reaches the others, and what waits stays."""
    from tests.e2e_order.trials.kinds import replicas, sized

    replicas(run, "gke")
    run.commit("While nobody answers, another size of the gateway of gke")
    sized(run, "gke")
    if not _going(run, application):
        raise LabError(f"{application} went although nobody confirmed")
    run.note("the commit is in gke, and what was asked still waits")


def _state(team: Team, name: str) -> str:
    mesh = team.mesh
    return mesh.by_name[name].state if name in mesh.by_name else ""
