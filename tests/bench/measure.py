"""Runs programs and measures them: CPU time, wall time and peak memory of one child, start-up included."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: CPU and wall in seconds, peak in MiB."""

    cpu: float
    wall: float
    peak: float


def run(argv: Sequence[str]) -> Sample:
    """Run a program, its standard output thrown away, and measure it; end the program when it fails."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(argv)} ended with {code}")
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def median(samples: Sequence[Sample]) -> Sample:
    """Return the median of each figure."""
    return Sample(*(statistics.median(getattr(s, name) for s in samples) for name in ("cpu", "wall", "peak")))


def machine() -> list[str]:
    """Return lines that describe the machine and the programs on it."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("click", "Jinja2", "jsonschema_rs", "PyYAML"))
    return [
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}, {libraries}",
        f"load {os.getloadavg()[0]:.1f} at the end of the run",
    ]
