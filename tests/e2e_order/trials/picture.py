"""A picture of what was recorded: when each stage appeared, and from when on it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.verify.watch import DELETED, EXISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.verify.watch import Event
    from mcgen.verify.watch_order import Chain

HEAD = ["gantt", "  dateFormat X", "  axisFormat %M:%S"]


def gantt(events: Sequence[Event], chains: Sequence[Chain]) -> str:
    """Return a Mermaid chart: a bar per stage, from its first object until all that it brings about is there."""
    start = min((event.at for event in events), default=0)
    lines = list(HEAD)
    for chain in chains:
        lines += [f"  section {chain.cluster}", *_bars(events, chain, start)]
    return "".join(f"{line}\n" for line in lines)


def _bars(events: Sequence[Event], chain: Chain, start: float) -> Iterator[str]:
    for stage, effects in chain.stages.items():
        mine = [event for event in events if event.what == EXISTS and chain.stage_of(event) == stage]
        gates = {event.name for event in mine if event.kind == "Job"}
        objects = [event.at for event in mine if event.name not in gates]
        for gate in gates:
            there = [event.at for event in events if event.name == gate and event.what in (EXISTS, DELETED)]
            yield _bar(f"gate of {stage}", min(there) - start, max(there) - start, kind="crit")
        if objects:
            works = [event.at for effect in effects for event in events if effect.of(event)]
            yield _bar(stage, min(objects) - start, max([*works, *objects]) - start)


def _bar(what: str, first: float, last: float, *, kind: str = "") -> str:
    how = f"{kind}, " if kind else ""
    return f"  {what} :{how}{first:.0f}, {max(last, first + 1):.0f}"
