"""Measures mcgen against a plain Jinja2 script and `cp -r`, each in one process on tmpfs.

    python -m tests.bench.bench [--clusters 10,100,1000] [--runs 5] [--write]

The two trees must hold the same data before any time counts, and a build of an unchanged blueprint may write
no file; otherwise the run stops.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING

from tests.bench import measure, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measure import Sample

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "benchmarks.md"
MEMORY = Path("/dev/shm")
PYTHON = sys.executable
MCGEN = [PYTHON, "-m", "mcgen"]

TOUCHED = 3


class Fleet:
    """The inputs of one size, and where its trees go."""

    def __init__(self, clusters: int, folder: Path) -> None:
        """Write the blueprint, the same with another range in its last cluster, and the sealed secrets."""
        # Each in a process of its own: this one's peak memory would count as that of its children.
        subprocess.run([PYTHON, "-m", "tests.bench.fleet", str(clusters), str(folder)], stdout=DEVNULL, check=True)
        self.blueprint = folder / "fleet.yaml"
        self.changed = folder / "changed.yaml"
        text = self.blueprint.read_text()
        start = text.rindex("sourceRanges:")
        self.changed.write_text(text[:start] + text[start:].replace("10.0.0.0/8", "10.0.0.0/9", 1))
        self.inputs, self.tree = folder / "inputs", folder / "tree"
        self.plain, self.copy = folder / "plain", folder / "copy"
        self.environment = measure.environment(folder / "cache")

    def run(self, argv: list[str]) -> Sample:
        """Measure a program."""
        return measure.run(argv, self.environment)

    def build(self, blueprint: Path, *options: str) -> Sample:
        """Measure a build of the tree over what is there."""
        return self.run([*MCGEN, "build", str(blueprint), "-o", str(self.tree), "--validator", "embedded", *options])


def round_of(sizes: Fleet) -> Iterator[tuple[str, Sample]]:
    """Yield every program once, each tree made from nothing."""
    for folder in (sizes.tree, sizes.plain, sizes.copy):
        shutil.rmtree(folder, ignore_errors=True)
    script = [PYTHON, str(HERE / "jinja2_tree.py"), str(sizes.blueprint), str(sizes.inputs), str(sizes.plain)]
    yield page.JINJA2, sizes.run(script)
    yield page.FIRST, sizes.build(sizes.blueprint, "--inputs", str(sizes.inputs))
    yield page.COPY, sizes.run(["cp", "-r", str(sizes.tree), str(sizes.copy)])
    before = states(sizes.tree)
    yield page.UNCHANGED, sizes.build(sizes.blueprint)
    if touched := changes(before, sizes.tree):
        raise SystemExit(f"a build of an unchanged blueprint touched {len(touched)} files: {touched[:9]}")
    yield page.CHANGED, sizes.build(sizes.changed)
    if len(touched := changes(before, sizes.tree)) != TOUCHED:
        raise SystemExit(f"a changed range of one cluster touched {len(touched)} files: {touched[:9]}")


def states(root: Path) -> dict[str, tuple[int, int]]:
    """Return path -> inode and time of the last change of every file; a file written again has another inode."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            status = os.stat(path := f"{folder}/{name}")
            found[os.path.relpath(path, root)] = (status.st_ino, status.st_mtime_ns)
    return found


def changes(before: dict[str, tuple[int, int]], root: Path) -> list[str]:
    """Return the paths of the files that were written, or removed, since then."""
    return sorted({path for path, _ in before.items() ^ states(root).items()})


def compared(sizes: Fleet) -> dict[str, int]:
    """Return the counts of the tree; stop when the script's tree does not hold the same."""
    script = [PYTHON, str(HERE / "same.py"), str(sizes.tree), str(sizes.plain)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the Jinja2 script's tree differs from mcgen's, {done.stdout}{done.stderr}")
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def measured(sizes: Fleet, runs: int) -> tuple[dict[str, int], dict[str, list[Sample]]]:
    """Return the counts of one size, and the runs of each program; a first round is not counted."""
    for _ in round_of(sizes):
        pass
    sizes.build(sizes.blueprint)
    counts = compared(sizes)
    samples: dict[str, list[Sample]] = defaultdict(list)
    for _ in range(runs):
        for name, sample in round_of(sizes):
            samples[name].append(sample)
    return counts, samples


def start_up(runs: int, environment: dict[str, str]) -> dict[str, list[Sample]]:
    """Return the runs of `mcgen --help` and of an interpreter that does nothing; the first one is not counted."""
    commands = {page.HELP: [*MCGEN, "--help"], page.BARE: [PYTHON, "-c", "pass"]}
    samples: dict[str, list[Sample]] = defaultdict(list)
    for _ in range(runs + 1):
        for name, argv in commands.items():
            samples[name].append(measure.run(argv, environment))
    return {name: found[1:] for name, found in samples.items()}


def report(clusters: list[int], runs: int) -> str:
    """Measure everything and return the page."""
    lines: list[str] = []
    results: dict[int, dict[str, list[Sample]]] = {}
    for number in clusters:
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
            counts, results[number] = measured(Fleet(number, Path(folder)), runs)
        lines += page.size(number, counts, results[number])
    lines += page.growth(results)
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
        lines += page.start_up(start_up(4 * runs, measure.environment(Path(folder))))
    notes = [f"Medians of {runs} runs, of {4 * runs} for the start-up.", *measure.machine()]
    return "\n".join([page.INTRODUCTION, *(f"- {note}" for note in notes), "", *lines])


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", default="10,100,1000", help="sizes of the fleet [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program [%(default)s]")
    parser.add_argument("--write", action="store_true", help="also write docs/benchmarks.md")
    options = parser.parse_args()
    text = report([int(number) for number in options.clusters.split(",")], options.runs)
    print(text, end="")
    if options.write:
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
