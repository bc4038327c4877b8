"""`python -m tests.policy.scan`: scanners over every sample tree; exits 1 for what the page does not explain."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests import record
from tests.e2e.rendered import applications
from tests.policy import scanners
from tests.policy.explained import PAGE, needless, unexplained
from tests.policy.objects import written
from tests.samples import SAMPLES

if TYPE_CHECKING:
    from tests.policy.rules import Thing

# What no Application applies: an administrator does.
ADMINISTRATOR = ("argocd", "bootstrap")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the counts into docs/security.md")
    given = parser.parse_args()
    of, objects = record.commit(), 0
    passed: Counter[str] = Counter()
    findings: Counter[tuple[str, ...]] = Counter()
    for sample in SAMPLES:
        things = everything(sample.folder)
        objects += sum(map(len, things.values()))
        with TemporaryDirectory() as scratch:
            results = {"checkov": scanners.checkov(things, Path(scratch)), "kube-score": scanners.kube_score(things)}
        for name, result in results.items():
            passed[name] += result.passed
            findings.update(result.findings)
    left, spare = unexplained("scan", set(findings)), needless("scan", set(findings))
    lines = table(objects, passed, findings, len(left))
    print("\n".join(lines))
    for finding in left:
        print("not explained:", *finding)
    for row in spare:
        print("explained, and not found:", *row[:3])
    if given.write and not left and not spare:
        record.write("scan-counts", lines, of, PAGE)
    return int(bool(left or spare))


def everything(tree: Path) -> dict[str, list[Thing]]:
    """Return the objects of a tree by cluster: what Argo CD would apply, rendered, and what its administrator does."""
    found: dict[str, list[Thing]] = {"administrator": []}
    for application in applications(tree):
        found.setdefault(application.cluster, []).extend(application.objects)
    for name in ADMINISTRATOR:
        found["administrator"] += written(tree, name)
    return found


def table(objects: int, passed: Counter[str], findings: Counter[tuple[str, ...]], left: int) -> list[str]:
    """Return the counts as Markdown."""
    lines = [f"{objects} objects of {len(SAMPLES)} trees:", ""]
    lines += ["| scanner | checks passed | findings | of so many checks |", "|---|---|---|---|"]
    for name, version in scanners.versions().items():
        mine = {finding: count for finding, count in findings.items() if finding[0] == name}
        kinds = len({check for _, check, _ in mine})
        lines.append(f"| {name} {version} | {passed[name]} | {sum(mine.values())} | {kinds} |")
    return [*lines, "", f"{sum(findings.values())} findings, {left} not explained."]


if __name__ == "__main__":
    sys.exit(main())
