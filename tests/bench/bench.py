"""Measures mcgen against a plain Jinja2 script and what the disk allows, each in one process on tmpfs.

    python -m tests.bench.bench [--clusters 10,100,1000] [--runs 5]

The two trees must hold the same data before any time counts, and a build of an unchanged blueprint may write
no file; otherwise the run stops. The runs are kept for the page, which `python -m tests.bench.page` writes.
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

from mcgen.validators import SCHEMA_LOCATION
from tests.bench import measure, page
from tests.bench.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.measure import Sample

HERE = Path(__file__).parent
KUBECONFORM = HERE.parents[1] / ".tools" / "kubeconform"
SCHEMAS = HERE.parents[1] / "schemas" / "output"
MEMORY = Path("/dev/shm")
PYTHON = sys.executable
MCGEN = [PYTHON, "-m", "mcgen"]

TOUCHED = 3
# From this size on, what kubeconform takes part in is measured once.
ONCE_FROM = 1000
NO_OBJECTS = r"/argocd/setup/(patches/|helm-values\.yaml)|/\.mcgen/"


class Fleet:
    """The inputs of one size, and where its trees go."""

    def __init__(self, clusters: int, folder: Path) -> None:
        """Write the blueprint, the same with another range in its last cluster, and the sealed secrets."""
        # Each in a process of its own: this one's peak memory would count as that of its children.
        subprocess.run([PYTHON, "-m", "tests.bench.fleet", str(clusters), str(folder)], stdout=DEVNULL, check=True)
        self.blueprint = folder / "fleet.yaml"
        self.changed = folder / "changed.yaml"
        self.changed_everywhere = folder / "changed-everywhere.yaml"
        text = self.blueprint.read_text()
        start = text.rindex("sourceRanges:")
        self.changed.write_text(text[:start] + text[start:].replace("10.0.0.0/8", "10.0.0.0/9", 1))
        self.changed_everywhere.write_text(text.replace("registry.example.com/istio", "registry.example.com/other", 1))
        self.inputs, self.tree = folder / "inputs", folder / "tree"
        self.plain, self.copy = folder / "plain", folder / "copy"
        self.documents, self.dumped = folder / "documents.json", folder / "dumped"
        # What is written while a program runs goes to the same file system.
        self.environment = measure.environment(folder / "cache") | {
            "PATH": f"{KUBECONFORM.parent}:{os.environ['PATH']}",
            "TMPDIR": str(folder),
        }

    def run(self, argv: list[str]) -> Sample:
        """Measure a program."""
        return measure.run(argv, self.environment)

    def build(self, blueprint: Path, *options: str, validator: str = "embedded") -> Sample:
        """Measure a build of the tree over what is there."""
        return self.run([*MCGEN, "build", str(blueprint), "-o", str(self.tree), "--validator", validator, *options])

    def script(self) -> Sample:
        """Measure the Jinja2 script."""
        argv = [PYTHON, str(HERE / "jinja2_tree.py"), str(self.blueprint), str(self.inputs), str(self.plain)]
        return self.run(argv)

    def kubeconform(self) -> Iterator[tuple[str, Sample]]:
        """Yield the cost of kubeconform as mcgen runs it, and over the tree as a person would, with its defaults."""
        module = [PYTHON, "-m", "tests.bench.kubeconform_tree", str(KUBECONFORM), str(self.tree)]
        done = subprocess.run(module, capture_output=True, env=self.environment, check=True)
        yield page.AS_MCGEN, measure.Sample(**json.loads(done.stdout))
        location = f"{SCHEMAS}/{SCHEMA_LOCATION}"
        argv = [str(KUBECONFORM), "-strict", "-schema-location", location, "-output", "json", "-summary"]
        yield page.PLAIN, self.run([*argv, "-ignore-filename-pattern", NO_OBJECTS, str(self.tree)])


def round_of(sizes: Fleet, *, kubeconform: bool) -> Iterator[tuple[str, Sample]]:
    """Yield every program once, each tree made from nothing."""
    for folder in (sizes.tree, sizes.plain, sizes.copy, sizes.dumped):
        shutil.rmtree(folder, ignore_errors=True)
    yield page.JINJA2, sizes.script()
    yield page.FIRST, sizes.build(sizes.blueprint, "--inputs", str(sizes.inputs))
    yield page.COPY, sizes.run(["cp", "-r", str(sizes.tree), str(sizes.copy)])
    if sizes.documents.exists():
        yield page.DUMP, sizes.run([PYTHON, str(HERE / "json_dump.py"), str(sizes.documents), str(sizes.dumped)])
    before = states(sizes.tree)
    yield page.UNCHANGED, sizes.build(sizes.blueprint)
    if touched := changes(before, sizes.tree):
        raise SystemExit(f"a build of an unchanged blueprint touched {len(touched)} files: {touched[:9]}")
    yield page.CHANGED, sizes.build(sizes.changed)
    if len(touched := changes(before, sizes.tree)) != TOUCHED:
        raise SystemExit(f"a changed range of one cluster touched {len(touched)} files: {touched[:9]}")
    yield page.CHANGED_EVERYWHERE, sizes.build(sizes.changed_everywhere)
    if not kubeconform:
        return
    yield page.BY_KUBECONFORM, sizes.build(sizes.changed_everywhere, validator="kubeconform")
    yield page.BY_BOTH, sizes.build(sizes.changed_everywhere, validator="both")
    yield from sizes.kubeconform()


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
    script = [PYTHON, str(HERE / "same.py"), str(sizes.tree), str(sizes.plain), str(sizes.documents)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the Jinja2 script's tree differs from mcgen's, {done.stdout}{done.stderr}")
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def measured(
    clusters: int, folder: Path, runs: int, *, kubeconform: bool = True
) -> tuple[dict[str, int], dict[str, list[Sample]]]:
    """Return the counts of one size, and the runs of each program; a first round is not counted."""
    sizes = Fleet(clusters, folder)
    for _ in round_of(sizes, kubeconform=False):
        pass
    sizes.build(sizes.blueprint)
    counts = compared(sizes)
    samples: dict[str, list[Sample]] = defaultdict(list)
    for number in range(runs):
        by_kubeconform = kubeconform and (not number or clusters < ONCE_FROM)
        for name, sample in round_of(sizes, kubeconform=by_kubeconform):
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


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", default="10,100,1000", help="sizes of the fleet [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program [%(default)s]")
    options = parser.parse_args()
    for clusters in map(int, options.clusters.split(",")):
        with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
            counts, samples = measured(clusters, Path(folder), options.runs)
        Result(clusters=clusters, machine=measure.machine(), counts=counts, samples=samples).save("own")
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as folder:
        samples = start_up(4 * options.runs, measure.environment(Path(folder)))
    Result(clusters=0, machine=measure.machine(), counts={}, samples=samples).save("start")


if __name__ == "__main__":
    main()
