"""A team's repository with an origin: the sample mesh on main, and a change of it on a branch."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.samples import CHECKOUT
from tests.terminals import MCGEN

if TYPE_CHECKING:
    from pathlib import Path

BLUEPRINT, TREE = "blueprints/minimal.yaml", "output/minimal"
CHANGE = "  - {name: cart, exported: true}\n"
AUTHOR = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def team(tmp_path: Path) -> tuple[Path, str]:
    """Return the clone and the commit that the change starts from."""
    work = tmp_path / "work"
    (work / "blueprints").mkdir(parents=True)
    text = (CHECKOUT / BLUEPRINT).read_text(encoding="utf-8")
    (work / BLUEPRINT).write_text(text, encoding="utf-8")
    build(work)
    git(work, "init", "-q")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "the mesh")
    git(tmp_path, "clone", "-q", "--bare", "work", "origin.git")
    git(work, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(work, "checkout", "-qb", "change")
    return work, git(work, "rev-parse", "HEAD")


def change(work: Path) -> None:
    """Let a second namespace be called from other networks."""
    path = work / BLUEPRINT
    path.write_text(f"{path.read_text(encoding='utf-8')}{CHANGE}", encoding="utf-8")
    build(work)
    git(work, "add", "-A")
    git(work, "commit", "--allow-empty", "-qm", "export cart")


def build(work: Path) -> None:
    subprocess.run([*MCGEN, "build", BLUEPRINT], cwd=work, check=True, capture_output=True)


def program(folder: Path) -> str:
    """Return a PATH on which mcgen is this checkout's."""
    folder.mkdir(exist_ok=True)
    (folder / "mcgen").write_text(f'#!/bin/sh\nexec {MCGEN[0]} -m mcgen "$@"\n', encoding="utf-8")
    (folder / "mcgen").chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"
