"""Waits until Argo CD has come to where a team wants it, and has it look again meanwhile."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.lab import argocd
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tests.lab.argocd import Application
    from tests.lab.cluster import Cluster
    from tests.lab.team import Team

# Generous: the machine has other work.
PATIENCE = 1800
# How often the team has Argo CD look again. A webhook's call that comes while Argo CD compares is lost, and its own
# resync is minutes away: waiting for that would show nothing more.
AGAIN = 15


def until(
    home: Cluster,
    what: str,
    done: Callable[[dict[str, Application]], object],
    *,
    seconds: float = PATIENCE,
    calm: bool = False,
) -> dict[str, Application]:
    """Wait until the Applications are as wanted and return them; raise LabError that says how each is otherwise.

    Who looks a second time may see something else: one missed scrape of metrics-server, and an autoscaler is Degraded
    until the next. calm: nobody has Argo CD look again meanwhile.
    """
    found: dict[str, Application] = {}
    refreshed = time.monotonic()

    def now() -> bool:
        nonlocal found, refreshed
        # The API server may be away for a moment.
        with suppress(LabError):
            found = argocd.applications(home)
            if done(found):
                return True
            if not calm and time.monotonic() - refreshed > AGAIN:
                argocd.refresh(home)
                refreshed = time.monotonic()
        return False

    try:
        wait_for(what, now, seconds=seconds, pause=0.5)
    except LabError as error:
        raise LabError("\n".join([str(error), *map(str, found.values())])) from error
    return found


def fine(home: Cluster, *, seconds: float) -> dict[str, Application]:
    """Wait until every Application that there is is Synced and Healthy, and return them; raise LabError.

    A health check that had no processor within its second is an error until Argo CD looks again, minutes later.
    """
    return until(home, "mesh that is well", lambda found: all(each.fine for each in found.values()), seconds=seconds)


def well(team: Team, what: str, *, seconds: float = PATIENCE, calm: bool = False) -> None:
    """Wait until all that the tree lists is there at the last commit, nothing else is, and it is Synced and Healthy."""
    until(team.home, what, _at_the_last_commit(team, ()), seconds=seconds, calm=calm)


def at_the_gates(team: Team) -> None:
    """Wait until every chain that has a gate waits there, and all else is at its end."""
    until(team.home, "at the gates", _at_the_last_commit(team, team.gated))


def _at_the_last_commit(team: Team, waiting: Collection[str]) -> Callable[[Mapping[str, Application]], bool]:
    """Return what tells whether Argo CD has all of the last commit, each Application fine, or at its gate."""
    wanted, head = team.wanted, team.repository.head

    def done(found: Mapping[str, Application]) -> bool:
        # An Application is as well as it was until it has seen the commit.
        return found.keys() == wanted and all(
            each.revision == head and (each.waits if name in waiting else each.fine) for name, each in found.items()
        )

    return done


def told(home: Cluster, what: str, done: Callable[[], object], *, seconds: float = 300) -> None:
    """Wait for something that Argo CD brings about, and have it look again meanwhile; raise LabError."""

    def now() -> bool:
        if done():
            return True
        argocd.refresh(home)
        return False

    wait_for(what, now, seconds=seconds, pause=5)
