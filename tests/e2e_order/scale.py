"""What a mesh costs an Argo CD: rendering, what a commit renders again, and memory by the number of clusters.

`python -m tests.e2e_order.scale docs/scale.md` measures on the ground of the trials, and writes the page.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tests.e2e_order.trials.draw import draw
from tests.e2e_order.trials.ground import Ground, new_lab
from tests.e2e_order.trials.kinds import replicas, sized
from tests.e2e_order.trials.running import Running
from tests.lab import argocd
from tests.lab.catalogue import CHECKOUT
from tests.lab.lab import Lab, need_root
from tests.lab.plan import LabError
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab.cluster import Cluster
    from tests.lab.team import Team

COUNTS = (2, 20, 100)
PROJECT = "scale"
REPO_SERVER, CONTROLLER = "argocd-repo-server", "argocd-application-controller"
SET, MISS = "setting manifests cache", "manifest cache miss"
ARGO = f"--namespace={argocd.NAMESPACE}"


def logged(home: Cluster, target: str, since: float) -> list[dict[str, Any]]:
    """Return what a program of Argo CD has logged in the last seconds."""
    seconds = f"--since={time.monotonic() - since + 1:.0f}s"
    lines = home.kubectl("logs", target, ARGO, "--container", target.partition("/")[2].removesuffix("-0"), seconds)
    found = []
    for line in lines.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def rendering(running: Running) -> dict[str, int]:
    """Return the milliseconds that Argo CD waits for the manifests of each Application, nothing being cached."""
    home, found = running.team.home, {}
    for name in sorted(argocd.applications(home)):
        start = time.monotonic()
        home.kubectl("annotate", "applications", name, ARGO, "--overwrite", f"{argocd.REFRESH}=hard")
        times: list[int] = []

        def told(name: str = name, start: float = start, times: list[int] = times) -> bool:
            stats = (line for line in logged(home, f"pod/{CONTROLLER}-0", start) if line["msg"] == "GetRepoObjs stats")
            times[:] = [line["manifests_ms"] for line in stats if line["application"] == name]
            return bool(times)

        wait_for(f"the manifests of {name}", told, seconds=180, pause=1)
        found[name] = max(times)
    return found


def rerendered(running: Running) -> Counter[str]:
    """Commit what touches one cluster, and return how often the manifests of which Applications were made anew."""
    replicas(running, "aks")
    start = time.monotonic()
    running.commit("Another size of the gateway of aks")
    sized(running, "aks")
    running.well("the commit is everywhere")
    lines = logged(running.team.home, f"deployment/{REPO_SERVER}", start)
    return Counter(line["application"] for line in lines if line.get("msg") == SET)


def memory(home: Cluster, *programs: str) -> int:
    """Return the MiB that programs of Argo CD have in memory (PSS), among the processes of a cluster's node."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while they are looked at.
        with suppress(OSError):
            name = Path((folder / "cmdline").read_bytes().split(b"\0")[0].decode()).name
            if name in programs and f"/{home.plan.namespace}/" in (folder / "cgroup").read_text():
                text = (folder / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) // 1024
    return total


def by_clusters(ground: Ground, counts: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return the memory of controller and repo-server by how many clusters Argo CD manages, an Application in each.

    They share the API server of eks, by URLs that differ: Argo CD keeps all that a cluster has once for each URL.
    """
    team = ground.team("scale", "gke-aks")
    team.build()
    team.commit("The tree")
    home, found = team.home, {}
    home.apply(json.dumps(_project()))
    secret = json.loads(home.kubectl("get", "secret", "cluster-eks", ARGO, "--output=json"))
    config = base64.b64decode(secret["data"]["config"]).decode()
    server = ground.lab["eks"].plan.server
    for count in counts:
        documents: list[dict[str, Any]] = []
        for number in range(count):
            where = f"{server}/{number}/.."
            documents += [_registration(f"scale-{number}", where, config), _application(team, f"scale-{number}", where)]
        home.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
        argocd.settle(home, f"{count} clusters known", lambda found, n=count: _known(found) == n, seconds=1800)  # type: ignore[misc]
        time.sleep(30)
        found[count] = (memory(home, CONTROLLER), memory(home, REPO_SERVER, "argocd-cmp-server"))
    return found


def _known(found: dict[str, argocd.Application]) -> int:
    return sum(each.sync != "Unknown" for name, each in found.items() if name.startswith("scale-"))


def _registration(name: str, server: str, config: str) -> dict[str, Any]:
    labels = {"argocd.argoproj.io/secret-type": "cluster"}
    metadata = _metadata(f"cluster-{name}") | {"labels": labels}
    data = {"name": name, "server": server, "config": config}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def _application(team: Team, name: str, server: str) -> dict[str, Any]:
    """Return an Application that compares and never syncs: all of them would own the same objects."""
    source = {
        "repoURL": team.repository.url,
        "targetRevision": "main",
        "path": f"{team.folder}/clusters/aks/namespaces",
    }
    spec = {"project": PROJECT, "source": source, "destination": {"server": server, "namespace": "istio-system"}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": _metadata(name), "spec": spec}


def _project() -> dict[str, Any]:
    anything = [{"group": "*", "kind": "*"}]
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": anything,
    }
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": _metadata(PROJECT), "spec": spec}


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": argocd.NAMESPACE}


PAGE = """# What a mesh costs an Argo CD

`make scale` measures this with the real Argo CD 3.5.7 of `tests/lab`, and writes this page.
Commit `{commit}`, {machine}.

## Rendering

Milliseconds that the application controller waited for the manifests of each Application of `gke-aks`, nothing being
cached (a hard refresh, one Application after the other). Those with the plugin are IstioOperators, which go through
`kustomize build` and `istioctl manifest generate`; Argo CD builds the others itself.

| Application | ms | |
|---|---|---|
{rendering}

Manifests are cached by commit and Application; a resync renders nothing again.

## What a commit renders again

A commit that changes the size of the gateway of aks. Whose manifests were made anew:

{rerendered}

Every Application names the folders that it is made of (`argocd.argoproj.io/manifest-generate-paths`); for a commit that
touches none of them Argo CD moves the cached manifests on to the new commit.

## Memory

MiB of Argo CD's processes by the number of clusters that it manages, an Application of stage namespaces in each. They
share one API server, which Argo CD knows under as many URLs, and keep what it has as often. A cluster of your own has
more objects than this one of the lab: {objects} without events.

| clusters | application-controller | repo-server and plugin |
|---|---|---|
{memory}
"""


def _page(ground: Ground, times: dict[str, int], again: Counter[str], used: dict[int, tuple[int, int]]) -> str:
    plugin = ("-base", "-control-plane", "-gateway")
    rows = [f"| {name} | {ms} | {'plugin' if name.endswith(plugin) else ''} |" for name, ms in times.items()]
    return PAGE.format(
        commit=run(["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]).strip(),
        machine=f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.0f} meanwhile",
        rendering="\n".join(rows),
        rerendered="\n".join(f"- {name}: {count} times" for name, count in sorted(again.items())),
        objects=len(ground.before["eks"]),
        memory="\n".join(f"| {count} | {one} | {other} |" for count, (one, other) in used.items()),
    )


@click.command()
@click.argument("page", type=click.Path(path_type=Path))
@click.option("--lab", default="", help="A lab of this name is up already, and stays so.")
def main(page: Path, lab: str) -> None:
    """Measure, and write PAGE."""
    need_root()
    found = Lab.found(lab) if lab else new_lab()
    try:
        if not lab:
            found.up()
        with Ground(found) as ground:
            trial = replace(draw(1), faults=(), patient=False)
            team = ground.team(f"scale-{time.monotonic():.0f}", trial.mesh)
            running = Running(ground=ground, trial=trial, team=team, random=trial.random, first=0)
            running.install()
            times, again = rendering(running), rerendered(running)
            ground.clear()
            used = by_clusters(ground, COUNTS)
            ground.clear()
            page.write_text(_page(ground, times, again, used))
    finally:
        if not lab:
            found.down()


if __name__ == "__main__":
    try:
        main(prog_name="python -m tests.e2e_order.scale")
    except LabError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(3)
