"""Runs one trial: a clean ground, the story, the judgement, and a clean ground again."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.e2e_order.trials import faults, judge, kinds, picture, worlds
from tests.e2e_order.trials.running import Running
from tests.lab import addons
from tests.lab.plan import LabError
from tests.lab.recorder import standing

if TYPE_CHECKING:
    from tests.e2e_order.trials.draw import Trial
    from tests.e2e_order.trials.ground import Ground


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a trial went. seconds: with its judgement; cleaning: of what came after; wrong: a line each."""

    trial: Trial
    seconds: float
    cleaning: float
    events: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        verdict = "FAILED" if self.wrong else "passed"
        head = f"{verdict}  {self.trial}: {self.seconds:.0f} s, {self.events} events, {self.cleaning:.0f} s to clean"
        return "\n".join([head, *(f"    {line}" for line in self.wrong)])


def run(ground: Ground, trial: Trial) -> Result:
    """Run a trial and leave the ground clean; raise LabError when it cannot be cleaned."""
    print(f"{trial}", flush=True)
    start = time.monotonic()
    past = ground.recorder.events
    running = Running(
        ground=ground,
        trial=trial,
        team=ground.team(f"{trial.seed}-{start:.0f}", trial.mesh),
        random=trial.random,
        first=len(past),
        before=standing(past),
    )
    wrong = _story(running)
    running.note("judged")
    seconds = time.monotonic() - start
    events = running.events
    path = ground.lab.logs / f"trial-{trial.seed}.txt"
    path.write_text("".join(f"{line}\n" for line in (str(trial), *running.notes, *wrong, "", *map(str, events))))
    path.with_suffix(".mmd").write_text(picture.gantt(events, list(running.chains.values())))
    ground.clear()
    cleaning = time.monotonic() - start - seconds
    return Result(trial=trial, seconds=seconds, cleaning=cleaning, events=len(events), wrong=tuple(wrong))


def _story(running: Running) -> list[str]:
    """Let it happen, and return what is wrong about it."""
    with ExitStack() as stack:
        if running.trial.mesh in worlds.SEALING:
            # A second controller of sealed secrets, without the key, would write into the same statuses.
            stack.enter_context(addons.sealing_away(running.team.home))
        try:
            with faults.killing(running.team.home, running.trial.faults):
                kinds.RUN[running.trial.kind](running)
        except LabError as error:
            return [str(error), *judge.order(running)]
        return judge.verdict(running)
