"""What the parts of a run took: seconds, and memory of the lab."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.process import share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.lab import Lab

PAUSE = 10.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a run. most: MiB that the lab had at its highest."""

    name: str
    seconds: float
    most: int


@dataclass(kw_only=True)
class Parts:
    """The parts of a run on a lab, in their order."""

    lab: Lab
    done: list[Part] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure what is done inside."""
        start, over, seen = time.monotonic(), threading.Event(), [memory(self.lab)]

        def look() -> None:
            while not over.wait(PAUSE):
                seen.append(memory(self.lab))

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            seen.append(memory(self.lab))
            self.done.append(Part(name=name, seconds=time.monotonic() - start, most=max(seen)))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps([asdict(part) for part in self.done], indent=1))


def memory(lab: Lab) -> int:
    """Return what a lab's programs and pods have of the memory, in MiB; what they share counts once."""
    ours = set(_programs(lab))
    pods = tuple(f":/{cluster.plan.namespace}/" for cluster in lab.clusters.values())
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        # It may have ended meanwhile.
        with suppress(OSError):
            groups = (process / "cgroup").read_text()
            if int(process.name) in ours or any(pod in groups for pod in pods):
                total += share(int(process.name))
    return total // 1024


def _programs(lab: Lab) -> Iterator[int]:
    for folder in (lab.run / "records", *(cluster.records for cluster in lab.clusters.values())):
        for record in folder.glob("*.stat"):
            with suppress(OSError):
                yield int(record.read_text().split()[0])
