"""Running other programs: one to its end, or two with a pipe between them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import shlex
import signal
import subprocess
import sys
import termios
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import terminal
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MOST_WORDS = 2000
# A token (three parts in base64url, the first of which begins an object) and any long run of base64. The path of a URL
# may look like one.
_SECRET = re.compile(
    r"(?P<scheme>\b(?i:[a-z][a-z0-9+.-]{0,20})://)(?!git@)(?:[^\s/]{1,300}@|[^\s/:]{0,300}:\S{1,300}@)"
    r"|eyJ[\w.-]{10,}"
    r"|(?P<url>https?://(?![^\s/@]*@)[\w.\[\]:-]{1,300}(?:/(?![^/\s]*eyJ)[\w.~%-]{0,63}(?![\w.~%-]))*)"
    r"|[\w+/=-]{64,}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A program that has ended by itself: its exit code and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def words(self) -> str:
        """Return what it said on standard error, on one line, with everything that could be a secret taken out."""
        return words(self.stderr)


class TimedOut(ToolError):  # noqa: N818 - what happened, not what it is called
    """A program did not end in time, and was stopped."""


class EndedEarly(ToolError):  # noqa: N818 - what happened, not what it is called
    """A program that was to run beside this one ended before it said anything."""


class _Running:
    """The programs that run now, so that an interrupt ends all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()

    def start(self, argv: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
        """Start a program in a group of its own; raise ToolError when it cannot be."""
        try:
            with self._lock:
                process = subprocess.Popen(argv, start_new_session=True, **options)  # type: ignore[call-overload]
                self._processes.add(process)
        except FileNotFoundError as error:
            raise ToolError(f"'{argv[0]}' is not there: install it, or put its folder on PATH") from error
        except OSError as error:
            raise ToolError(f"'{argv[0]}' cannot be run: {error.strerror or error}") from error
        started: subprocess.Popen[bytes] = process
        return started

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a program that still runs with all that it started, and forget it."""
        _kill(process)
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        with self._lock:
            self._processes.discard(process)

    def end_all(self) -> None:
        """Kill every program; whoever waits for one sees it end."""
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            _kill(process)


_running = _Running()
stop_all = _running.end_all
"""End every program that runs now: for an interrupt, when several threads wait for some."""


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    cwd: Path | None = None,
    stdin: bytes = b"",
    pass_fds: Sequence[int] = (),
    env: dict[str, str] | None = None,
) -> Done:
    """Run a program to its end, whatever its exit code; ToolError when it cannot start or end in time."""
    pipe = subprocess.PIPE
    terminal.detail(f"runs {shlex.join(argv)}")
    process = _running.start(argv, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, pass_fds=pass_fds, env=env)
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise _timed_out(argv, timeout) from error
    finally:
        _running.end(process)
    return Done(code=process.returncode, stdout=stdout, stderr=stderr)


@contextlib.contextmanager
def beside(argv: Sequence[str], *, timeout: float, pass_fds: Sequence[int] = ()) -> Iterator[str]:
    """Run a program beside this one and yield the first line that it prints; it is ended afterwards.

    timeout: seconds until that line. Raises EndedEarly with its words when it ends before, ToolError as `run`.
    """
    pipe = subprocess.PIPE
    process = _running.start(argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, pass_fds=pass_fds)
    try:
        yield _first_line(process, argv, timeout)
    finally:
        _running.end(process)


def _first_line(process: subprocess.Popen[bytes], argv: Sequence[str], timeout: float) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    said, limit = b"", time.monotonic() + timeout
    while b"\n" not in said:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, limit - time.monotonic()))
        if not ready:
            raise _timed_out(argv, timeout)
        more = os.read(process.stdout.fileno(), 4096)
        if not more:
            raise EndedEarly(words(process.stderr.read()) or f"'{argv[0]}' ended at once")
        said += more
    return said.partition(b"\n")[0].decode(errors="replace")


def lines(argv: Sequence[str], *, pass_fds: Sequence[int] = ()) -> Iterator[bytes]:
    """Yield what a program prints, line by line, until it ends by itself or nobody wants more; then it is killed.

    Raises ToolError when it cannot start, or ends with an exit code other than 0 and has printed nothing.
    """
    pipe = subprocess.PIPE
    process = _running.start(argv, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, pass_fds=pass_fds)
    said: list[bytes] = []
    silent = True
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        reader = threading.Thread(target=lambda stream: said.append(stream.read()), args=(process.stderr,), daemon=True)
        reader.start()
        for line in process.stdout:
            silent = False
            yield line
        process.wait()
        reader.join()
    finally:
        _running.end(process)
    if process.returncode and silent:
        raise ToolError(words(b"".join(said)) or f"'{argv[0]}' failed")


def pipe(
    first: Sequence[str], second: Sequence[str], *, timeout: float, pass_fds: Sequence[int] = ()
) -> tuple[Done, Done]:
    """Run two programs, what the first writes going to the second and nowhere else; ToolError as `run`.

    The first one's standard output never passes through this process, and is empty in what comes back.
    """
    terminal.detail(f"runs {shlex.join(first)} | {shlex.join(second)}")
    with contextlib.ExitStack() as stack:
        reading, writing = (stack.enter_context(os.fdopen(end, mode, 0)) for end, mode in _ends())
        errors = subprocess.PIPE
        source = _running.start(first, stdin=subprocess.DEVNULL, stdout=writing, stderr=errors, pass_fds=pass_fds)
        stack.callback(_running.end, source)
        writing.close()
        sink = _running.start(second, stdin=reading, stdout=subprocess.PIPE, stderr=errors, pass_fds=pass_fds)
        stack.callback(_running.end, sink)
        # Only the second one holds the reading end, so that the first one ends when it does.
        reading.close()
        try:
            return _both(source, sink, timeout)
        except subprocess.TimeoutExpired as error:
            raise _timed_out(first if source.poll() is None else second, timeout) from error


def handed(
    first: Sequence[str], second: Sequence[str], *, timeout: float, pass_fds: Sequence[int] = ()
) -> tuple[Done, Done | None]:
    """Run a program to its end, and then another one that reads what it wrote; ToolError as `run`.

    In between, that waits in a pipe of the operating system (64 KiB at most), and never passes through this process.
    The second one is None when the first one failed or wrote nothing: it does not start then, since what it would be
    given is not whole. What it prints itself is thrown away.
    """
    terminal.detail(f"runs {shlex.join(first)}, and then {shlex.join(second)}")
    errors = subprocess.PIPE
    with contextlib.ExitStack() as stack:
        reading, writing = (stack.enter_context(os.fdopen(end, mode, 0)) for end, mode in _ends())
        source = _running.start(first, stdin=subprocess.DEVNULL, stdout=writing, stderr=errors, pass_fds=pass_fds)
        stack.callback(_running.end, source)
        writing.close()
        made = _ended(source, first, timeout)
        if made.code or not _holds_any(reading.fileno()):
            return made, None
        sink = _running.start(second, stdin=reading, stdout=subprocess.DEVNULL, stderr=errors)
        stack.callback(_running.end, sink)
        return made, _ended(sink, second, timeout)


def _ended(process: subprocess.Popen[bytes], argv: Sequence[str], timeout: float) -> Done:
    try:
        _, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise _timed_out(argv, timeout) from error
    return Done(code=process.returncode, stdout=b"", stderr=stderr)


def _holds_any(descriptor: int) -> bool:
    """Return whether anything waits in a pipe, without reading it."""
    return int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder) > 0


def _ends() -> tuple[tuple[int, str], tuple[int, str]]:
    reading, writing = os.pipe()
    return (reading, "rb"), (writing, "wb")


def _both(source: subprocess.Popen[bytes], sink: subprocess.Popen[bytes], timeout: float) -> tuple[Done, Done]:
    said: list[bytes] = []
    assert source.stderr is not None
    # Read beside the other two, so that neither program waits for a full pipe.
    reader = threading.Thread(target=lambda stream: said.append(stream.read()), args=(source.stderr,), daemon=True)
    reader.start()
    stdout, stderr = sink.communicate(timeout=timeout)
    source.wait(timeout)
    reader.join(timeout)
    return (
        Done(code=source.returncode, stdout=b"", stderr=b"".join(said)),
        Done(code=sink.returncode, stdout=stdout, stderr=stderr),
    )


def words(said: bytes) -> str:
    """Return what a program said, on one line, with everything that could be a secret taken out."""
    text = " ".join(_SECRET.sub(_hidden, said.decode(errors="replace")).split())
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}..."


def _hidden(match: re.Match[str]) -> str:
    if scheme := match["scheme"]:
        return f"{scheme}[hidden]@"
    return match["url"] or "[hidden]"


def _timed_out(argv: Sequence[str], timeout: float) -> TimedOut:
    return TimedOut(f"'{argv[0]}' did not end within {timeout:g} seconds and was stopped")


def _kill(process: subprocess.Popen[bytes]) -> None:
    # One that has been waited for has given its number back.
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
