"""What one mesh costs an Argo CD: the making of its manifests, a commit, and what is stored of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

from tests.e2e_order.scale.programs import ARGO, CONTROLLER, logged, made
from tests.e2e_order.trials.kinds import replicas, sized
from tests.lab import argocd
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_order.trials.running import Running
    from tests.lab.cluster import Cluster

# What the names of Applications end with whose manifests istioctl makes, in the plugin.
PLUGIN = ("-base", "-control-plane", "-gateway")


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a mesh of two clusters cost.

    rendering: Application -> milliseconds that the controller waited for its manifests, nothing being cached.
    made: Application -> how often its manifests were made for a commit that touches aks. synced: the seconds from that
    commit until it was everywhere and all was well. stored: bytes of an Application in the API server, on the average.
    """

    rendering: dict[str, int]
    made: dict[str, int]
    synced: float
    stored: int

    @property
    def manifests(self) -> float:
        """The seconds that all manifests of the remote take once."""
        return sum(ms for name, ms in self.rendering.items() if name.startswith("gke-aks-aks")) / 1000


def measured(running: Running) -> Costs:
    """Measure a mesh that works."""
    home = running.team.home
    times = rendering(home)
    again, seconds = committed(running)
    return Costs(rendering=times, made=again, synced=seconds, stored=stored(home))


def rendering(home: Cluster) -> dict[str, int]:
    """Return the milliseconds that Argo CD waits for the manifests of each Application, one after the other."""
    found = {}
    for name in sorted(argocd.applications(home)):
        start = time.monotonic()
        home.kubectl("annotate", "applications", name, ARGO, "--overwrite", f"{argocd.REFRESH}=hard")
        times: list[int] = []

        def told(name: str = name, start: float = start, times: list[int] = times) -> bool:
            stats = (line for line in logged(home, f"pod/{CONTROLLER}-0", start) if line["msg"] == "GetRepoObjs stats")
            times[:] = [line["manifests_ms"] for line in stats if line["application"].rpartition("/")[2] == name]
            return bool(times)

        wait_for(f"the manifests of {name}", told, seconds=180, pause=1)
        found[name] = max(times)
    return found


def committed(running: Running) -> tuple[dict[str, int], float]:
    """Commit what touches one cluster; return whose manifests were made how often, and when all was well."""
    replicas(running, "aks")
    start = time.monotonic()
    running.commit("Another size of the gateway of aks")
    sized(running, "aks")
    running.well("the commit is everywhere")
    seconds = time.monotonic() - start
    return dict(Counter(made(running.team.home, start))), seconds


def stored(home: Cluster) -> int:
    """Return the bytes of an Application as the API server keeps it, on the average."""
    listed = json.loads(home.kubectl("get", "applications", ARGO, "--show-managed-fields", "--output=json"))
    return round(mean(len(json.dumps(each, separators=(",", ":"))) for each in listed["items"]))


def lines(costs: Costs) -> list[str]:
    """Return the figures as Markdown."""
    rows = [f"| {name} | {ms} | {'plugin' if name.endswith(PLUGIN) else ''} |" for name, ms in costs.rendering.items()]
    again = [f"| {name} | {count} |" for name, count in sorted(costs.made.items())]
    return [
        "| Application | ms | made by |",
        "|---|---|---|",
        *rows,
        "",
        f"A commit that changes the size of the gateway of aks was everywhere, and all was well, after"
        f" {costs.synced:.0f} s. Manifests that were made for it:",
        "",
        "| Application | times |",
        "|---|---|",
        *again,
        "",
        f"An Application takes {costs.stored / 1024:.0f} KiB in the API server, on the average of the"
        f" {len(costs.rendering)} of this mesh.",
    ]
