"""Calls that go on while the mesh is changed, by a client in each cluster, and how many failed in which part."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.lab.calls import BOTH, DEMO, ask
from tests.lab.plan import LabError

if TYPE_CHECKING:
    from types import TracebackType

    from tests.lab.lab import Lab

# Short rounds: one whose client is itself replaced meanwhile is not counted.
COUNT = 8
PAUSE = 0.5
# In these parts the pods that call and answer are themselves replaced.
RESTARTED = ": everything is restarted"


class Calling:
    """Calls while it is entered. part: what is done to the mesh meanwhile; answers: by part, of all clusters.

    uncounted: rounds whose client went meanwhile, because it was restarted itself, or was not reached.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.part = ""
        self.answers: dict[str, Counter[str]] = defaultdict(Counter)
        self.uncounted = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._call, args=(name,), daemon=True) for name in lab.clusters]

    def __enter__(self) -> Calling:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def table(self) -> str:
        """Return a line per part: how many calls, and what those were given that failed."""
        rows = []
        for part, answers in self.answers.items():
            wrong = ", ".join(f"{n} x {what}" for what, n in sorted(answers.items()) if what not in BOTH)
            rows.append(f"{part:<44}{answers.total():>6} calls, {failures(answers)} failed {wrong}".rstrip())
        return "\n".join([*rows, f"{self.uncounted} rounds not counted: their client was replaced, or not reached"])

    def _call(self, cluster: str) -> None:
        while not self._over.wait(PAUSE):
            begun = self.part
            answers = self._round(cluster)
            # A round in which restarts began is one of theirs.
            part = next((each for each in (begun, self.part) if each.endswith(RESTARTED)), begun)
            with self._lock:
                self.uncounted += answers is None
                self.answers[part] += answers or Counter()

    def _round(self, cluster: str) -> Counter[str] | None:
        """Return what a round was answered, None when its client went meanwhile."""
        try:
            (client, *_) = self._clients(cluster) or ("",)
            answers = ask(self.lab, cluster, client=f"pod/{client}", count=COUNT)
            return answers if client in self._clients(cluster) else None
        except LabError:
            return None

    def _clients(self, cluster: str) -> tuple[str, ...]:
        return self.lab[cluster].pods(DEMO, "app=sleep")


def failures(answers: Counter[str]) -> int:
    """Return how many calls were not answered by a version."""
    return sum(n for what, n in answers.items() if what not in BOTH)
