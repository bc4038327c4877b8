"""Locks on files and folders. An open descriptor holds one, so none outlives its process, and none is ever stale."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN: Final = 200
_PATIENCE: Final = 10.0


class Locked(ToolError):  # noqa: N818 - a state of the folder
    """Another mcgen is at work there."""


def take(descriptor: int, where: Path, *, shared: bool = False, who: str = "mcgen") -> None:
    """Lock what a descriptor is open on until it is closed; raise Locked, which says who holds it.

    where: its name for people. who: the command that would hold it. Does nothing on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = f" ({holders})" if (holders := ", ".join(_holders(descriptor))) else ""
        advice = "wait until it has finished, then run the command again"
        raise Locked(f"another {who} is at work in '{where}'{holder}: {advice}") from None
    except OSError:
        # Some network file systems cannot lock a folder. Each file is still replaced as a whole.
        return


def patiently(act: Callable[[], None]) -> None:
    """Do what needs a lock, again and again for some seconds while another holds it; raise Locked then."""
    limit = time.monotonic() + _PATIENCE
    while True:
        try:
            return act()
        except Locked:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)


def _holders(descriptor: int) -> Iterator[str]:
    """Yield the processes that hold a lock, as far as the system says so (proc_locks(5) of Linux)."""
    try:
        found = os.fstat(descriptor)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in lines:
        # `1: FLOCK ADVISORY WRITE 4711 fe:00:123 0 EOF`; `1: ->` is one that waits.
        fields = line.split()
        if fields[1] == "FLOCK" and fields[5] == place:
            yield f"process {fields[4]}{_command(fields[4])}"


def _command(process: str) -> str:
    from mcgen.report import printable

    try:
        argv = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return f": {printable(' '.join(argv).strip())[:_SHOWN]}" if argv[0] else ""
