"""What a node leaves behind: containers, their shims, mounts and cgroups; each found by what the lab made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

from tests.lab.node import CGROUPS
from tests.lab.plan import LabError
from tests.lab.process import run

SHIM = "containerd-shim"


def end_pods(name: str) -> None:
    """Kill every process in the cgroup that the lab made for a node, and the shims in the node's network namespace."""
    limit = time.monotonic() + 20
    while left := (*_in_cgroup(name), *_shims(name)):
        if time.monotonic() > limit:
            raise LabError(f"processes {', '.join(map(str, left))} of '{name}' do not end")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def remove(folder: Path) -> None:
    """Unmount all that is mounted below a folder, then remove it; raise LabError rather than reach into a mount."""
    for point in reversed(_mounts(folder)):
        with contextlib.suppress(LabError):
            run(["umount", "--lazy", point])
    if left := _mounts(folder):
        raise LabError(f"still mounted, so nothing is removed: {', '.join(left)}")
    if folder.exists():
        shutil.rmtree(folder)


def remove_cgroups(name: str) -> None:
    """Remove a node's empty cgroups."""
    for top in _cgroups(name):
        for folder, _, _ in os.walk(top, topdown=False):
            _remove_cgroup(Path(folder))


def _remove_cgroup(folder: Path) -> None:
    # The kernel takes a moment to let go of what was just killed.
    for _ in range(50):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise LabError(f"cgroup {folder} is still in use")


def _cgroups(name: str) -> list[Path]:
    return [path for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir()]


def _in_cgroup(name: str) -> list[int]:
    found = set()
    for top in _cgroups(name):
        for folder, _, _ in os.walk(top):
            with contextlib.suppress(OSError):
                found |= {int(pid) for pid in Path(folder, "cgroup.procs").read_text().split()}
    # 0 stands for a process that this one cannot see.
    return sorted(found - {0, os.getpid()})


def _shims(name: str) -> list[int]:
    if not Path("/run/netns", name).exists():
        return []
    pids = (int(pid) for pid in run(["ip", "netns", "pids", name]).split())
    return [pid for pid in pids if _command(pid) == SHIM]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _mounts(folder: Path) -> list[str]:
    points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    decoded = (point.encode().decode("unicode_escape") for point in points)
    return [point for point in decoded if Path(point).is_relative_to(folder)]
