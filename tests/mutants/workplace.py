"""A copy of the checkout in which a file is changed, tests are run, and the file is put back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mutants.places import Mutant

PACKAGE = "generator/mcgen"
SURVIVED, KILLED, SLOW = "survived", "killed", "killed by its time"
DEAD = {KILLED, SLOW}
_FOUND: dict[int, str] = {
    pytest.ExitCode.OK: SURVIVED,
    pytest.ExitCode.TESTS_FAILED: KILLED,
    pytest.ExitCode.INTERRUPTED: KILLED,
}


class Workplace:
    """A copy of what Git knows of the checkout."""

    def __init__(self, root: Path) -> None:
        """Make the copy, unless it is there."""
        self.root = root
        if root.exists():
            return
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, check=True, capture_output=True, text=True)
        for name in filter(None, listed.stdout.split("\0")):
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, target, follow_symlinks=False)

    def environment(self) -> dict[str, str]:
        """Return the environment in which programs see the copy and not the checkout."""
        return os.environ | {"PYTHONPATH": str(self.root / "generator"), "PYTHONDONTWRITEBYTECODE": "1"}

    def judge(self, mutant: Mutant, tests: list[str], seconds: float) -> str:
        """Return what became of a mutant under some tests; seconds: after which it is taken for one that hangs."""
        path = self.root / mutant.file
        kept = path.with_name(f"{path.name}.kept")
        shutil.copy2(path, kept)
        try:
            path.write_text(mutant.text(path.read_text(encoding="utf-8")), encoding="utf-8")
            code = self._run(tests, seconds)
        finally:
            # With its time, so that what Python compiled of it is still good.
            kept.replace(path)
        if code == pytest.ExitCode.USAGE_ERROR and self._run(tests, seconds, "--collect-only") == pytest.ExitCode.OK:
            # With the mutant they cannot even be collected: what they import, or draw their cases from, is broken.
            return KILLED
        if code is None:
            return SLOW
        # Whatever else pytest says is nobody's death.
        return _FOUND.get(code, f"not judged, pytest ended with {code}")

    def _run(self, tests: list[str], seconds: float, *options: str) -> int | None:
        """Return how pytest ended, None when it was stopped."""
        argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        with subprocess.Popen(
            [*argv, *options, *tests],
            cwd=self.root,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child:
            try:
                code = child.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                # What its tests have started goes with it.
                os.killpg(child.pid, signal.SIGKILL)
                return None
        # A test that ends the whole process was not meant to.
        return int(pytest.ExitCode.TESTS_FAILED) if code < 0 or code == pytest.ExitCode.INTERNAL_ERROR else code
