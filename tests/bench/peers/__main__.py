"""Measures the peers beside mcgen and the Jinja2 script, in turns, and keeps the runs for the page.

    python -m tests.bench.peers [--clusters 100] [--runs 5] [--peers all]

What a peer writes is read and compared before its time counts. From `--once-from` clusters on, a peer that takes
more than ten times as long as mcgen runs once.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import measure, page
from tests.bench.bench import MEMORY, PYTHON, Fleet, compared
from tests.bench.peers import table
from tests.bench.results import Result

if TYPE_CHECKING:
    from tests.bench.measure import Sample
    from tests.bench.peers.table import Peer

SLOW = 10


class Ground:
    """One fleet, and what every program needs to run over it."""

    def __init__(self, clusters: int, folder: Path, peers: list[Peer]) -> None:
        self.fleet = Fleet(clusters, folder)
        self.folder = folder
        self.values = folder / "values.json"
        module = [PYTHON, "-m", "tests.bench.peers.values"]
        argv = [*module, str(self.fleet.blueprint), str(self.fleet.inputs), str(self.values)]
        measure.run(argv, self.fleet.environment)
        for peer in peers:
            peer.prepared(self.values, folder / peer.folder)

    def run(self, peer: Peer) -> Sample:
        """Measure a peer that writes into an empty folder."""
        out = self.folder / f"{peer.folder}-out"
        shutil.rmtree(out, ignore_errors=True)
        argv = peer.argv(self.values, self.folder / peer.folder, out)
        return measure.run(argv, self.fleet.environment | dict(peer.environment))

    def check(self, peer: Peer) -> None:
        """Stop when a peer has not written what it should have."""
        module = [PYTHON, "-m", "tests.bench.peers.check", peer.folder]
        measure.run([*module, str(self.fleet.tree), str(self.folder / f"{peer.folder}-out")], self.fleet.environment)

    def references(self) -> dict[str, Sample]:
        """Measure mcgen and the script."""
        for tree in (self.fleet.tree, self.fleet.plain):
            shutil.rmtree(tree, ignore_errors=True)
        first = self.fleet.build(self.fleet.blueprint, "--inputs", str(self.fleet.inputs))
        return {page.FIRST: first, page.JINJA2: self.fleet.script()}


def measured(
    ground: Ground, peers: list[Peer], runs: int, *, once: bool
) -> tuple[dict[str, int], dict[str, list[Sample]]]:
    """Return the counts of the tree and the runs of each program; `once`: slow peers are not run again."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    ground.references()
    counts = compared(ground.fleet)
    reference = ground.references()
    again = []
    for peer in peers:
        sample = ground.run(peer)
        ground.check(peer)
        print(f"{peer.name}: {sample.cpu:.2f} s", flush=True)
        if once and sample.cpu > SLOW * reference[page.FIRST].cpu:
            samples[peer.name].append(sample)
        else:
            again.append(peer)
    for _ in range(runs):
        for name, sample in ground.references().items():
            samples[name].append(sample)
        for peer in again:
            samples[peer.name].append(ground.run(peer))
    return counts, samples


def main() -> None:
    """Read the options, measure, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", default="100,1000", help="sizes of the fleet [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program [%(default)s]")
    parser.add_argument("--peers", default="all", help="their folders, with commas between [%(default)s]")
    parser.add_argument("--once-from", type=int, default=1000, help="where slow peers run once [%(default)s]")
    options = parser.parse_args()
    peers = table.chosen(options.peers)
    for clusters in map(int, options.clusters.split(",")):
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
            ground = Ground(clusters, Path(folder), peers)
            counts, samples = measured(ground, peers, options.runs, once=clusters >= options.once_from)
        Result(clusters=clusters, machine=measure.machine(), counts=counts, samples=dict(samples)).save(
            f"peers-{options.peers}"
        )


if __name__ == "__main__":
    main()
