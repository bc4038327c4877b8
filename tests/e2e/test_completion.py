"""The completion in real shells: bash and fish say what they would offer, zsh is typed at on a terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.repository import program
from tests.samples import CHECKOUT
from tests.terminals import environment, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

CASES = {
    "mcgen va": ("validate",),
    "mcgen build --val": ("--validator",),
    "mcgen build x --validator em": ("embedded",),
    "mcgen explain MC20": ("MC204", "MC209"),
    "mcgen explain control-p": ("control-plane",),
    "mcgen explain ga": ("gate",),
    "mcgen remove cluster blueprints/gke-aks.yaml a": ("aks",),
    "mcgen doctor blueprints/gke-aks.yaml --kubeconfig a": ("aks=",),
}


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Return a folder with blueprints, and an environment in which mcgen is this checkout's."""
    for shell in ("bash", "zsh", "fish"):
        assert shutil.which(shell), f"{shell} is missing: apt-get install {shell}"
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    env = environment(PATH=program(tmp_path / "bin"), HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"))
    for shell in ("bash", "zsh", "fish"):
        script = subprocess.run(["mcgen", "completion", shell], env=env, check=True, capture_output=True, text=True)
        (tmp_path / f"completion.{shell}").write_text(script.stdout, encoding="utf-8")
    return tmp_path, env


def asked(argv: list[str], place: tuple[Path, dict[str, str]]) -> str:
    done = subprocess.run(argv, cwd=place[0], env=place[1], capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("line", CASES)
def test_bash(line: str, place: tuple[Path, dict[str, str]]) -> None:
    words = line.split()
    script = f"""
source completion.bash
complete -p mcgen > /dev/null
COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}
_mcgen_completion mcgen {shlex.quote(words[-1])} {shlex.quote(words[-2])}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    offered = asked(["bash", "--norc", "-c", script], place).split()
    assert set(CASES[line]) <= set(offered)
    assert all(word.lower().startswith(words[-1].lower()) for word in offered)


@pytest.mark.parametrize("line", CASES)
def test_fish(line: str, place: tuple[Path, dict[str, str]]) -> None:
    script = f"source completion.fish; complete --do-complete {shlex.quote(line)}"
    offered = [row.split("\t")[0] for row in asked(["fish", "--no-config", "-c", script], place).splitlines()]
    assert set(CASES[line]) <= set(offered)


@pytest.mark.parametrize("line", CASES)
def test_zsh(line: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    (folder / "functions").mkdir()
    shutil.copy(folder / "completion.zsh", folder / "functions/_mcgen")
    (folder / ".zshrc").write_text(
        "PS1='ready> '\nfpath=($HOME/functions $fpath)\nautoload -Uz compinit && compinit -u\n"
        "zstyle ':completion:*' list-prompt ''\nLISTMAX=1000\nunsetopt LIST_BEEP\n",
        encoding="utf-8",
    )
    # Ctrl-D on a word lists what it may become; Ctrl-U and exit leave.
    keys = [("ready> ", line.encode() + b"\x04"), (CASES[line][0], b"\x15exit\r")]
    argv = [str(shutil.which("zsh")), "-i"]
    _, shown = on_terminal(argv, folder, columns=200, keys=keys, env={**env, "ZDOTDIR": str(folder)})
    for word in CASES[line]:
        assert word in shown
    assert os.fspath(folder)
