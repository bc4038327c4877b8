"""Where trials take place: one lab with a prepared Argo CD, which each trial finds as if nothing had been before."""

from __future__ import annotations

import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from tests.e2e_order.trials import worlds
from tests.lab import argocd, repository
from tests.lab import team as teams
from tests.lab.api import Api
from tests.lab.census import census, clear
from tests.lab.lab import Lab
from tests.lab.plan import plan
from tests.lab.recorder import Recorder

if TYPE_CHECKING:
    from types import TracebackType

    from tests.lab.census import Census
    from tests.lab.team import Team

CLUSTERS = ("gke", "aks", "eks")
NAME, NETWORK = "order", "10.212.0.0/14"


def new_lab(name: str = NAME, network: str = NETWORK) -> Lab:
    """Return a lab for trials, which is down."""
    return Lab(plan(CLUSTERS, name=name, network=IPv4Network(network)))


class Ground:
    """A lab that is up, with Argo CD and its generated setup; while it is entered everything is recorded.

    before: what every cluster had when it was prepared.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.apis = {name: Api(cluster.kubeconfig) for name, cluster in lab.clusters.items()}
        self.recorder = Recorder({name: cluster.kubeconfig for name, cluster in lab.clusters.items()})
        self.before: dict[str, Census] = {}

    def __enter__(self) -> Ground:
        written = self.lab.run / "before.pickle"
        if not written.exists():
            self._prepare()
            written.write_bytes(pickle.dumps(self.taken()))
        self.before = pickle.loads(written.read_bytes())
        self.clear()
        self.recorder.__enter__()
        return self

    def _prepare(self) -> None:
        teams.prepare(self.lab, self.team("preparation", "gke-aks").repository)
        self.restore()

    def restore(self) -> None:
        """Apply the setup that trials begin with. Whichever mesh: it is Argo CD's, and all meshes share it."""
        any_team = self.team(f"setup-{time.monotonic():.0f}", "gke-aks")
        any_team.build()
        self.set_up(any_team)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.recorder.__exit__(kind, error, at)

    def team(self, name: str, mesh: str) -> Team:
        """Return a team with a repository of its own, in which a mesh's blueprint is."""
        found = teams.Team(lab=self.lab, repository=repository.create(self.lab, f"trials/{name}"), name=mesh)
        found.write(worlds.WORLDS[mesh](self.lab, found.repository))
        return found

    def set_up(self, team: Team) -> None:
        """Apply the setup as its README says; what it changes of Argo CD is how things were from now on."""
        team.follow((team.tree / "argocd/setup/README.md").read_text(), "### A stock install, with kubectl")
        argocd.ready(team.home)
        if self.before:
            now = census(self.apis["gke"])
            self.before["gke"] = {each: now.get(each, mark) for each, mark in self.before["gke"].items()}

    def taken(self) -> dict[str, Census]:
        """Return every object of every cluster."""
        with ThreadPoolExecutor() as pool:
            return dict(zip(self.apis, pool.map(census, self.apis.values()), strict=True))

    def clear(self) -> None:
        """Take everything away that came since the preparation, and see that it is gone."""
        # Argo CD first: it would bring back what goes in the clusters.
        clear(self.apis["gke"], self.before["gke"])
        with ThreadPoolExecutor() as pool:
            others = [name for name in self.apis if name != "gke"]
            list(pool.map(lambda name: clear(self.apis[name], self.before[name]), others))
