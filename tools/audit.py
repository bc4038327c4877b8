"""Looks for known weaknesses of what is pinned: Python packages by pip-audit, the programs of .tools by govulncheck.

    python tools/audit.py

exits 1 when one is known. Where a service with the data cannot be reached, or does not know a package, it says SKIPPED,
because that is not the same as finding nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIP_AUDIT = ROOT / ".tools/release/bin/pip-audit"
GOVULNCHECK = ROOT / ".tools/govulncheck"
# Exit code of govulncheck for a program with a known weakness, in text mode.
_VULNERABLE = 3
_SECONDS = 300


def main() -> int:
    results = (packages(), programs())
    found, skipped = ([line for each in results for line in each[kind]] for kind in (0, 1))
    for line in (*found, *skipped):
        print(line)
    print(f"{len(found)} with known weaknesses, {len(skipped)} skipped")
    return int(bool(found))


def packages() -> tuple[list[str], list[str]]:
    """Return what is known of the packages in the lock files, and what nobody could say anything of."""
    found, skipped = [], []
    for file in sorted(ROOT.glob("requirements-*.txt")):
        options = ["--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json", "--timeout=10"]
        done = run([PIP_AUDIT, "--requirement", file, *options])
        if done is None or not done.stdout:
            skipped.append(f"SKIPPED {file.name}: {last(done)}")
            continue
        unknown = []
        for each in json.loads(done.stdout)["dependencies"]:
            if "skip_reason" in each:
                unknown.append(each["name"])
            found += [
                f"{file.name}: {each['name']} {each.get('version')}: {one['id']}" for one in each.get("vulns", [])
            ]
        if unknown:
            skipped.append(f"SKIPPED {file.name}: nothing is known of {len(unknown)} packages, such as {unknown[0]}")
    return found, skipped


def programs() -> tuple[list[str], list[str]]:
    """Return the programs of .tools with known weaknesses in what they call, and those of which nobody could say."""
    found, skipped = [], []
    for program in sorted(path.with_suffix("") for path in (ROOT / ".tools").glob("*.inputs")):
        done = run([GOVULNCHECK, "-mode=binary", program])
        if done is None or done.returncode not in {0, _VULNERABLE}:
            skipped.append(f"SKIPPED {program.name}: {last(done)}")
        elif done.returncode == _VULNERABLE:
            ids = sorted({word for word in done.stdout.split() if word.startswith("GO-2")})
            found.append(f"{program.name}: {', '.join(ids)}")
    return found, skipped


def run(argv: list[str | Path]) -> subprocess.CompletedProcess[str] | None:
    """Return what a program said; None where it took too long."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_SECONDS, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return None


def last(done: subprocess.CompletedProcess[str] | None) -> str:
    if done is None:
        return f"no answer in {_SECONDS} s"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"{os.fspath(done.args[0])} ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
