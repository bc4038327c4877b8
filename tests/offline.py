"""Commands of pages, run by the real programs where no cluster answers: what they cannot read they refuse before."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import yaml

from tests import pages
from tests.docs.test_links import PAGES
from tests.programs import CHECKOUT, program

if TYPE_CHECKING:
    from pathlib import Path

# Nobody listens there, which the programs find out once they have read all of their words.
NOBODY = "https://127.0.0.1:1"
# What is said once the words are read: nobody listens, a reader's own file, or a sentence has but half a command.
_GOT_FAR = re.compile(r"refused|no such file|does not exist|must specify|server address unspecified")
OBJECT = b"apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\ndata: {a: YQ==}\n"
# Where the sample trees lie in their repositories.
TREES = {"output": "output", "mesh/three-clouds": "output/three-clouds"}


def commands(name: str) -> list[tuple[str, ...]]:
    """Return the words of each command of a program in any page, once."""
    found = (command.words for page in PAGES for command in pages.commands(page.read_text(encoding="utf-8")))
    return sorted({words for words in found if words[0] == name})


@dataclass(frozen=True, kw_only=True)
class Nowhere:
    """A folder with the sample trees and a kubeconfig with all contexts, none of which leads anywhere."""

    folder: Path
    kubeconfig: Path

    def refusal(self, words: tuple[str, ...]) -> str:
        """Return what a program says of a command that it cannot read, empty when it got as far as it can."""
        settings = {"HOME": str(self.folder), "KUBECONFIG": str(self.kubeconfig), "EDITOR": "true"}
        # istioctl would ask again and again; with --help it reads its words, too, and stops.
        argv = [program(words[0]), *words[1:], *(["--help"] if words[0] == "istioctl" else [])]
        done = subprocess.run(
            argv, env={**os.environ, **settings}, cwd=self.folder, input=OBJECT,
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        said = done.stderr.decode(errors="replace")
        return "" if done.returncode == 0 or _GOT_FAR.search(said) else said or f"exit code {done.returncode}"


def nowhere(folder: Path, lines: list[tuple[str, ...]]) -> Nowhere:
    """Make one for these commands."""
    for place, tree in TREES.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).symlink_to(CHECKOUT / tree)
    named = {after for words in lines for word, after in pairwise(words) if word == "--context"}
    names = sorted({"current", *named, *(words[-1] for words in lines if "use-context" in words)})
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "current",
        "clusters": [{"name": "nowhere", "cluster": {"server": NOBODY}}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": name, "context": {"cluster": "nowhere", "user": "nobody"}} for name in names],
    }
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config), encoding="utf-8")
    return Nowhere(folder=folder, kubeconfig=kubeconfig)
