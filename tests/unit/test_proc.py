from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen import proc
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from pathlib import Path


def test_output_and_exit_code_come_back_as_they_are(tmp_path: Path) -> None:
    done = proc.run(["sh", "-c", "cat; pwd >&2; exit 3"], timeout=10, cwd=tmp_path, stdin=b"a\x00\xff")
    assert done == proc.Done(code=3, stdout=b"a\x00\xff", stderr=f"{tmp_path}\n".encode())


def test_arguments_reach_no_shell() -> None:
    assert proc.run(["printf", "%s", "$HOME; `id`"], timeout=10).stdout == b"$HOME; `id`"


def test_a_missing_program_is_explained() -> None:
    with pytest.raises(ToolError, match="'no-such-program' is not there: install it"):
        proc.run(["no-such-program"], timeout=10)


def test_a_file_that_is_no_program_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot be run: Permission denied"):
        proc.run([str(tmp_path)], timeout=10)


def test_a_program_that_hangs_is_stopped() -> None:
    with pytest.raises(ToolError, match=r"'sleep' did not end within 0\.1 seconds"):
        proc.run(["sleep", "60"], timeout=0.1)
