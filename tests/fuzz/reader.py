"""`python -m tests.fuzz.reader`: atheris (libFuzzer) looks for bytes that make reading fail; coverage leads it.

The run itself is a process of its own, because libFuzzer ends the process that it is in.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import record
from tests.samples import CHECKOUT
from tests.snapshots import FAST

LONG = 500_000
# Whose branches are what libFuzzer wants to reach.
_LED_BY = ("source", "walk", "scalars", "syntax", "shape", "misfit")
_RUNS = "--fuzz-one"
_DONE = re.compile(r"Done (\d+) runs in (\d+) second")
_SEEN = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)/")


def judge(content: bytes) -> None:
    """Read bytes as a blueprint, and check what is said of them; raise AssertionError, or whatever reading raises."""
    from tests.fuzz.properties import told_well
    from tests.judged import problems, read

    found = read(content)
    told_well(problems(found), found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=LONG)
    parser.add_argument("--write", action="store_true", help="put the result into docs/hardening.md")
    given = parser.parse_args()
    of = record.commit()
    with TemporaryDirectory(dir=FAST) as scratch:
        seeds(Path(scratch))
        # A read that takes a minute, or 2 GiB, is a finding as well.
        limits = ["-timeout=60", "-rss_limit_mb=2048", f"-artifact_prefix={CHECKOUT}/.cache/"]
        argv = [sys.executable, "-m", "tests.fuzz.reader", _RUNS, f"-runs={given.runs}", "-max_len=4096", *limits]
        with subprocess.Popen([*argv, scratch], stderr=subprocess.PIPE, text=True, errors="replace") as child:
            said = _shown(child)
    done, seen = _DONE.search(said), _SEEN.findall(said)
    if child.returncode or not done or not seen:
        print(f"it ended with {child.returncode}: what it found lies in .cache", file=sys.stderr)
        return 1
    runs, seconds = int(done[1]), int(done[2])
    lines = [
        f"{runs} runs in {seconds / 60:.0f} minutes, with {seen[-1][2]} inputs kept that reach something new "
        f"({seen[-1][0]} edges of the reader and the schema check): none made it fail."
    ]
    print("\n".join(lines))
    if given.write:
        record.write("fuzz-reader", lines, of)
    return 0


def seeds(folder: Path) -> None:
    """Copy what there is of blueprints and broken files, from which libFuzzer begins."""
    (CHECKOUT / ".cache").mkdir(exist_ok=True)
    for part in ("blueprints", "tests/errors"):
        for path in (CHECKOUT / part).glob("*.yaml"):
            shutil.copy(path, folder / f"{path.parent.name}-{path.name}")


def _shown(child: subprocess.Popen[str]) -> str:
    """Return what the run says, and show it."""
    assert child.stderr is not None
    lines = []
    for line in child.stderr:
        lines.append(line)
        if "NEW" not in line and "REDUCE" not in line:
            print(line, end="", file=sys.stderr, flush=True)
    return "".join(lines)


def fuzz() -> None:
    """Become libFuzzer; does not return."""
    import atheris

    with atheris.instrument_imports(include=[f"mcgen.{name}" for name in _LED_BY]):
        for name in _LED_BY:
            import_module(f"mcgen.{name}")
    # Modules and schemas are in memory from here on.
    judge((CHECKOUT / "blueprints/three-clouds.yaml").read_bytes())
    atheris.Setup([sys.argv[0], *sys.argv[2:]], judge)
    atheris.Fuzz()


if __name__ == "__main__":
    if _RUNS in sys.argv:
        fuzz()
    sys.exit(main())
