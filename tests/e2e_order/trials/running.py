"""A trial while it runs: what the team does in it, and how long it waits for what."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from mcgen import chain
from mcgen.verify.watch import ADDRESS, AVAILABLE, EXISTS
from tests.lab import argocd, settling
from tests.lab.plan import LabError
from tests.lab.process import wait_for
from tests.lab.settling import AGAIN, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from mcgen.verify.watch import Event
    from mcgen.verify.watch_order import Chain
    from tests.e2e_order.trials.draw import Trial
    from tests.e2e_order.trials.ground import Ground
    from tests.lab.argocd import Application
    from tests.lab.team import Team


@dataclass(kw_only=True)
class Running:
    """A trial that runs. first: the index of its first event in the recorder's line; notes: what is worth telling.

    before: what was so already when it began, such as a CRD of the lab's own controller, which a mesh brings too.

    chains: by cluster, those that have left included. promised: whether the order is, as it is not without Argo CD's
    health checks.
    """

    ground: Ground
    trial: Trial
    team: Team
    random: Random
    first: int
    before: tuple[Event, ...] = ()
    chains: dict[str, Chain] = field(default_factory=dict)
    promised: bool = True
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def events(self) -> tuple[Event, ...]:
        return self.ground.recorder.events[self.first :]

    @property
    def line(self) -> tuple[Event, ...]:
        return self.before + self.events

    def note(self, what: str) -> None:
        line = f"{time.monotonic() - self.started:6.1f} s  {what}"
        self.notes.append(line)
        print(f"    {line}", flush=True)

    def commit(self, message: str) -> None:
        """Commit what the team has, and note it."""
        self.chains |= {each.cluster: each for each in self.team.chains}
        self.team.commit(message)
        self.note(f"commit: {message}")

    def until(
        self,
        what: str,
        done: Callable[[dict[str, Application]], object],
        *,
        seconds: float = PATIENCE,
        calm: bool = False,
    ) -> None:
        """Wait until the Applications are as wanted, and note it; see `settling.until`."""
        settling.until(self.team.home, what, done, seconds=seconds, calm=calm)
        self.note(what)

    def well(self, what: str, *, seconds: float = PATIENCE, calm: bool = False) -> None:
        """Wait until Argo CD has the tree and nothing else, and note it; see `settling.well`."""
        settling.well(self.team, what, seconds=seconds, calm=calm)
        self.note(what)

    def stepped(self, what: str, command: str) -> str:
        """Run a command as soon as it no longer refuses because the step before is not over; return what it says."""
        said: list[str] = []
        refused: list[str] = []

        def taken() -> bool:
            try:
                said.append(self.team.shell(command))
            except LabError as error:
                refused[:] = [str(error)]
                # A webhook's call may have been lost.
                argocd.refresh(self.team.home)
                return False
            return True

        try:
            wait_for(what, taken, seconds=600, pause=3)
        except LabError as error:
            applications = "\n".join(map(str, argocd.applications(self.team.home).values()))
            raise LabError(f"{error}\n{refused[0]}\n{applications}") from error
        return said[0]

    def validated(self) -> None:
        """Build, and compare with the last commit as continuous integration does."""
        self.team.build()
        self.team.shell(f"mcgen validate {self.team.folder} --against HEAD")

    def begin(self) -> None:
        """Commit the tree and install it, by the words of its READMEs."""
        self.team.build()
        self.commit("The mesh, as mcgen builds it")
        setup = (self.team.tree / "argocd/setup/README.md").read_text()
        self.team.follow(setup, "## Offered: an admission policy")
        self.team.shell(f"kubectl apply -f {self.team.folder}/argocd/install")

    def at_the_gates(self) -> None:
        """Wait until every chain that has a gate waits there, and all else is at its end."""
        settling.at_the_gates(self.team)
        self.note("at the gates")

    def seal(self, *options: str) -> bool:
        """Seal what can be sealed and commit it; return whether there was anything new."""
        # It fails while there is something for which the clusters are not ready yet, and does the rest.
        with suppress(LabError):
            self.team.bootstrap(*options)
        if not self.team.repository.git("status", "--porcelain").strip():
            return False
        self.commit("What the bootstrap found and sealed")
        return True

    def nowhere(self) -> Path:
        """Return a kubeconfig that leads nowhere."""
        path = self.team.repository.place.folder / "nowhere"
        cluster = {"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}
        context = {"name": "nowhere", "context": {"cluster": "nowhere", "user": ""}}
        path.write_text(yaml.safe_dump({"clusters": [cluster], "contexts": [context], "current-context": "nowhere"}))
        return path

    def doctor(self) -> str:
        """Return what mcgen doctor says, whether all is fine or not."""
        return self.team.shell(f"mcgen doctor {self.team.blueprint} -o {self.team.folder} || true")

    def open_gates(self) -> None:
        """Seal as soon as the clusters are ready for it, until nothing waits any more."""
        tried: list[frozenset[Event]] = []
        looked = time.monotonic()

        def opened() -> bool:
            nonlocal looked
            if time.monotonic() - looked > AGAIN:
                looked = time.monotonic()
                with suppress(LabError):
                    argocd.refresh(self.team.home)
                tried.clear()
            # Programs are started only when there is something new for them to find.
            ready = self._ready()
            if ready not in tried:
                tried.append(ready)
                self.seal()
            return not any(step.gate for _, steps in chain.chains(self.team.mesh) for step in steps)

        wait_for("everything sealed", opened, seconds=PATIENCE, pause=1)

    def _ready(self) -> frozenset[Event]:
        """Return what the bootstrap waits for, as far as it is there: identities, addresses, a controller."""
        said = {("Secret", EXISTS), ("Service", ADDRESS), ("Deployment", AVAILABLE)}
        return frozenset(
            each
            for each in self.events
            if (each.kind, each.what) in said
            and ("reader" in each.name or "eastwest" in each.name or "seal" in each.name)
        )

    def install(self) -> None:
        """Install the mesh to its end, in the trial's manner."""
        self.begin()
        if self.trial.patient:
            self.at_the_gates()
        self.open_gates()
        self.well("installed, all is well")
