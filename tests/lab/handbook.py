"""Runs the commands of a generated README as a reader would: what stands there must work as it stands."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from textwrap import dedent

from tests.lab.catalogue import TOOLS
from tests.lab.plan import LabError
from tests.lab.process import run

# Blocks in lists are indented.
BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)


def block(page: str, after: str, language: str = "sh") -> str:
    """Return the first block of a language below the words that stand in front of it."""
    place = page.find(after)
    found = next((each for each in BLOCK.finditer(page, max(place, 0)) if each["language"] == language), None)
    if place < 0 or not found:
        raise LabError(f"the page has no block of {language} after '{after}'")
    return dedent(found["text"])


def shell(commands: str, *, folder: Path, kubeconfig: Path, seconds: float = 300) -> str:
    """Run commands in a folder, with a kubeconfig and the programs built here, and return what they printed."""
    mcgen = Path(sys.executable).parent
    settings = [f"KUBECONFIG={kubeconfig}", f"PATH={TOOLS}:{mcgen}:{os.environ['PATH']}"]
    return run(["env", f"--chdir={folder}", *settings, "bash", "-euc", commands], timeout=seconds)
