"""What `make bench` makes of the runs that were kept: docs/benchmarks.md, and a plot beside it.

python -m tests.bench.page [--write]
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import measure, results

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.bench.measure import Samples
    from tests.bench.results import Result

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
PLOT = PAGE.with_suffix(".svg")

FIRST, UNCHANGED, CHANGED = "mcgen, first build", "mcgen, nothing changed", "mcgen, one cluster changed"
CHANGED_EVERYWHERE = "mcgen, one value of the mesh changed"
BY_KUBECONFORM, BY_BOTH = "mcgen, nothing changed, kubeconform", "mcgen, nothing changed, both validators"
AS_MCGEN, PLAIN = "kubeconform, as mcgen runs it", "kubeconform over the tree"
JINJA2, COPY, DUMP = "Jinja2 script", "`cp -r` of the tree", "JSON dump of the documents"
TO_JINJA2 = "to Jinja2"
HELP, BARE = "`mcgen --help`", "`python -c pass`"

INTRODUCTION = """\
# Benchmarks

`make bench` measures all this and writes this page; [Performance](performance.md) says where the time goes. A ratio
compares CPU time, start-up included.

![CPU time of each generator by the size of the fleet](benchmarks.svg)

A blueprint of N clusters (`tests/bench/fleet.py`: one primary, remotes on four platforms, the demo, three policies,
every remote secret sealed) becomes a tree with all stages. mcgen checks the blueprint, proves the order and validates
every document, with the embedded engine where no other is named; it has no build without that. The Jinja2 script
(`tests/bench/jinja2_tree.py`) is what a team would write instead: it reads the same file with `yaml.safe_load`,
renders text templates, writes every file at every run and checks nothing. Before any time counts, both trees are
parsed: clusters/, argocd/install and argocd/applicationsets must have the same paths and the same data. The script
leaves out the other files, whose number does not grow with the fleet: the pages, .mcgen/manifest.json, bases/ and
argocd/setup/.

The peers (`tests/bench/peers`) write the folders of the clusters alone, without the sealed secrets, from values in
which every default is filled in already; making these is not measured. What each has written is parsed and compared
with mcgen's tree before its time counts: each document must be there, and no other.

CPU is user and system time of a program and its children, everything on tmpfs. The programs run in turns, a figure
is the median of its runs, and a ratio the median of the ratios within each turn. A build of an unchanged blueprint
writes no file, and a changed range of one cluster writes three (its gateway, the README, the manifest): the run
stops otherwise. "1 run" marks what was measured once, because it takes long.
"""
KUBECONFORM = """\
mcgen gives kubeconform each document as a file of its own, because kubeconform does not say which document of a file
it means, and lets it use as many workers as there are processors, four at most: each compiles the schemas it needs.
"""


def own(result: Result) -> list[str]:
    """Return the table of mcgen, the script and the limits over one size of the fleet."""
    counts, samples = result.counts, result.samples
    tree = f"{counts['files']:,} files, {counts['documents']:,} documents, {counts['bytes'] / 1e6:.1f} MB"
    lines = [f"## {result.clusters} clusters: {tree}", ""]
    lines += [f"| | CPU s | wall s | peak MiB | {TO_JINJA2} | to `cp -r` | |", "|---|---|---|---|---|---|---|"]
    lines += [_row(name, runs, (samples[JINJA2], samples[COPY]), samples) for name, runs in samples.items()]
    return [*lines, "", *(f"- {line}" for line in result.machine), ""]


def peers(found: Iterable[Result]) -> list[str]:
    """Return the table of all peers over one size of the fleet, with what ran in turns with them."""
    found = list(found)
    lines = [f"### {found[0].clusters} clusters", ""]
    lines += [f"| | CPU s | wall s | peak MiB | {TO_JINJA2} | to mcgen | |", "|---|---|---|---|---|---|---|"]
    rows: dict[str, str] = {}
    for result in found:
        for name, runs in result.samples.items():
            references = (result.samples[JINJA2], result.samples[FIRST])
            rows.setdefault(name, _row(name, runs, references, result.samples))
    cpu = {name: measure.median(runs).cpu for result in found for name, runs in result.samples.items()}
    lines += [rows[name] for name in sorted(rows, key=lambda name: cpu[name])]
    return [*lines, "", *(f"- {line}" for line in found[0].machine), ""]


def _row(name: str, runs: Samples, others: tuple[Samples, Samples], turns: Mapping[str, Samples]) -> str:
    row = measure.median(runs)
    ratios = " | ".join(f"{measure.ratio(runs, other[: len(runs)]):.2f}" for other in others)
    once = "1 run" if len(runs) == 1 < max(map(len, turns.values())) else ""
    peak = f"{row.peak:.0f}" if row.peak else "-"
    return f"| {name} | {row.cpu:.3f} | {row.wall:.3f} | {peak} | {ratios} | {once} |"


def growth(found: Mapping[int, Mapping[str, Samples]]) -> list[str]:
    """Return what a further cluster costs between one size and the next; nothing for a single size."""
    steps = list(pairwise(sorted(found)))
    if not steps:
        return []
    lines = ["## What one more cluster costs, in ms of CPU", ""]
    lines += [f"| | {' | '.join(f'from {a} to {b}' for a, b in steps)} |", "|---" * (len(steps) + 1) + "|"]
    cpu = {
        clusters: {name: measure.median(runs).cpu for name, runs in each.items()} for clusters, each in found.items()
    }
    for name in cpu[steps[0][0]]:
        costs = (_cost(name, cpu[a], cpu[b], b - a) for a, b in steps)
        lines.append(f"| {name} | {' | '.join(costs)} |")
    return [*lines, ""]


def _cost(name: str, small: Mapping[str, float], large: Mapping[str, float], clusters: int) -> str:
    return f"{1000 * (large[name] - small[name]) / clusters:.2f}" if name in small and name in large else "-"


def start_up(result: Result) -> list[str]:
    """Return the table of programs that do nothing."""
    lines = ["## Start-up", "", "| | CPU ms | wall ms |", "|---|---|---|"]
    for name, runs in result.samples.items():
        row = measure.median(runs)
        lines.append(f"| {name} | {1000 * row.cpu:.0f} | {1000 * row.wall:.0f} |")
    return [*lines, "", *(f"- {line}" for line in result.machine), ""]


def together(found: Mapping[int, list[Result]]) -> dict[int, dict[str, Samples]]:
    """Return the runs of each program, by the size of the fleet, whichever measurement they come from."""
    return {
        clusters: {name: runs for result in each for name, runs in result.samples.items()}
        for clusters, each in found.items()
    }


def text(everything: Mapping[str, Mapping[int, list[Result]]]) -> str:
    """Return the page."""
    from tests.bench import targets

    lines = [INTRODUCTION, *targets.section(everything)]
    for (result,) in everything["own"].values():
        lines += own(result)
    lines += [KUBECONFORM, "## The peers", ""]
    for each in everything["peers"].values():
        lines += peers(each)
    merged = together(everything["own"])
    for clusters, samples in together(everything["peers"]).items():
        merged[clusters] = {**samples, **merged.get(clusters, {})}
    lines += growth(merged)
    for each in everything["start"].values():
        lines += start_up(each[0])
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and docs/benchmarks.svg")
    options = parser.parse_args()
    everything = {kind: results.load(kind) for kind in ("own", "peers", "start")}
    page = text(everything)
    if not options.write:
        print(page, end="")
        return
    from tests.bench import plot

    PAGE.write_text(page)
    plot.write(together(everything["peers"]), PLOT)


if __name__ == "__main__":
    main()
