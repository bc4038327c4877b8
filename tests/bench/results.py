"""What a measurement leaves for the page: one JSON file per size of the fleet."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from pathlib import Path

from tests.bench.measure import Sample

FOLDER = Path(__file__).parents[2] / ".cache" / "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The runs of each program over one fleet. machine: lines about it. counts: of the tree's files and documents."""

    clusters: int
    machine: list[str]
    counts: dict[str, int]
    samples: dict[str, list[Sample]]

    def save(self, kind: str) -> None:
        """Keep it for the page."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        data = {
            "machine": self.machine,
            "counts": self.counts,
            "samples": {name: [astuple(sample) for sample in runs] for name, runs in self.samples.items()},
        }
        (FOLDER / f"{kind}-{self.clusters}.json").write_text(json.dumps(data))


def load(kind: str) -> dict[int, list[Result]]:
    """Return what was measured of a kind, by the size of the fleet, from small to large."""
    found: dict[int, list[Result]] = {}
    for path in sorted(FOLDER.glob(f"{kind}-*.json")):
        data = json.loads(path.read_text())
        clusters = int(path.stem.rpartition("-")[2])
        samples = {name: [Sample(*run) for run in runs] for name, runs in data["samples"].items()}
        result = Result(clusters=clusters, machine=data["machine"], counts=data["counts"], samples=samples)
        found.setdefault(clusters, []).append(result)
    return dict(sorted(found.items()))
