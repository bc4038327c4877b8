"""What people see: on real terminals of two widths, in a pipe, with and without colours, and when things go wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from mcgen.cli import cli, run
from tests.samples import CHECKOUT
from tests.terminals import MCGEN, environment, on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

ESCAPE = "\x1b["
COLOURS = re.compile(r"\x1b\[(\?25[hl]|[0-9;]*m)")
MINIMAL = (CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(MINIMAL, encoding="utf-8")
    Path("bad.yaml").write_text(MINIMAL.replace("role:", "roel:"), encoding="utf-8")
    return tmp_path


def piped(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MCGEN, *arguments], capture_output=True, text=True, env=environment(**env), timeout=120)


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below
        yield from leaves(below, *path, name)


@pytest.mark.parametrize("path", list(leaves(cli)), ids=" ".join)
def test_every_command_has_the_common_options(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    for option in ("-q, --quiet", "-v, --verbose", "--color"):
        assert shown.count(option) == 1
    assert run([*path, "-q", "-v", "x"]) == 2
    assert "contradict" in capsys.readouterr().err


def test_quiet_says_nothing_when_all_is_well(workplace: Path) -> None:
    """Before the command and after it; what is wrong is still said, and what was asked for."""
    for arguments in (
        ["-q", "build", "good.yaml"],
        ["validate", "output/minimal", "--quiet"],
        ["-q", "validate", "good.yaml"],
    ):
        done = piped(*arguments)
        assert (done.returncode, done.stdout) == (0, "")
        # The warnings of this mesh are problems, and no chatter.
        assert "MC230" in done.stderr or "validate output" in " ".join(arguments)
    assert "MC102" in piped("-q", "validate", "bad.yaml").stderr
    assert piped("-q", "build", "good.yaml", "-o", "other", "--dry-run").stdout.startswith("+ ")
    assert piped("-q", "graph", "good.yaml").stdout.startswith("flowchart")


def test_verbose_says_what_is_done(workplace: Path) -> None:
    assert "+ README.md" in piped("build", "good.yaml", "-v").stdout
    subprocess.run(["git", "init", "-q"], check=True)
    done = piped("-v", "validate", "output/minimal", "--against", "HEAD")
    assert "mcgen: runs git " in done.stderr


def test_verbose_hides_logins(workplace: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = (
        "from mcgen import proc, terminal; terminal._wishes.verbose = True; "
        "proc.run(['true', 'https://someone:pa55@git.example.com/x'], timeout=9)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    error = capfd.readouterr().err
    assert "https://[hidden]@git.example.com/x" in error
    assert "pa55" not in error


@pytest.mark.parametrize(
    ("env", "option", "on_a_terminal", "in_a_pipe"),
    [
        ({}, [], True, False),
        ({"NO_COLOR": "1"}, [], False, False),
        ({"NO_COLOR": ""}, [], True, False),
        ({"FORCE_COLOR": "1"}, [], True, True),
        ({"CLICOLOR_FORCE": "1"}, [], True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False, False),
        ({"CLICOLOR": "0"}, [], False, False),
        ({"TERM": "dumb"}, [], False, False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True, True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False, False),
    ],
    ids=str,
)
def test_colours(workplace: Path, env: dict[str, str], option: list[str], on_a_terminal: bool, in_a_pipe: bool) -> None:
    code, shown = on_terminal([*MCGEN, "validate", "bad.yaml", *option], workplace, env=environment(**env))
    assert code == 1
    assert (ESCAPE in shown) is on_a_terminal
    assert (ESCAPE in piped("validate", "bad.yaml", *option, **env).stderr) is in_a_pipe


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize(
    "arguments",
    [["validate", "bad.yaml"], ["build", "good.yaml"], ["explain"], ["explain", "gate"], ["explain", "base"],
     ["doctor", "good.yaml", "--timeout", "1"], ["--help"], ["build", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_shown_fits(workplace: Path, arguments: list[str], columns: int) -> None:
    """But for what has no spaces, which is copied, and the source lines' own marks."""
    _, shown = on_terminal([*MCGEN, *arguments], workplace, columns=columns)
    # click's own least width.
    columns = max(columns, 50) if "--help" in arguments else columns
    for line in COLOURS.sub("", shown).splitlines():
        assert len(line) <= columns or len(line.split()) <= 2, line


def test_a_pipe_gets_whole_lines(workplace: Path) -> None:
    shown = piped("validate", "bad.yaml", COLUMNS="40").stderr
    assert 'unknown key "roel" in clusters[0] [MC102]\n' in shown


PROGRESS = """
import time
from mcgen import terminal
terminal._PATIENCE = {patience}
with terminal.progress("building", 100) as done:
    for n in range(100):
        done(n)
        time.sleep({pause})
print("over")
"""


def test_long_work_shows_its_progress_and_takes_it_away(workplace: Path) -> None:
    slow = [sys.executable, "-c", PROGRESS.format(patience=0.1, pause=0.03)]
    code, shown = on_terminal(slow, workplace)
    assert code == 0
    assert "building" in shown
    assert shown.rindex("\x1b[2K") > shown.rindex("building"), "the bar's line is cleared at the end"
    done = subprocess.run(slow, capture_output=True, text=True, check=True, env=environment(FORCE_COLOR="1"))
    assert (done.stdout, done.stderr) == ("over\n", "")


def test_short_work_shows_nothing(workplace: Path) -> None:
    quick = [sys.executable, "-c", PROGRESS.format(patience=60, pause=0)]
    assert on_terminal(quick, workplace) == (0, "over\n")


@pytest.mark.parametrize(
    "arguments",
    [["schema"], ["--help"], ["--version"], ["explain"], ["build", "good.yaml", "--dry-run"], ["graph", "good.yaml"]],
    ids=" ".join,
)
def test_a_full_disk_is_told(workplace: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*MCGEN, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("mcgen: standard output: No space left on device: free some space")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_what_is_closed_is_written_to_nobody(workplace: Path, closed: str) -> None:
    command = ["sh", "-c", f'"$@" {closed}', "sh", *MCGEN, "build", "good.yaml", "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_gone_is_told(workplace: Path) -> None:
    gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    command = ["sh", "-c", gone, "sh", *MCGEN, "build", "good.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode in (2, 3)
    assert "standard output" not in done.stderr
    command = ["sh", "-c", gone, "sh", *MCGEN, "build", str(workplace / "good.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr.partition(":")[0]) == (3, "mcgen")
    assert "the folder in which this runs" in done.stderr


@pytest.mark.parametrize("options", [[], ["--verbose"]], ids=" ".join)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_everything_on_a_full_disk(workplace: Path, unbuffered: str, options: list[str]) -> None:
    told = environment(PYTHONUNBUFFERED=unbuffered)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*MCGEN, "build", "bad.yaml", *options], stdout=full, stderr=full, timeout=120, env=told)
    assert done.returncode == 3


@pytest.mark.parametrize("arguments", [["explain"], ["schema"], ["--help"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_failure_to_talk_of(workplace: Path, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*MCGEN, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=120)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}], ids=str
)
def test_a_terminal_that_knows_few_characters(workplace: Path, env: dict[str, str]) -> None:
    Path("bad.yaml").write_text(MINIMAL.replace("role:", "r\u00f6l\u4e2d:"), encoding="utf-8")
    done = subprocess.run(
        [*MCGEN, "validate", "bad.yaml"],
        capture_output=True,
        env=environment(PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", **env),
        timeout=120,
    )
    assert done.returncode == 1
    assert b"MC102" in done.stderr
    assert b"Traceback" not in done.stderr
    shown = subprocess.run(
        [*MCGEN, "doctor", "good.yaml", "--timeout", "1"], capture_output=True, env=environment(**env), timeout=120
    )
    assert b"Traceback" not in shown.stderr


def test_an_interrupt_is_told_and_nothing_else(workplace: Path) -> None:
    code, shown = on_terminal([*MCGEN, "init"], workplace, keys=[("Name of the mesh", b"\x03")])
    assert code == 130
    assert shown.rstrip().endswith("mcgen: interrupted")
    assert "Traceback" not in shown


def test_an_interrupt_at_work(workplace: Path) -> None:
    """Here while programs run that never answer: the bar shows that they do."""
    Path("bin").mkdir()
    Path("bin/kubectl").write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    Path("bin/kubectl").chmod(0o755)
    env = environment(PATH=f"{workplace / 'bin'}:{os.environ['PATH']}")
    argv = [*MCGEN, "doctor", "good.yaml", "--timeout", "600", "--argocd-context", "x"]
    code, shown = on_terminal(argv, workplace, keys=[("asking", b"\x03")], env=env)
    assert code == 130
    assert "mcgen: interrupted" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "arguments",
    [["build", "."], ["build", "good.yaml/x"], ["build", "good.yaml", "-o", "good.yaml/x"], ["build", "x" * 5000],
     ["validate", "/dev/null/x"], ["diff", "good.yaml", "-o", "/dev/null"], ["build", "\udcff"],
     ["init", "good.yaml/x.yaml", "--name", "m", "--repo", "https://x/y", "--cluster", "a=gke"], ["graph", "/dev/null"],
     ["remove", "cluster", "good.yaml", "nobody"],
     ["add", "cluster", ".", "x", "--platform", "gke", "--role", "primary"]],
    ids=lambda arguments: " ".join(arguments)[:40].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_no_traceback_for_odd_arguments(workplace: Path, arguments: list[str]) -> None:
    done = subprocess.run([*MCGEN, *arguments], capture_output=True, timeout=120, env=environment())
    assert done.returncode in (1, 2, 3)
    assert b"Traceback" not in done.stderr
    assert done.stderr
