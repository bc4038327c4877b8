"""What must be so after every trial: the order was kept, and nothing moves any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcgen.verify.watch_order import around, missing, violations
from tests.lab import argocd, settling
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_order.trials.running import Running

# Every third one renders everything anew.
RESYNCS = 10
ANEW = 3
HEALTHY_AGAIN = 120


def order(run: Running) -> list[str]:
    """Return what came before its turn, with what happened around it; and what was not seen at all."""
    events, said = run.line, []
    for chain in run.chains.values():
        for each in violations(events, chain):
            said += [str(each), *around(events, each)]
    return said


def seen(run: Running) -> list[str]:
    """Return what should have been seen of a mesh that was installed to its end, and was not."""
    return [line for chain in run.chains.values() for line in missing(run.line, chain)]


def quiet(run: Running) -> list[str]:
    """Have everything compared again and again, and return what is not Synced and Healthy, differs, or was synced.

    Health may be missing for a moment: a metrics-server that misses a scrape makes a HorizontalPodAutoscaler Degraded.
    So may a comparison: Argo CD gives a health check one second, which is little where many others want the processor.
    """
    syncs, said = _syncs(run), []
    for number in range(RESYNCS):
        how = "hard" if number % ANEW == 0 else "normal"
        # What is wrong is so twice in a row.
        said += _compared(run, number, how) and _compared(run, number, how)
        settling.fine(run.team.home, seconds=HEALTHY_AGAIN)
    said += [f"synced again: {name}" for name, started in _syncs(run).items() if syncs.get(name) != started]
    return said


def _compared(run: Running, number: int, how: str) -> list[str]:
    """Have everything compared, and return what differs and what Argo CD complains of."""
    _resync(run, how)
    said = []
    for name, each in _applications(run).items():
        found = argocd.application(each)
        differing = [r for r in each["status"].get("resources", ()) if r.get("status", "Synced") != "Synced"]
        said += [f"resync {number}: {found}"] if found.sync != "Synced" or differing else []
        conditions = each["status"].get("conditions", ())
        said += [f"resync {number}: {name}: {one['type']}: {one['message']}" for one in conditions]
    return said


def _syncs(run: Running) -> dict[str, str]:
    return {name: each["status"]["operationState"]["startedAt"] for name, each in _applications(run).items()}


def _applications(run: Running) -> dict[str, dict[str, Any]]:
    listed = run.team.home.kubectl("get", "applications", f"--namespace={argocd.NAMESPACE}", "--output=json")
    return {each["metadata"]["name"]: each for each in json.loads(listed)["items"]}


def _resync(run: Running, how: str) -> None:
    where = (f"--namespace={argocd.NAMESPACE}", "--all", "--overwrite")
    run.team.home.kubectl("annotate", "applications", *where, f"{argocd.REFRESH}={how}")

    def done() -> bool:
        # Argo CD takes the annotation away when it has compared.
        return all(
            argocd.REFRESH not in each["metadata"].get("annotations", {}) for each in _applications(run).values()
        )

    wait_for("a resync of every Application", done, seconds=180, pause=0.3)


def verdict(run: Running) -> list[str]:
    """Return everything that is wrong at the end of a trial."""
    if not run.promised:
        return []
    wrong = seen(run) + order(run)
    try:
        # Of a mesh that was taken away nothing is left that could make a noise.
        return wrong + (quiet(run) if _applications(run) else [])
    except LabError as error:
        return [*wrong, str(error)]
