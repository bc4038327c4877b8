"""Says where a build of a large fleet spends its CPU time, by asking its stack a thousand times a second.

    python -m tests.bench.profiling [--clusters 1000] [--runs 5] [--write]

A sample costs next to nothing, so that the shares are those of a build that nobody watches; cProfile would double
the time of what makes many small calls. `--write` puts the tables at the end of docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import measure
from tests.bench.bench import MEMORY, PYTHON, Fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
HEADING = "## The profile\n"
INTERVAL = 0.001
TOP = 12
FIRST, UNCHANGED = "first build", "nothing changed"

# The innermost of these functions on the stack says what a sample belongs to.
PARTS = {
    ("importlib._bootstrap>", "_find_and_load"): "modules: import",
    ("load.py", "read"): "blueprint: read, check its shape",
    ("load.py", "read_inputs"): "sealed secrets: read",
    ("rules/__init__.py", "check"): "blueprint: rules",
    ("mesh.py", "resolve"): "blueprint: defaults, decisions",
    ("chain.py", "chains"): "chains",
    ("chain.py", "whole"): "chains",
    ("assemble.py", "assemble"): "documents: make",
    ("readme.py", "files"): "README, RUNBOOK: render",
    ("validators/embedded.py", "validate"): "documents: validate",
    ("order/proof.py", "add"): "order: take in the documents",
    ("order/proof.py", "finish"): "order: prove",
    ("emit.py", "emit"): "documents: emit as YAML",
    ("store.py", "load_manifest"): "manifest: read",
    ("check.py", "foreign"): "files of others: look for",
    ("store.py", "plan"): "files: compare with the folder",
    ("store.py", "apply"): "files: write",
}
OTHER = "the rest"


def parts(frame: FrameType | None) -> tuple[str, str]:
    """Return what the program is about, and which of mcgen's functions runs or has called what runs."""
    part = function = ""
    while frame and not (part and function):
        path, name = frame.f_code.co_filename.rpartition("mcgen/")[2], frame.f_code.co_name
        part = part or PARTS.get((path.removeprefix("<frozen "), name), "")
        if not function and "/mcgen/" in frame.f_code.co_filename:
            function = f"{path} {name}"
        frame = frame.f_back
    return part or OTHER, function or "Python itself"


def watched(argv: list[str], out: Path) -> None:
    """Run mcgen in this process and write its samples, and the CPU seconds that it took."""
    samples: Counter[tuple[str, str]] = Counter()
    signal.signal(signal.SIGPROF, lambda _, frame: samples.update([parts(frame)]))
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    from mcgen.__main__ import main

    sys.argv = ["mcgen", *argv]
    try:
        main()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        out.write_text(json.dumps([usage.ru_utime + usage.ru_stime, [[*key, n] for key, n in samples.items()]]))


class Profile:
    """The CPU seconds of several runs, by what they went to."""

    def __init__(self) -> None:
        self.runs: list[float] = []
        self.parts: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()

    def add(self, found: Path) -> None:
        """Take in what `watched` wrote."""
        cpu, samples = json.loads(found.read_text())
        self.runs.append(cpu)
        each = cpu / sum(number for *_, number in samples)
        for part, function, number in samples:
            self.parts[part] += number * each
            self.functions[function] += number * each

    def per_run(self, found: Counter[str]) -> dict[str, float]:
        """Return the mean of the runs."""
        return {name: seconds / len(self.runs) for name, seconds in found.most_common()}


def profiles(clusters: int, runs: int) -> dict[str, Profile]:
    """Return the profiles of a first build, and of one that finds nothing changed."""
    found = {FIRST: Profile(), UNCHANGED: Profile()}
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="mcgen-bench-") as name:
        folder = Path(name)
        fleet = Fleet(clusters, folder)
        # The first build of all compiles the modules.
        for number in range(runs + 1):
            for kind, profile in found.items():
                tree = folder / f"tree-{number}"
                options = ["build", str(fleet.blueprint), "-o", str(tree), "--validator", "embedded"]
                options += ["--inputs", str(fleet.inputs)] if kind == FIRST else []
                argv = [PYTHON, "-m", "tests.bench.profiling", "--watched", str(folder / "samples"), *options]
                subprocess.run(argv, env=fleet.environment, stdout=subprocess.DEVNULL, check=True)
                if number:
                    profile.add(folder / "samples")
    return found


def table(found: dict[str, Profile], clusters: int) -> Iterator[str]:
    """Yield the tables as lines of Markdown."""
    yield f"{clusters} clusters, CPU seconds, means of {len(found[FIRST].runs)} runs, on tmpfs, by"
    yield "`python -m tests.bench.profiling --write`."
    yield ""
    yield from (f"- {line}" for line in measure.machine())
    yield ""
    yield f"| part | {' | '.join(found)} |"
    yield "|---" * (1 + len(found)) + "|"
    by_part = [profile.per_run(profile.parts) for profile in found.values()]
    for part in sorted({*by_part[0], *by_part[1]}, key=lambda part: -by_part[0].get(part, 0)):
        yield f"| {part} | {' | '.join(f'{each.get(part, 0):.2f}' for each in by_part)} |"
    yield f"| all | {' | '.join(f'{sum(profile.runs) / len(profile.runs):.2f}' for profile in found.values())} |"
    for kind, profile in found.items():
        yield ""
        yield f"{kind.capitalize()}, the functions of mcgen that run, or have called what runs:"
        yield ""
        yield "| function | CPU s |"
        yield "|---|---|"
        for function, seconds in list(profile.per_run(profile.functions).items())[:TOP]:
            yield f"| `{function}` | {seconds:.2f} |"


def main() -> None:
    """Read the options, run, print."""
    if sys.argv[1:2] == ["--watched"]:
        return watched(sys.argv[3:], Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", type=int, default=1000, help="size of the fleet [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="runs of each build [%(default)s]")
    parser.add_argument("--write", action="store_true", help="also write docs/performance.md")
    options = parser.parse_args()
    text = "\n".join(table(profiles(options.clusters, options.runs), options.clusters)) + "\n"
    print(text, end="")
    if options.write:
        kept = PAGE.read_text().partition(HEADING)[0]
        PAGE.write_text(f"{kept}{HEADING}\n{text}")
    return None


if __name__ == "__main__":
    main()
