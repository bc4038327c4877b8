"""Programs on a real terminal: a pseudo terminal of a given width, whose keyboard a test has."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PLAIN = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"}
MCGEN = [sys.executable, "-m", "mcgen"]
_SECONDS = 60.0


def environment(**given: str) -> dict[str, str]:
    """Return this process's environment without what decides about colours and width."""
    kept = {key: value for key, value in os.environ.items() if key not in PLAIN}
    return {**kept, "TERM": "xterm-256color", **given}


def on_terminal(
    argv: Sequence[str],
    cwd: Path,
    *,
    columns: int = 80,
    keys: Sequence[tuple[str, bytes]] = (),
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a program with all three streams on a terminal; return its exit code and everything that was shown.

    keys: what is waited for on the screen, and what is typed then. The program is the terminal's foreground, so that
    Ctrl-C reaches it. Raises TimeoutError when what is waited for never comes, or the end.
    """
    screen, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def take() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    child = subprocess.Popen(
        argv, stdin=inside, stdout=inside, stderr=inside, cwd=cwd, env=env or environment(),
        start_new_session=True, preexec_fn=take,
    )  # fmt: skip
    os.close(inside)
    try:
        shown = _talk(screen, keys)
        code = child.wait(timeout=_SECONDS)
    finally:
        child.kill()
        child.wait()
        os.close(screen)
    return code, shown.replace("\r\n", "\n")


def _talk(screen: int, keys: Sequence[tuple[str, bytes]]) -> str:
    shown, seen, waiting, end = b"", 0, list(keys), time.monotonic() + _SECONDS
    while True:
        if waiting and waiting[0][0].encode() in shown[seen:]:
            seen = len(shown)
            # A person takes a moment; a signal between a question and the reading of its answer waits for the answer.
            time.sleep(0.5)
            os.write(screen, waiting.pop(0)[1])
        if not select.select([screen], [], [], max(0.0, end - time.monotonic()))[0]:
            raise TimeoutError(f"waits for {waiting[:1] or 'the end'}; shown: {shown[-300:]!r}")
        try:
            chunk = os.read(screen, 65536)
        except OSError:
            # What Linux says when the last program has gone.
            chunk = b""
        if not chunk:
            return shown.decode(errors="replace")
        shown += chunk
