"""Running other programs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A program that has ended by itself: its exit code and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes


def run(argv: Sequence[str], *, timeout: float, cwd: Path | None = None, stdin: bytes = b"") -> Done:
    """Run a program to its end, whatever its exit code; ToolError when it cannot start or end in time."""
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, cwd=cwd, timeout=timeout, check=False, shell=False
        )
    except FileNotFoundError as error:
        raise ToolError(f"'{argv[0]}' is not there: install it, or put its folder on PATH") from error
    except OSError as error:
        raise ToolError(f"'{argv[0]}' cannot be run: {error.strerror or error}") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"'{argv[0]}' did not end within {timeout:g} seconds and was stopped") from error
    return Done(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
