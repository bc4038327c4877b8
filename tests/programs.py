"""The real programs for tests marked e2e: from .tools, built by `make tools`; a missing one fails the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent


def program(name: str) -> str:
    path = CHECKOUT / ".tools" / name
    assert path.exists(), f"{name} is not built: run `make tools`"
    return str(path)


def run(argv: list[str], *, stdin: bytes = b"", cwd: Path | None = None) -> bytes:
    done = subprocess.run(argv, input=stdin, capture_output=True, cwd=cwd, check=False, timeout=300)
    assert done.returncode == 0, f"{argv}: {done.stderr.decode(errors='replace')}"
    return done.stdout
