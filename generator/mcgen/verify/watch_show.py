"""Says what the watching sees: the line of events as it grows, and what came before its turn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mcgen.report import printable
from mcgen.verify.watch import EXISTS, Event
from mcgen.verify.watch_order import Order, Violation, around, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcgen.verify.watch_live import Trouble, Watching
    from mcgen.verify.watch_order import Chain

_TICK = 0.5


class Line:
    """The line of events of a mesh, and what of it broke the order. say: prints a line, as soon as it is known."""

    def __init__(self, chains: Sequence[Chain], say: Callable[[str], None]) -> None:
        self.orders = [Order(chain) for chain in chains]
        self.events: list[Event] = []
        self.violations: list[Violation] = []
        self.troubles: list[Trouble] = []
        self._out = say

    def _say(self, text: str) -> None:
        # A cluster's own words must not steer the terminal.
        self._out(printable(text))

    def begin(self, found: Sequence[Event | Trouble]) -> None:
        """Take what was there already: all of it counts before any of it is judged."""
        for each in found:
            if isinstance(each, Event):
                for order in self.orders:
                    order.note(each)
        for each in found:
            self.add(each)

    def add(self, each: Event | Trouble) -> None:
        """Take what happened, say it if it is the mesh's, and judge it."""
        if not isinstance(each, Event):
            self.troubles.append(each)
            self._say(f"unknown: {each}")
            return
        self.events.append(each)
        if any(self._concerns(order, each) for order in self.orders):
            self._say(str(each))
        for order in self.orders:
            order.note(each)
            for effect in order.too_early(each):
                index = len(self.events) - 1
                violation = Violation(event=each, stage=order.chain.stage_of(each), before=effect, index=index)
                self.violations.append(violation)
                self._say(f"VIOLATION: {violation}")

    @property
    def left(self) -> list[str]:
        """What has not been seen yet of the chains' ends."""
        return [line for order in self.orders for line in missing(self.events, order.chain)]

    def verdict(self) -> list[str]:
        """Return what to say at the end: the first violation with what happened around it, or that there was none."""
        if self.violations:
            first = self.violations[0]
            return [f"{len(self.violations)} violations of the order, the first:", *around(self.events, first)]
        kept = f"the order was kept: {len(self.events)} events, nothing before its turn"
        if self.troubles:
            kept += "; but not all of it could be watched"
        return [kept, *(f"not seen yet: {line}" for line in self.left)]

    def _concerns(self, order: Order, event: Event) -> bool:
        effects = (effect for effects in order.chain.stages.values() for effect in effects)
        return (event.what == EXISTS and bool(order.chain.stage_of(event))) or any(each.of(event) for each in effects)


def follow(watching: Watching, line: Line, *, seconds: float) -> None:
    """Let the line grow until every chain is at its end, or so many seconds are over; 0: until somebody interrupts."""
    line.begin(list(watching.initial()))
    end = time.monotonic() + seconds
    while line.left and (not seconds or time.monotonic() < end):
        if each := watching.next(_TICK):
            line.add(each)
