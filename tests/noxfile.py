"""The tests that need Python alone, with every Python that mcgen is for: `make test-pythons`."""

from __future__ import annotations

from pathlib import Path

import nox

CHECKOUT = Path(__file__).parent.parent
nox.options.envdir = str(CHECKOUT / ".tools/nox")


# A Python that is not installed is skipped, and nox says so in its last lines. The seed is pip, which builds the wheel.
@nox.session(python=["3.11", "3.12", "3.13", "3.14"], venv_backend="uv", venv_params=["--seed"])
def tests(session: nox.Session) -> None:
    """Install what `make setup` does, and run the tests; what follows `--` goes to pytest."""
    session.chdir(CHECKOUT)
    session.install("--require-hashes", "-r", "requirements-dev.txt")
    session.install("--no-deps", "-e", ".")
    session.run("pytest", "-n", "auto", *session.posargs)
