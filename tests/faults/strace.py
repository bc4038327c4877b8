"""A function in a process of its own, under strace: which calls it makes, and what happens when one goes wrong."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import warnings
from contextlib import chdir
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CALLS = ["open", "openat", "write", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir"]
CALLS += ["mkdir", "mkdirat", "flock", "fsync", "fchmod"]
KILL = "SIGKILL"
FAULTS = ("ENOSPC", "EIO", "EACCES", "EINTR", KILL)
_LINE = re.compile(r"^(\w+)\((.*)$")
_LOG, _SAID = "strace.log", "said"
_PR_SET_PTRACER, _ANY = 0x59616D61, -1


@dataclass(frozen=True, kw_only=True)
class Point:
    """One call. number: the how manieth of its kind, from 1; words: its arguments and result as strace shows them."""

    call: str
    number: int
    words: str

    def __str__(self) -> str:
        return f"{self.call} {self.number}: {self.words}"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How it ended. code: what the function returned, minus the signal that killed it; said: all that it printed."""

    code: int
    said: str


def points(function: Callable[[], int], folder: Path) -> list[Point]:
    """Run a function in a folder and return its calls; raise AssertionError when strace is missing, or it fails."""
    done = _run(function, folder, [])
    assert done.code == 0, done.said
    return list(_calls(folder))


def inject(function: Callable[[], int], folder: Path, point: Point, fault: str) -> Ended:
    """Run a function again with one call going wrong; raise AssertionError unless it is the one that was meant."""
    what = f"signal={fault}" if fault == KILL else f"error={fault}"
    done = _run(function, folder, ["-e", f"inject={point.call}:{what}:when={point.number}"])
    hit = [call for call in _calls(folder) if call.call == point.call and call.number == point.number]
    assert [_place(call.words) for call in hit] == [_place(point.words)], f"{fault} missed {point}: {hit}"
    return done


def _run(function: Callable[[], int], folder: Path, how: list[str]) -> Ended:
    program = shutil.which("strace")
    assert program, "strace is missing: install it from your distribution"
    said = folder.parent / _SAID
    child = _stopped(function, folder, said)
    argv = [program, "-y", "-s", "0", "-o", str(folder.parent / _LOG), "-e", f"trace={','.join(CALLS)}"]
    with subprocess.Popen([*argv, *how, "-p", str(child)], stderr=subprocess.PIPE, text=True) as tracer:
        try:
            assert tracer.stderr is not None
            attached = tracer.stderr.readline()
            assert "attached" in attached, attached
            os.kill(child, signal.SIGCONT)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except BaseException:
            os.kill(child, signal.SIGKILL)
            tracer.kill()
            raise
    return Ended(code=code, said=said.read_text(errors="replace"))


def _stopped(function: Callable[[], int], folder: Path, said: Path) -> int:
    """Return a process that stands still in front of a function: its modules are loaded, its first call is to come."""
    with warnings.catch_warnings():
        # The child does nothing but file work, so that the threads of a test runner do not matter.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        code = 99
        try:
            # strace is no parent of this process, and may look at it all the same.
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
            output = os.open(said, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(output, 1)
            os.dup2(output, 2)
            with chdir(folder):
                os.kill(os.getpid(), signal.SIGSTOP)
                code = function()
        finally:
            os._exit(code)
    os.waitpid(child, os.WUNTRACED)
    return child


def _calls(folder: Path) -> Iterator[Point]:
    counts: dict[str, int] = {}
    for line in (folder.parent / _LOG).read_text(errors="replace").splitlines():
        if match := _LINE.match(line):
            counts[match[1]] = counts.get(match[1], 0) + 1
            yield Point(call=match[1], number=counts[match[1]], words=match[2])


def _place(words: str) -> list[str]:
    """Return what a call is about: descriptors' paths and names, without numbers, contents and the result."""
    return re.findall(r'<[^<>]+>|"[^"]+"', re.split(r"\) += | <unfinished", words)[0])
