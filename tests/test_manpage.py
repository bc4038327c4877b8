"""docs/mcgen.1 is what the commands say, and man can read it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

import manpage
from mcgen.cli import COMMANDS
from tests.samples import CHECKOUT

PAGE = CHECKOUT / "docs/mcgen.1"


def test_the_page_is_what_the_commands_say() -> None:
    made = manpage.page()
    if os.environ.get("MCGEN_UPDATE"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "MCGEN_UPDATE=1 writes it again"
    for name in COMMANDS:
        assert re.search(rf"^\.SS mcgen {name}", made, re.MULTILINE)


@pytest.mark.e2e
def test_man_reads_it_without_a_complaint() -> None:
    assert shutil.which("man"), "man is missing: apt-get install man-db"
    env = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    argv = ["man", "--warnings", "--local-file", str(PAGE)]
    done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--validator" in done.stdout
