"""Measures mcgen against a plain Jinja2 script and `cp -r`, each in one process on tmpfs.

    python -m tests.bench.bench [--clusters 10,100,1000] [--runs 5] [--write]

The two trees must hold the same data before any time counts, and a build of an unchanged blueprint may write
no file; otherwise the run stops.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench import fleet, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measure import Sample

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "benchmarks.md"
MEMORY = Path("/dev/shm")
PYTHON = sys.executable
MCGEN = [PYTHON, "-m", "mcgen"]

FIRST, UNCHANGED, CHANGED = "mcgen, first build", "mcgen, nothing changed", "mcgen, one cluster changed"
JINJA2, COPY = "Jinja2 script", "cp -r of the tree"
HELP, BARE = "mcgen --help", "python -c pass"
EXPECTED = ("the manifest", "README.md", "istio-operator.yaml")
INTRODUCTION = """\
# Benchmarks

`make bench` prints these tables; `python -m tests.bench.bench --write` puts them here.

A blueprint of N clusters (`tests/bench/fleet.py`: one primary, remotes on four platforms, the demo, three policies,
every remote secret sealed) becomes a tree with all stages. mcgen checks the blueprint, proves the order and
validates every document with the embedded engine. The Jinja2 script (`tests/bench/jinja2_tree.py`) is what a team
would write instead: it reads the same file with `yaml.safe_load`, renders text templates, writes each file and
checks nothing. Before any time counts, both trees are parsed: clusters/, argocd/install and argocd/applicationsets
must have the same paths and the same data. The script leaves out README.md, bases/ and argocd/setup.

CPU is user and system time of the one process, start-up included; all on tmpfs, the programs in turns.
"""


class Fleet(NamedTuple):
    """The inputs of one size, and where its trees go."""

    clusters: int
    blueprint: Path
    changed: Path
    inputs: Path
    tree: Path
    plain: Path
    copy: Path

    @classmethod
    def make(cls, clusters: int, folder: Path) -> Fleet:
        """Write the blueprint, and the same with another address in its last cluster."""
        blueprint = fleet.write(clusters, folder)
        text = blueprint.read_text()
        start = text.rindex("sourceRanges:")
        changed = folder / "changed.yaml"
        changed.write_text(text[:start] + text[start:].replace("10.0.0.0/8", "10.0.0.0/9", 1))
        places = (folder / name for name in ("inputs", "tree", "plain", "copy"))
        return cls(clusters, blueprint, changed, *places)

    def build(self, blueprint: Path) -> list[str]:
        """Return the command that builds the tree over what is there."""
        return [*MCGEN, "build", str(blueprint), "-o", str(self.tree), "--validator", "embedded"]


def round_of(sizes: Fleet) -> Iterator[tuple[str, Sample]]:
    """Yield every program once, each tree made from nothing."""
    for folder in (sizes.tree, sizes.plain, sizes.copy):
        shutil.rmtree(folder, ignore_errors=True)
    script = [PYTHON, str(HERE / "jinja2_tree.py"), str(sizes.blueprint), str(sizes.inputs), str(sizes.plain)]
    yield JINJA2, measure.run(script)
    yield FIRST, measure.run([*sizes.build(sizes.blueprint), "--inputs", str(sizes.inputs)])
    yield COPY, measure.run(["cp", "-r", str(sizes.tree), str(sizes.copy)])
    before = states(sizes.tree)
    yield UNCHANGED, measure.run(sizes.build(sizes.blueprint))
    if touched := changes(before, sizes.tree):
        raise SystemExit(f"a build of an unchanged blueprint touched {len(touched)} files: {touched[:9]}")
    yield CHANGED, measure.run(sizes.build(sizes.changed))
    if len(touched := changes(before, sizes.tree)) != len(EXPECTED):
        raise SystemExit(f"a changed source range of one cluster touched {touched[:9]}, not {EXPECTED}")


def states(root: Path) -> dict[str, tuple[int, int]]:
    """Return path -> inode and time of the last change of every file; a file written again has another inode."""
    found = ((path, path.stat()) for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): (stat.st_ino, stat.st_mtime_ns) for path, stat in found}


def changes(before: dict[str, tuple[int, int]], root: Path) -> list[str]:
    """Return the paths of the files that were written, or removed, since then."""
    return sorted({path for path, _ in before.items() ^ states(root).items()})


def compared(sizes: Fleet) -> dict[str, int]:
    """Return the counts of the tree; stop when the script's tree does not hold the same."""
    # In a process of its own: what this one holds would count as its children's peak memory.
    script = [PYTHON, str(HERE / "same.py"), str(sizes.tree), str(sizes.plain)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the Jinja2 script's tree differs from mcgen's, {done.stdout}{done.stderr}")
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def measured(sizes: Fleet, runs: int) -> tuple[dict[str, int], dict[str, Sample]]:
    """Return the counts of one size, and the medians of its programs; a first round is not counted."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    for _ in round_of(sizes):
        pass
    measure.run(sizes.build(sizes.blueprint))
    counts = compared(sizes)
    for _ in range(runs):
        for name, sample in round_of(sizes):
            samples[name].append(sample)
    return counts, {name: measure.median(found) for name, found in samples.items()}


def start_up(runs: int) -> dict[str, Sample]:
    """Return the medians of `mcgen --help` and of an interpreter that does nothing."""
    commands = {HELP: [*MCGEN, "--help"], BARE: [PYTHON, "-c", "pass"]}
    samples: dict[str, list[Sample]] = defaultdict(list)
    for _ in range(4 * runs + 1):
        for name, argv in commands.items():
            samples[name].append(measure.run(argv))
    return {name: measure.median(found[1:]) for name, found in samples.items()}


def table(clusters: int, counts: dict[str, int], rows: dict[str, Sample]) -> list[str]:
    """Return one size as a Markdown table."""
    size = f"{counts['files']:,} files, {counts['documents']:,} documents, {counts['bytes'] / 1e6:.1f} MB"
    lines = [f"### {clusters} clusters: {size}", ""]
    lines += ["| | CPU s | wall s | peak MiB | to Jinja2 | to `cp -r` | CPU ms per cluster |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for name, row in rows.items():
        ratios = " | ".join(f"{row.cpu / rows[other].cpu:.2f}" for other in (JINJA2, COPY))
        lines.append(
            f"| {name} | {row.cpu:.3f} | {row.wall:.3f} | {row.peak:.0f} | {ratios} | {1000 * row.cpu / clusters:.2f} |"
        )
    return [*lines, ""]


def growth(results: dict[int, dict[str, Sample]]) -> list[str]:
    """Return what each further cluster costs between one size and the next."""
    sizes = sorted(results)
    lines = ["### What one more cluster costs, in CPU ms", ""]
    lines += [f"| | {' | '.join(f'{a} to {b}' for a, b in zip(sizes, sizes[1:], strict=False))} |"]
    lines += ["|---" * len(sizes) + "|"]
    for name in results[sizes[0]]:
        steps = [
            1000 * (results[b][name].cpu - results[a][name].cpu) / (b - a)
            for a, b in zip(sizes, sizes[1:], strict=False)
        ]
        lines.append(f"| {name} | {' | '.join(f'{step:.2f}' for step in steps)} |")
    return [*lines, ""]


def report(sizes: list[int], runs: int) -> str:
    """Measure everything and return the page."""
    lines: list[str] = []
    results: dict[int, dict[str, Sample]] = {}
    for clusters in sizes:
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
            counts, results[clusters] = measured(Fleet.make(clusters, Path(folder)), runs)
        lines += table(clusters, counts, results[clusters])
    if len(sizes) > 1:
        lines += growth(results)
    lines += ["### Start-up", "", "| | CPU ms | wall ms | peak MiB |", "|---|---|---|---|"]
    for name, row in start_up(runs).items():
        lines.append(f"| `{name}` | {1000 * row.cpu:.0f} | {1000 * row.wall:.0f} | {row.peak:.0f} |")
    notes = [f"Medians of {runs} runs ({4 * runs} for the start-up).", *measure.machine()]
    return "\n".join([INTRODUCTION, *(f"- {note}" for note in notes), "", *lines]) + "\n"


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", default="10,100,1000", help="sizes of the fleet [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program [%(default)s]")
    parser.add_argument("--write", action="store_true", help=f"also write {PAGE.relative_to(HERE.parent.parent)}")
    arguments = parser.parse_args()
    page = report([int(size) for size in arguments.clusters.split(",")], arguments.runs)
    print(page, end="")
    if arguments.write:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
