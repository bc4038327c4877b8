"""`python -m tests.fuzz`: all properties on many examples; prints the counts, exits 1 when one does not hold.

Each property is played in pieces, by as many processes as there are cores.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests import record
from tests.fuzz.play import play
from tests.fuzz.properties import PROPERTIES

LONG = 100_000
_PIECE = 500
BY_NAME = {prop.name: prop for prop in PROPERTIES}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=LONG, metavar="N", help="of all properties together")
    parser.add_argument("--only", choices=BY_NAME, help="one property")
    parser.add_argument("--write", action="store_true", help="put the result into docs/hardening.md")
    given = parser.parse_args()
    start, of = time.monotonic(), record.commit()
    wanted = {given.only: given.examples} if given.only else {
        name: round(given.examples * prop.share) for name, prop in BY_NAME.items()
    }  # fmt: skip
    counts, broken = played(wanted)
    lines = table(counts, len(broken), time.monotonic() - start)
    print("\n".join(lines))
    if given.write and not broken and wanted.keys() == BY_NAME.keys():
        record.write("fuzz", lines, of)
    return int(bool(broken))


def played(wanted: dict[str, int]) -> tuple[dict[str, Counter[str]], set[str]]:
    """Play so many examples of each property; return what became of them, and which properties did not hold."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    broken: set[str] = set()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pieces = {
            pool.submit(_piece, name, min(_PIECE, count - done)): name
            for name, count in wanted.items()
            for done in range(0, count, _PIECE)
        }
        for number, piece in enumerate(as_completed(pieces), 1):
            name = pieces[piece]
            try:
                counts[name] += piece.result()
            except Exception:
                broken.add(name)
                traceback.print_exc()
            if number % 20 == 0:
                print(f"{number} of {len(pieces)} pieces", file=sys.stderr, flush=True)
    return counts, broken


def _piece(name: str, examples: int) -> Counter[str]:
    return play(BY_NAME[name], examples)


def table(counts: dict[str, Counter[str]], broken: int, seconds: float) -> list[str]:
    """Return the counts as Markdown."""
    lines = ["| property | examples | what became of them |", "|---|---|---|"]
    for name, count in counts.items():
        words = ", ".join(f"{what} {number}" for what, number in count.most_common())
        lines.append(f"| {name} | {count.total()} | {words} |")
    total = sum(count.total() for count in counts.values())
    return [*lines, "", f"{total} examples in {seconds / 60:.0f} minutes, {broken} properties that did not hold."]


if __name__ == "__main__":
    sys.exit(main())
