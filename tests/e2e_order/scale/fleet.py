"""What many clusters cost an Argo CD: the tree of a mesh with hundreds of remotes, which share one API server.

Argo CD knows that server by a URL for each remote, and keeps all that a cluster has once for each URL. The Applications
compare and never sync: all of them would own the same objects. Each remote has its stage namespaces, as mcgen emits it;
at the last count it has that seven times over, which is as many Applications as a remote has.
"""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e_order.scale import programs
from tests.e2e_order.scale.programs import ARGO, CONTROLLER, PLUGIN, REPO_SERVER
from tests.lab import argocd, settling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.e2e_order.trials.ground import Ground
    from tests.lab.team import Team

PROJECT = "scale"
STAGE = "namespaces"
EXACT = "argocd.argoproj.io/manifest-generate-paths"
# As many as a remote has: its chain and six stages.
APPLICATIONS = 7
# Nothing is committed for so long while the work of standing still is measured: Argo CD looks at everything again
# within 120 s, and up to 60 s more by chance.
STILL = 180
# After so long what was added is looked at no more.
CALM = 30
PATIENCE = 3600


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit that touches one cluster: seconds until all Applications were compared with it, manifests made anew for
    it, and seconds of processor time that controller and repo-server used meanwhile."""

    seconds: float
    made: int
    worked: float


@dataclass(frozen=True, kw_only=True)
class Size:
    """What an Argo CD with so many clusters and Applications needs.

    controller, repo: MiB of the application-controller, and of repo-server and plugin. still: processors that the
    controller keeps busy while nothing is committed. commits: by how the Applications name their paths; empty where
    that was not measured.
    """

    clusters: int
    applications: int
    controller: int
    repo: int
    still: float
    commits: dict[str, Commit]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """A team whose mesh has many remotes, all at the API server of eks."""

    ground: Ground
    team: Team
    config: str

    @property
    def server(self) -> str:
        return self.ground.lab["eks"].plan.server

    def where(self, name: str) -> str:
        """Return the URL by which Argo CD knows a remote."""
        return f"{self.server}/{name}/.."

    def registration(self, name: str) -> dict[str, Any]:
        metadata = _metadata(f"cluster-{name}") | {"labels": {"argocd.argoproj.io/secret-type": "cluster"}}
        data = {"name": name, "server": self.where(name), "config": self.config}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}

    def application(self, name: str, number: int) -> dict[str, Any]:
        """Return the Application of a remote's stage as mcgen emits it, but one that never syncs."""
        (path,) = (self.team.tree / f"clusters/{name}/argocd").glob(f"*-{STAGE}.yaml")
        found: dict[str, Any] = yaml.safe_load(path.read_text())
        spec = {key: value for key, value in found["spec"].items() if key != "syncPolicy"}
        spec |= {"project": PROJECT, "destination": {"server": self.where(name), "namespace": "istio-system"}}
        metadata = _metadata(f"{name}-{number}") | {"annotations": {EXACT: found["metadata"]["annotations"][EXACT]}}
        return found | {"metadata": metadata, "spec": spec}


def measured(ground: Ground, counts: Sequence[int]) -> Iterator[Size]:
    """Yield what each count of clusters needs, with one Application each, and then the last with seven."""
    fleet = prepared(ground, max(counts))
    names = [remote(number) for number in range(max(counts))]
    for index, count in enumerate(counts):
        new = names[counts[index - 1] if index else 0 : count]
        _apply(fleet, [fleet.registration(name) for name in new] + [fleet.application(name, 1) for name in new])
        yield _sized(fleet, count, count)
    _apply(fleet, [fleet.application(name, number) for name in names for number in range(2, APPLICATIONS + 1)])
    yield _sized(fleet, len(names), len(names) * APPLICATIONS, commits=False)


def lines(ground: Ground, sizes: Sequence[Size]) -> list[str]:
    """Return what the sizes need, as Markdown."""
    needs = [
        f"| {each.clusters} | {each.applications} | {each.controller} | {each.repo} | {each.still:.2f} |"
        for each in sizes
    ]
    commits = [
        f"| {each.clusters} | {paths} | {commit.made} | {commit.seconds:.0f} | {commit.worked:.1f} |"
        for each in sizes
        for paths, commit in each.commits.items()
    ]
    return [
        f"On {os.cpu_count()} processors, which the clusters share. The API server that all remotes are at has"
        f" {len(ground.before['eks'])} objects, events aside.",
        "",
        "| clusters | Applications | controller, MiB | repo-server and plugin, MiB | processors, standing still |",
        "|---|---|---|---|---|",
        *needs,
        "",
        "A commit that touches one cluster, until every Application was compared with it:",
        "",
        "| clusters | paths | manifests made | s | processor seconds |",
        "|---|---|---|---|---|",
        *commits,
    ]


def remote(number: int) -> str:
    return f"r{number:03}"


def prepared(ground: Ground, count: int) -> Fleet:
    """Return a fleet whose tree is committed; Argo CD knows none of it yet."""
    team = ground.team(f"fleet-{time.monotonic():.0f}", "gke-aks")
    team.edit(lambda blueprint: _grow(blueprint, count))
    team.build()
    team.commit("The tree of all remotes")
    team.home.apply(json.dumps(_project()))
    secret = json.loads(team.home.kubectl("get", "secret", "cluster-eks", ARGO, "--output=json"))
    config = base64.b64decode(secret["data"]["config"]).decode()
    return Fleet(ground=ground, team=team, config=config)


def _grow(blueprint: dict[str, Any], count: int) -> None:
    # The job would need a way into each of them, and nothing is sealed here.
    blueprint.pop("bootstrap", None)
    for cluster in blueprint["clusters"]:
        cluster.pop("bootstrap", None)
    (home, like) = blueprint["clusters"]
    remotes = [
        {"name": remote(number), "platform": like["platform"], "role": "remote", "egress": [*like["egress"]]}
        for number in range(count)
    ]
    blueprint["clusters"] = [home, like, *remotes]


def _sized(fleet: Fleet, clusters: int, applications: int, *, commits: bool = True) -> Size:
    home = fleet.team.home
    _settle(fleet, f"{applications} Applications known", lambda found: _compared(found) == applications)
    time.sleep(CALM)
    before, start = programs.worked(home, CONTROLLER), time.monotonic()
    time.sleep(STILL)
    still = (programs.worked(home, CONTROLLER) - before) / (time.monotonic() - start)
    size = Size(
        clusters=clusters,
        applications=applications,
        controller=programs.memory(home, CONTROLLER),
        repo=programs.memory(home, REPO_SERVER, PLUGIN),
        still=still,
        commits={},
    )
    if commits:
        size.commits["exact paths"] = _commit(fleet, applications)
        _paths(fleet, clusters, exact=False)
        size.commits["none"] = _commit(fleet, applications)
        _paths(fleet, clusters, exact=True)
    return size


def _commit(fleet: Fleet, applications: int) -> Commit:
    """Commit what touches one remote, and see every Application compared with that commit."""
    home = fleet.team.home
    used = (CONTROLLER, REPO_SERVER, PLUGIN)
    overlay = fleet.team.tree / f"clusters/{remote(0)}/{STAGE}/kustomization.yaml"
    overlay.write_text(overlay.read_text() + f"# {time.monotonic()}\n")
    before, start = programs.worked(home, *used), time.monotonic()
    head = fleet.team.commit("One cluster is touched")
    _settle(fleet, "the commit is everywhere", lambda found: _at(found, head) == applications)
    seconds = time.monotonic() - start
    worked = programs.worked(home, *used) - before
    return Commit(seconds=seconds, made=len(programs.made(home, start)), worked=worked)


def _paths(fleet: Fleet, clusters: int, *, exact: bool) -> None:
    """Have the Applications name the paths that they are made of, or not."""
    documents = [fleet.application(remote(number), 1) for number in range(clusters)]
    for document in documents if not exact else ():
        document["metadata"]["annotations"] = {}
    _apply(fleet, documents)


def _apply(fleet: Fleet, documents: Sequence[dict[str, Any]]) -> None:
    fleet.team.home.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))


def _settle(fleet: Fleet, what: str, done: Callable[[dict[str, argocd.Application]], object]) -> None:
    settling.until(fleet.team.home, what, done, seconds=PATIENCE, calm=True)


def _compared(found: dict[str, argocd.Application]) -> int:
    return sum(each.sync in ("Synced", "OutOfSync") for each in found.values())


def _at(found: dict[str, argocd.Application], head: str) -> int:
    return sum(each.revision == head for each in found.values())


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
