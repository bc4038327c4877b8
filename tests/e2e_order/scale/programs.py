"""The programs of Argo CD while they work: what they log, and what they have used of memory and processors."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab import argocd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.cluster import Cluster

CONTROLLER = "argocd-application-controller"
# The plugin's server is a sidecar, which is a process of its own name.
REPO_SERVER, PLUGIN = "argocd-repo-server", "argocd-cmp-server"
ARGO = f"--namespace={argocd.NAMESPACE}"
_TICKS = os.sysconf("SC_CLK_TCK")
# How the repo-server says that it has made manifests, instead of finding them in its cache.
_MADE = "setting manifests cache"


def logged(home: Cluster, target: str, since: float) -> list[dict[str, Any]]:
    """Return what a program of Argo CD has logged since a moment of `time.monotonic`."""
    seconds = f"--since={time.monotonic() - since + 1:.0f}s"
    lines = home.kubectl("logs", target, ARGO, "--container", target.partition("/")[2].removesuffix("-0"), seconds)
    found = []
    for line in lines.splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def made(home: Cluster, since: float) -> list[str]:
    """Return the Applications whose manifests were made anew since a moment, as often as that happened."""
    lines = logged(home, f"deployment/{REPO_SERVER}", since)
    return [line["application"] for line in lines if line.get("msg") == _MADE]


def memory(home: Cluster, *programs: str) -> int:
    """Return the MiB that programs have in memory (PSS)."""
    total = 0
    for folder in _processes(home, programs):
        with suppress(OSError):
            text = (folder / "smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) // 1024
    return total


def worked(home: Cluster, *programs: str) -> float:
    """Return the seconds of processor time that programs have used since they began, and those that they started."""
    total = 0
    for folder in _processes(home, programs):
        with suppress(OSError):
            # The name may hold spaces and ends with a parenthesis; utime, stime, cutime and cstime: see proc(5).
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            total += sum(int(fields[each]) for each in (11, 12, 13, 14))
    return total / _TICKS


def _processes(home: Cluster, programs: tuple[str, ...]) -> Iterator[Path]:
    """Yield the folders in /proc of the programs on a cluster's node."""
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while they are looked at.
        with suppress(OSError):
            name = Path((folder / "cmdline").read_bytes().split(b"\0")[0].decode()).name
            if name in programs and f"/{home.plan.namespace}/" in (folder / "cgroup").read_text():
                yield folder
