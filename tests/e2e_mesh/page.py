"""docs/tutorial.md: its commands are run as they stand there, and what they print must stand there too.

A block is introduced by `<!-- shows: NAME -->`. In one of the language `console` the commands begin with `$ `, go on
with `> `, and are followed by what they print; in any other the trial itself says what stands there. What changes
from run to run is written as in an example: addresses, ages, the random part of names.

With MCGEN_UPDATE=1 in the environment the page is rewritten instead of compared.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import TYPE_CHECKING

from tests.lab import handbook
from tests.lab.catalogue import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.team import Team

PAGE = CHECKOUT / "docs/tutorial.md"
BLOCK = re.compile(r"^<!-- shows: (?P<name>\S+) -->\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ .*\n(?:> .*\n)*", re.MULTILINE)

# How often a block is followed at most until it shows what it should.
PATIENCE = 60

# What stands for what changes, the same width where it is in a column.
VOLATILE = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "0123456789ab" + "…"),
    (re.compile(r"\b(sha256:)?[0-9a-f]{12}\b"), r"\g<1>0123456789ab"),
    (re.compile(r"-[0-9a-f]{8,10}-[bcdf-hj-np-tv-xz2-9]{5}\b"), "-7d9c5b8f64-x2k4p"),
    (re.compile(r"\bto \d{4}-\d\d-\d\d\b"), "to 2036-11-21"),
    (re.compile(r"(?<=\()\S*/kubeconform(?=\))"), "/usr/local/bin/kubeconform"),
    # Files, of which there may be more with every release.
    (re.compile(r"\b\d\d+ (?=created|unchanged)"), "80 "),
    # How many calls it took until each had answered.
    (re.compile(r"\b\d+ of \d+ (?=requests)"), "2 of 5 "),
    (re.compile(r", \d+ times$", re.MULTILINE), ", 3 times"),
    # Autoscalers may have added one.
    (re.compile(r"\bsynced in \d+$", re.MULTILINE), "synced in 2"),
    # The age is the last column.
    (re.compile(r"(?<=\s)\d+[smhd](\d+[smh])?$", re.MULTILINE), "1m"),
)


@dataclass(kw_only=True)
class Page:
    """The page, for a team that does what it says. names: what stands on it for an address of the lab."""

    team: Team
    names: Mapping[str, str]
    shown: set[str] = field(default_factory=set)

    def follow(self, name: str) -> None:
        """Run the commands of a block and compare what they print."""
        commands = [found[0] for found in COMMAND.finditer(block(name)["text"])]
        self.show(name, "".join(f"{command}{self._run(command)}" for command in commands))

    def watch(self, name: str) -> None:
        """Follow a block, again until it shows what it should: autoscalers move, and all is well only in between."""
        for _ in range(PATIENCE):
            try:
                self.follow(name)
            except AssertionError:
                time.sleep(2)
            else:
                return
        self.follow(name)

    def show(self, name: str, text: str) -> None:
        """Compare a block with what should stand there."""
        self.shown.add(name)
        match, page = block(name), PAGE.read_text()
        text = as_on_the_page(text, self.names)
        if os.environ.get("MCGEN_UPDATE"):
            PAGE.write_text(page[: match.start("text")] + text + page[match.end("text") :])
        kept = block(name)["text"]
        diff = "\n".join(unified_diff(kept.splitlines(), text.splitlines(), "docs/tutorial.md", name, lineterm=""))
        assert kept == text, f"MCGEN_UPDATE=1 rewrites the page\n{diff}"

    def _run(self, command: str) -> str:
        script = "\n".join(line[2:] for line in command.splitlines())
        # Git takes the environment's authorities before those of a repository's settings.
        trust = f"export GIT_SSL_CAINFO={self.team.repository.place.authority}\n"
        # What is refused is shown too: the words judge, not the exit status.
        whole = f"{trust}{{ {script}\n}} 2>&1 || true"
        return handbook.shell(whole, folder=self.team.repository.copy, kubeconfig=self.team.lab.kubeconfig)


def as_on_the_page(text: str, names: Mapping[str, str]) -> str:
    """Return a text with an example in the place of what changes from run to run."""
    for address, name in names.items():
        text = re.sub(rf"(?<![\d.]){re.escape(address)}(?![\d.]*\d)", name, text)
    for pattern, instead in VOLATILE:
        text = pattern.sub(instead, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def block(name: str) -> re.Match[str]:
    """Return the block of a name."""
    (found,) = (each for each in BLOCK.finditer(PAGE.read_text()) if each["name"] == name)
    return found


def names() -> set[str]:
    """Return the names of all blocks."""
    return {each["name"] for each in BLOCK.finditer(PAGE.read_text())}
