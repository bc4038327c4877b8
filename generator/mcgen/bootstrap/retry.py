"""Trying again what did not answer, until somebody interrupts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from mcgen import proc
from mcgen.bootstrap.kube import NoAnswer, Why

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

_PAUSE = 1.0


class Retry:
    """Calls an action again, with pauses that double, as long as it is not the caller's fault that it fails."""

    def __init__(self, retries: int, pause: float = _PAUSE) -> None:
        self._retries = retries
        self._pause = pause
        self._stopped = threading.Event()

    def __call__(self, action: Callable[[], Answer]) -> Answer:
        """Return what the action returns; raise what it raises at last."""
        for attempt in range(self._retries):
            try:
                return action()
            except (NoAnswer, proc.TimedOut) as error:
                if isinstance(error, NoAnswer) and error.why is not Why.UNREACHABLE:
                    raise
                if self._stopped.wait(self._pause * 2**attempt):
                    raise
        return action()

    @property
    def stopped(self) -> bool:
        """Return whether somebody interrupts, so that nothing more need be asked."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Let nobody try again, and end every program that runs."""
        self._stopped.set()
        proc.stop_all()
