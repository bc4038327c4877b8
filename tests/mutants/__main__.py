"""`python -m tests.mutants`: a sample of mutants, each under the tests that reach it; says which of them survive."""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from tests import record
from tests.mutants import places
from tests.mutants.asked import Asked
from tests.mutants.workplace import DEAD, KILLED, PACKAGE, SURVIVED, Workplace
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What the counts are about, and the modules of each.
SUBJECTS = {
    "rules": ["rules/*.py"],
    "order": ["order/*.py"],
    "store": ["store.py", "disk.py", "survey.py", "manifest.py", "locks.py", "single.py"],
    "bootstrap": ["bootstrap/*.py"],
}
TESTS = [
    "unit",
    "bootstrap",
    "doctor",
    "job",
    "push",
    "lifecycle",
    "changes",
    "test_build.py",
    "test_commands.py",
    "test_bootstrap_command.py",
]
TESTS += ["test_swapped.py", "test_at_once.py", "test_nasty_names.py", "test_delivery.py", "test_validators.py"]
UNREACHED = "reached by no test"
EQUIVALENT = "a declaration, which no test can see"
_CACHE = CHECKOUT / ".cache/mutants"
# Which mutants were killed, by their `key`.
_KILLED = CHECKOUT / ".cache/mutants-killed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400, metavar="N", help="in how many places")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--only", choices=(*SUBJECTS,), help="of one subject")
    parser.add_argument("--measured", action="store_true", help="what the last run measured is still good")
    parser.add_argument("--again", action="store_true", help="what the last run killed is dead: judge the others")
    parser.add_argument("--minutes", type=float, default=1e6, metavar="N", help="take no other mutant after these")
    parser.add_argument("--write", action="store_true", help="put the result into docs/hardening.md")
    given = parser.parse_args()
    of, start = record.commit(), time.monotonic()
    if not given.measured:
        shutil.rmtree(_CACHE, ignore_errors=True)
    if not given.again:
        _KILLED.unlink(missing_ok=True)
    work = Workplace(_CACHE / "work")
    if not given.measured:
        measure(work)
    chosen, total = sample(work.root, given.count, given.seed, [given.only] if given.only else [*SUBJECTS])
    found: list[tuple[str, places.Mutant, str]] = []
    for number, (subject, mutant, what) in enumerate(judged(work, chosen), 1):
        found.append((subject, mutant, what))
        print(f"{number}/{len(chosen)} {mutant}: {what}", flush=True)
        if what not in {*DEAD, EQUIVALENT}:
            print(difference(work.root, mutant), flush=True)
        if time.monotonic() - start > 60 * given.minutes:
            break
    lines = table(found, total, given.seed, time.monotonic() - start)
    print("\n".join(lines))
    if given.write:
        record.write("mutants", lines, of)
    return 0


def measure(work: Workplace) -> None:
    """Run the tests and note which lines each of them reaches; raise CalledProcessError when one fails."""
    noted = _CACHE / "reach"
    noted.mkdir(parents=True)
    coverage = [sys.executable, "-m", "coverage"]
    environment = work.environment() | {"MCGEN_REACH": str(noted), "COVERAGE_FILE": str(noted / "data")}
    del environment["PYTHONDONTWRITEBYTECODE"]
    run = ["run", "-m", "pytest", "-p", "tests.mutants.reach", "-n", "2", *(f"tests/{name}" for name in TESTS)]
    subprocess.run([*coverage, *run], cwd=work.root, env=environment, check=True)
    subprocess.run([*coverage, "combine", "--quiet"], cwd=work.root, env=environment, check=True)


def sample(root: Path, count: int, seed: int, subjects: list[str]) -> tuple[list[tuple[str, places.Mutant]], int]:
    """Return mutants by their subject, drawn by a seed, at most one of each place; and how many places there are."""
    every: dict[tuple[str, str, tuple[int, int]], list[places.Mutant]] = defaultdict(list)
    for subject in subjects:
        for path in sorted(path for pattern in SUBJECTS[subject] for path in (root / PACKAGE).glob(pattern)):
            for mutant in places.mutants(root, str(path.relative_to(root))):
                every[subject, mutant.file, mutant.place].append(mutant)
    drawn = random.Random(seed)
    chosen = drawn.sample(sorted(every), min(count, len(every)))
    return [(place[0], drawn.choice(every[place])) for place in chosen], len(every)


def judged(measured: Workplace, chosen: list[tuple[str, places.Mutant]]) -> Iterator[tuple[str, places.Mutant, str]]:
    """Yield what becomes of each mutant, in their order; as many at a time as there are cores, each in its copy."""
    asked = Asked(measured.root, _CACHE / "reach")
    dead = set(_KILLED.read_text(encoding="utf-8").split()) if _KILLED.exists() else set()
    free: SimpleQueue[Workplace] = SimpleQueue()
    for number in range(cores := os.cpu_count() or 1):
        free.put(Workplace(_CACHE / f"work-{number}"))

    def one(mutant: places.Mutant) -> str:
        if mutant.key(measured.root) in dead:
            return KILLED
        work = free.get()
        try:
            return judge(work, asked, mutant)
        finally:
            free.put(work)

    pool = ThreadPoolExecutor(cores)
    try:
        outcomes = pool.map(one, (mutant for _, mutant in chosen))
        for (subject, mutant), what in zip(chosen, outcomes, strict=True):
            if what in DEAD:
                with _KILLED.open("a", encoding="utf-8") as stream:
                    stream.write(f"{mutant.key(measured.root)}\n")
            yield subject, mutant, what
    finally:
        pool.shutdown(cancel_futures=True)


def judge(work: Workplace, asked: Asked, mutant: places.Mutant) -> str:
    """Return what becomes of a mutant: first under the quickest tests that reach it, then under the others, too.

    Of these there are minutes at most: what would be killed later counts as a survivor.
    """
    if mutant.is_declaration(work.root):
        return EQUIVALENT
    tests = asked.most_of(mutant)
    some = asked.some_of(tests)
    if not some:
        return UNREACHED
    what = work.judge(mutant, some, 120 + 10 * asked.seconds(some))
    if what == SURVIVED and len(some) < len(tests):
        what = work.judge(mutant, tests, 300 + 10 * asked.seconds(tests))
    return what


def difference(root: Path, mutant: places.Mutant) -> str:
    """Return the changed lines."""
    text = (root / mutant.file).read_text(encoding="utf-8")
    changed = difflib.unified_diff(text.splitlines(), mutant.text(text).splitlines(), lineterm="", n=0)
    return "\n".join(f"    {line}" for line in list(changed)[3:])


def table(found: list[tuple[str, places.Mutant, str]], total: int, seed: int, seconds: float) -> list[str]:
    """Return the counts as Markdown, and what was not killed."""
    lines = [f"A mutant at {len(found)} of {total} places, drawn by seed {seed}, {seconds / 60:.0f} minutes:", ""]
    lines += ["| subject | mutants | of declarations | of the others killed | survived | reached by no test |"]
    lines += ["|---|---|---|---|---|---|"]
    for subject in SUBJECTS:
        counts = Counter(what for name, _, what in found if name == subject)
        killed, others = sum(counts[what] for what in DEAD), counts.total() - counts[EQUIVALENT]
        survived = others - killed - counts[UNREACHED]
        words = f"{killed} ({100 * killed / max(1, others):.0f} %)"
        numbers = (counts.total(), counts[EQUIVALENT], words, survived, counts[UNREACHED])
        lines.append(f"| {subject} | {' | '.join(map(str, numbers))} |")
    left = [f"- `{mutant}`: {what}" for _, mutant, what in found if what not in {*DEAD, EQUIVALENT}]
    return [*lines, "", "Not killed:", "", *left] if left else lines


if __name__ == "__main__":
    sys.exit(main())
