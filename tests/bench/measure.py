"""Runs programs and measures them: CPU time, wall time and peak memory of one child, start-up included."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: CPU and wall in seconds, peak in MiB, 0 where it is not above that of this process."""

    cpu: float
    wall: float
    peak: float


Samples: TypeAlias = "Sequence[Sample]"


def environment(cache: Path) -> dict[str, str]:
    """Return an environment in which Python keeps compiled modules, as after an installation, in a folder."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return own | {"PYTHONPYCACHEPREFIX": str(cache)}


def run(argv: list[str], environment: Mapping[str, str]) -> Sample:
    """Run a program away from any terminal and measure it; end with what it says when it fails."""
    with tempfile.TemporaryFile() as errors:
        quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        start = time.perf_counter()
        child = os.posix_spawnp(argv[0], argv, environment, file_actions=quiet)
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - start
        if code := os.waitstatus_to_exitcode(status):
            errors.seek(0)
            raise SystemExit(f"{' '.join(argv)} ended with {code}\n{errors.read().decode(errors='replace')}")
    # A child begins with the peak of its parent (Linux counts across exec), so less than that cannot be seen.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = usage.ru_maxrss / 1024 if usage.ru_maxrss > floor else 0.0
    return Sample(usage.ru_utime + usage.ru_stime, wall, peak)


def median(samples: Samples) -> Sample:
    """Return the median of each figure."""
    return Sample(*(statistics.median(getattr(s, name) for s in samples) for name in ("cpu", "wall", "peak")))


def ratio(samples: Samples, others: Samples) -> float:
    """Return the median of the ratios of CPU time, each between two runs of the same round."""
    return statistics.median(sample.cpu / other.cpu for sample, other in zip(samples, others, strict=True))


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
