"""What `make bench` prints: a Markdown page of tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tests.bench import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.bench.measure import Samples

FIRST, UNCHANGED, CHANGED = "mcgen, first build", "mcgen, nothing changed", "mcgen, one cluster changed"
JINJA2, COPY = "Jinja2 script", "`cp -r` of the tree"
TO_JINJA2 = "to Jinja2"
HELP, BARE = "`mcgen --help`", "`python -c pass`"

INTRODUCTION = """\
# Benchmarks

`make bench` prints these tables; `.venv/bin/python -m tests.bench.bench --write` puts them here.

A blueprint of N clusters (`tests/bench/fleet.py`: one primary, remotes on four platforms, the demo, three policies,
every remote secret sealed) becomes a tree with all stages. mcgen checks the blueprint, proves the order and
validates every document with the embedded engine. The Jinja2 script (`tests/bench/jinja2_tree.py`) is what a team
would write instead: it reads the same file with `yaml.safe_load`, renders text templates, writes every file at every
run and checks nothing. Before any time counts, both trees are parsed: clusters/, argocd/install and
argocd/applicationsets must have the same paths and the same data. The script leaves out the other files, whose
number does not grow with the fleet: README.md, .gitattributes, .mcgen/manifest.json, bases/ and argocd/setup/.

CPU is user and system time of one process, start-up included, everything on tmpfs. The programs run in turns, and a
ratio is the median of the ratios in each turn. A build of an unchanged blueprint writes no file, and a changed range
of one cluster writes three (its gateway, the README, the manifest): the run stops otherwise.
"""


def size(clusters: int, counts: Mapping[str, int], samples: Mapping[str, Samples]) -> list[str]:
    """Return the table of one size of the fleet."""
    tree = f"{counts['files']:,} files, {counts['documents']:,} documents, {counts['bytes'] / 1e6:.1f} MB"
    lines = [f"## {clusters} clusters: {tree}", ""]
    lines += [f"| | CPU s | wall s | peak MiB | {TO_JINJA2} | to `cp -r` |", "|---|---|---|---|---|---|"]
    for name, runs in samples.items():
        row = measure.median(runs)
        ratios = " | ".join(f"{measure.ratio(runs, samples[other]):.2f}" for other in (JINJA2, COPY))
        lines.append(f"| {name} | {row.cpu:.3f} | {row.wall:.3f} | {_peak(row.peak)} | {ratios} |")
    return [*lines, ""]


def growth(results: Mapping[int, Mapping[str, Samples]]) -> list[str]:
    """Return what a further cluster costs between one size and the next; nothing for a single size."""
    steps = list(pairwise(sorted(results)))
    if not steps:
        return []
    lines = ["## What one more cluster costs, in ms of CPU", ""]
    lines += [f"| | {' | '.join(f'from {a} to {b}' for a, b in steps)} |", "|---" * (len(steps) + 1) + "|"]
    for name in results[steps[0][0]]:
        cpu = {clusters: measure.median(samples[name]).cpu for clusters, samples in results.items()}
        costs = " | ".join(f"{1000 * (cpu[b] - cpu[a]) / (b - a):.2f}" for a, b in steps)
        lines.append(f"| {name} | {costs} |")
    return [*lines, ""]


def start_up(samples: Mapping[str, Samples]) -> list[str]:
    """Return the table of programs that do nothing."""
    lines = ["## Start-up", "", "| | CPU ms | wall ms | peak MiB |", "|---|---|---|---|"]
    for name, runs in samples.items():
        row = measure.median(runs)
        lines.append(f"| {name} | {1000 * row.cpu:.0f} | {1000 * row.wall:.0f} | {_peak(row.peak)} |")
    return [*lines, ""]


def _peak(mebibytes: float) -> str:
    # A child begins with the peak of its parent, so less than that cannot be seen.
    return f"{mebibytes:.0f}" if mebibytes > measure.floor() else "-"
