"""`python -m tests.faults builds|files`: every fault at every point of every scene; exits 1 for anything lost."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import record
from tests.faults import strace
from tests.faults.scenes import BUILDS, FILES, Stage, remembering
from tests.snapshots import FAST

# The scenes, and where their counts stand in docs/hardening.md.
WHICH = {"builds": (BUILDS, "faults"), "files": (FILES, "faults-files")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth point")
    parser.add_argument("--write", action="store_true", help="put the result into docs/hardening.md")
    parser.add_argument("scenes", choices=(*WHICH,))
    given = parser.parse_args()
    scenes, name = WHICH[given.scenes]
    rows, wrong, start, of = [], [], time.monotonic(), record.commit()
    for scene in scenes:
        with TemporaryDirectory(dir=FAST) as scratch, remembering():
            stage = Stage(scene, Path(scratch))
            chosen = stage.points[:: given.every]
            for number, point in enumerate(chosen, 1):
                for fault in strace.FAULTS:
                    found = stage.play(point, fault)
                    wrong += found
                    print("".join(f"{line}\n" for line in found), end="", flush=True)
                if number % 50 == 0:
                    print(f"{scene.name}: {number} of {len(chosen)} points", file=sys.stderr, flush=True)
            rows.append((scene.name, len(chosen), Counter(point.call for point in chosen)))
    lines = table(rows, len(wrong), time.monotonic() - start)
    print("\n".join(lines))
    if given.write and given.every == 1:
        record.write(name, lines, of)
    return int(bool(wrong))


def table(rows: list[tuple[str, int, Counter[str]]], wrong: int, seconds: float) -> list[str]:
    """Return the counts as Markdown."""
    lines = [f"{', '.join(strace.FAULTS)} at every point, {seconds / 60:.0f} minutes:", ""]
    lines += ["| scene | points | calls | faults |", "|---|---|---|---|"]
    for name, count, calls in rows:
        words = ", ".join(f"{call} {number}" for call, number in calls.most_common())
        lines.append(f"| {name} | {count} | {words} | {count * len(strace.FAULTS)} |")
    total = sum(count for _, count, _ in rows)
    lines += ["", f"{total} points, {total * len(strace.FAULTS)} faults, {wrong} with anything wrong afterwards."]
    return lines


if __name__ == "__main__":
    sys.exit(main())
