"""Validates a tree with kubeconform as mcgen does it, and prints what that alone takes.

python -m tests.bench.kubeconform_tree PROGRAM TREE
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from mcgen import layout
from mcgen.validators import kubeconform


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(program: str, tree: str) -> None:
    """Read the tree, let kubeconform look at it, stop at anything that it finds, and print the cost as JSON."""
    root = Path(tree)
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.yaml")}
    before, start = _cpu(), time.perf_counter()
    found = kubeconform.check((each for each in files.items() if layout.is_object_file(each[0])), program)
    cost = {"cpu": _cpu() - before, "wall": time.perf_counter() - start, "peak": 0}
    if found:
        raise SystemExit(f"kubeconform finds {len(found)} defects: {found[:3]}")
    print(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
