"""Processes of the lab: started with a record on disk, so that whoever comes later stops exactly these."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.plan import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# The shell writes down who it is before it becomes the program: no moment in which a program runs without a record.
START = '( read -r stat < /proc/self/stat; echo "$stat" > "$0.new"; mv "$0.new" "$0"; exec "$@" ) &'


@dataclass(frozen=True)
class Process:
    """A program that the lab started. record: the file that says which it is; log: what it printed."""

    record: Path
    log: Path

    @property
    def name(self) -> str:
        return self.record.stem

    @property
    def pid(self) -> int:
        return int(self.record.read_text().split()[0])


def environment() -> dict[str, str]:
    """Return this process's environment without proxies: nothing of the lab leaves the machine."""
    return {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and k != "KUBECONFIG"}


def run(argv: Sequence[str], *, stdin: str = "", timeout: float = 120, namespace: str = "") -> str:
    """Run a command, in a network namespace if one is given, and return what it printed; raise LabError if it fails."""
    full = [*_inside(namespace), *argv]
    # Whoever is killed takes the command along: one that goes on would ask for addresses that are no longer the lab's.
    tied = ["setpriv", "--pdeathsig=KILL", "--", *full]
    try:
        done = subprocess.run(
            tied, input=stdin, capture_output=True, text=True, check=False, timeout=timeout, env=environment()
        )
    except FileNotFoundError as error:
        raise LabError("setpriv is not installed: run tools/lab-packages.sh") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(full)}: nothing after {timeout:.0f} s") from error
    if done.returncode == 127:
        raise LabError(f"{argv[0]} is not installed: run tools/lab-packages.sh and make tools-lab")
    if done.returncode != 0:
        raise LabError(f"{' '.join(full)}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def start(argv: Sequence[str], *, record: Path, log: Path, namespace: str = "") -> Process:
    """Start a program that outlives this one, its output in the log, and return when its record is written."""
    record.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        subprocess.run(
            ["/bin/sh", "-c", START, str(record), *_inside(namespace), *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            check=True,
            start_new_session=True,
            env=environment(),
        )
    wait_for(f"{record.stem} to start", record.exists, seconds=10, pause=0.005)
    return Process(record, log)


def alive(process: Process) -> bool:
    """Tell whether the very process of the record runs."""
    fd = _open(process.record)
    if fd is None:
        return False
    try:
        return not _ended(fd, 0)
    finally:
        os.close(fd)


def share(pid: int) -> int:
    """Return a process's share of the memory (PSS), in KiB; 0 when it has ended."""
    try:
        text = Path("/proc", str(pid), "smaps_rollup").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


def stop(record: Path, *, seconds: float = 10, first: signal.Signals = signal.SIGTERM) -> None:
    """Stop the process of a record: ask, wait, insist. A record whose process is gone is removed."""
    fd = _open(record)
    if fd is not None:
        try:
            for number, patience in ((first, seconds), (signal.SIGKILL, 10.0)):
                signal.pidfd_send_signal(fd, number)
                if _ended(fd, patience):
                    break
            else:
                raise LabError(f"{record.stem} does not end, not even killed: {record}")
        except ProcessLookupError:
            pass
        finally:
            os.close(fd)
    record.unlink(missing_ok=True)


def wait_for(
    what: str, done: Callable[[], object], *, seconds: float, pause: float = 0.1, needs: Sequence[Process] = ()
) -> None:
    """Wait until a condition holds; raise LabError after that time, or as soon as a needed process has ended."""
    limit = time.monotonic() + seconds
    while not done():
        for process in needs:
            if not alive(process):
                raise LabError(
                    f"{process.name} ended while waiting for {what}; {process.log} ends:\n{tail(process.log)}"
                )
        if time.monotonic() > limit:
            logs = "".join(f"\n{process.log} ends:\n{tail(process.log)}" for process in needs)
            raise LabError(f"no {what} within {seconds:.0f} s{logs}")
        time.sleep(pause)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that one process of this machine has at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _inside(namespace: str) -> list[str]:
    # The network alone: with the mounts, /sys/fs/cgroup would go too.
    return ["nsenter", f"--net=/run/netns/{namespace}", "--"] if namespace else []


def _open(record: Path) -> int | None:
    """Return a file descriptor of the recorded process, None when it is gone or its number was given anew."""
    try:
        written = record.read_text()
        fd = os.pidfd_open(int(written.split()[0]))
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return None
    try:
        now = Path("/proc", written.split()[0], "stat").read_text()
    except OSError:
        now = ""
    if not now or _started(now) != _started(written):
        os.close(fd)
        return None
    return fd


def _started(stat: str) -> str:
    """Return the start time of a line of /proc/PID/stat, whose second field may hold blanks and brackets."""
    return stat.rpartition(")")[2].split()[19]


def _ended(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
