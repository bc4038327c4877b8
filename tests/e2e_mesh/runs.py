"""Runs e2e-mesh again and again, and writes one line per run into docs/mesh-runs.md, whatever came of it.

`python -m tests.e2e_mesh.runs COUNT`
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.lab.catalogue import CHECKOUT
from tests.lab.lab import FOLDER
from tests.lab.process import run

if TYPE_CHECKING:
    from pathlib import Path

PAGE = CHECKOUT / "docs/mesh-runs.md"
PARTS = FOLDER / "mesh/logs/parts.json"
LOGS = FOLDER / "mesh-runs"
LIMIT = 3600
# Failed tests that a line names: where the road breaks off, all that comes after it does.
NAMED = 3
RESULT = re.compile(r"^=*\s*(?P<result>\d+ (?:passed|failed|error).*?) in [\d.]+s", re.MULTILINE)
FAILED = re.compile(r"^(?:FAILED|ERROR) \S+?::(\S+)", re.MULTILINE)


def main(count: int) -> int:
    """Make so many runs and return how many failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return sum(not once(number, count) for number in range(1, count + 1))


def once(number: int, count: int) -> bool:
    """Make one run, write its line, and tell whether it passed."""
    begun, load, start = datetime.now(UTC), os.getloadavg()[0], time.monotonic()
    PARTS.unlink(missing_ok=True)
    at, log = commit(), LOGS / f"{begun:%Y%m%d-%H%M%S}.log"
    code = _pytest(log)
    cells = [f"{begun:%Y-%m-%d %H:%M}", at, result(log.read_text(), code), f"{time.monotonic() - start:.0f}"]
    line = f"| {' | '.join([*cells, *parts(), f'{load:.0f}'])} |"
    with PAGE.open("a") as page:
        page.write(f"{line}\n")
    print(f"run {number} of {count}: {line}", flush=True)
    return code == 0


def _pytest(log: Path) -> int:
    # Told to end, it takes its lab down.
    command = ["timeout", "--kill-after=300", str(LIMIT), sys.executable, "-m", "pytest", "-m", "lab", "tests/e2e_mesh"]
    with log.open("w") as out:
        return subprocess.run(command, cwd=CHECKOUT, stdout=out, stderr=out, check=False).returncode


def result(text: str, code: int) -> str:
    """Return what pytest says of a run in its last lines."""
    found = RESULT.search(text)
    failed = [f"`{name}`" for name in FAILED.findall(text)]
    more = [f"and {len(failed) - NAMED} more"] if len(failed) > NAMED else []
    return ", ".join([found["result"] if found else f"exit status {code}", *failed[:NAMED], *more])


def commit() -> str:
    """Return the commit that is checked out, and whether files differ from it; the table of runs may."""
    where = ["git", "-C", str(CHECKOUT)]
    differs = run([*where, "status", "--porcelain", "--", ".", f":!{PAGE.relative_to(CHECKOUT)}"])
    return run([*where, "rev-parse", "--short", "HEAD"]).strip() + (" and changes" if differs else "")


def parts() -> tuple[str, str]:
    """Return the seconds of the parts of the last run, and the most memory that any had."""
    if not PARTS.exists():
        return "none", ""
    done: list[dict[str, Any]] = json.loads(PARTS.read_text())
    return ", ".join(f"{part['name']} {part['seconds']:.0f}" for part in done), str(max(part["most"] for part in done))


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1])), 1))
