"""Waits until Argo CD has come to where a team wants it, and has it look again meanwhile."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.lab import argocd
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    done: Callable[[Mapping[str, Application]], object],
    *,
    seconds: float = PATIENCE,
    calm: bool = False,
) -> None:
    """Wait until the Applications are as wanted; raise LabError that says how they are when that does not come.

    calm: nobody has Argo CD look again meanwhile.
    """
    refreshed = [time.monotonic()]

    def now() -> bool:
        # The API server may be away for a moment.
        with suppress(LabError):
            if done(argocd.applications(home)):
                return True
            if not calm and time.monotonic() - refreshed[0] > AGAIN:
                argocd.refresh(home)
                refreshed[0] = time.monotonic()
        return False

    try:
        wait_for(what, now, seconds=seconds, pause=0.5)
    except LabError as error:
        raise LabError("\n".join([str(error), *map(str, argocd.applications(home).values())])) from error


def well(team: Team, what: str, *, seconds: float = PATIENCE, calm: bool = False) -> None:
    """Wait until all that the tree lists is there, nothing else is, and all of it is Synced and Healthy."""
    wanted = team.wanted

    def done(found: Mapping[str, Application]) -> bool:
        return found.keys() == wanted and all(each.fine for each in found.values())

    until(team.home, what, done, seconds=seconds, calm=calm)


def at_the_gates(team: Team) -> None:
    """Wait until every chain that has a gate waits there, and all else is at its end."""
    wanted, waiting = team.wanted, team.gated

    def done(found: Mapping[str, Application]) -> bool:
        return found.keys() == wanted and all(
            (each.sync, each.health) == ("Synced", "Suspended") if name in waiting else each.fine
            for name, each in found.items()
        )

    until(team.home, "at the gates", done)


def told(home: Cluster, what: str, done: Callable[[], object], *, seconds: float = 300) -> None:
    """Wait for something that Argo CD brings about, and have it look again meanwhile; raise LabError."""

    def now() -> bool:
        if done():
            return True
        argocd.refresh(home)
        return False

    wait_for(what, now, seconds=seconds, pause=5)
