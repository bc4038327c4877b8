"""The targets, each compared with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench import measure, page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bench.measure import Samples
    from tests.bench.results import Result

SIZES = (10, 100, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How many times the CPU time of one program that of another may be, or must be, over 1000 clusters."""

    program: str
    other: str
    most: float | None = None
    least: float | None = None

    @property
    def words(self) -> str:
        """Say what it is about."""
        return f"{self.program}, to {self.other}"

    @property
    def limit(self) -> str:
        """Say what is wanted."""
        return f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"

    def holds(self, ratio: float | None) -> bool | None:
        """Return whether a figure is as wanted, None where there is none."""
        if ratio is None:
            return None
        return (self.most is None or ratio <= self.most) and (self.least is None or ratio >= self.least)

    def measured(self, results: list[Result]) -> float | None:
        """Return the ratio within one measurement, None where both were not in the same."""
        for result in results:
            runs, others = result.samples.get(self.program), result.samples.get(self.other)
            if runs and others:
                return measure.ratio(runs[: len(others)], others[: len(runs)])
        return None


RATIOS = (
    Ratio(program=page.FIRST, other=page.JINJA2, most=1.5),
    Ratio(program=page.FIRST, other=page.COPY, most=10),
    Ratio(program=page.UNCHANGED, other=page.COPY, most=4),
    Ratio(program=page.CHANGED, other=page.UNCHANGED, most=1.2),
    Ratio(program=page.AS_MCGEN, other=page.PLAIN, most=1),
    Ratio(program="kapitan 0.36.3", other=page.FIRST, least=15),
    Ratio(program="helm 4.3.1, a process per cluster", other=page.FIRST, least=30),
    Ratio(program="cdk8s 2.70.106 (Node)", other=page.FIRST, least=2),
    Ratio(program="cdk8s 2.70.115 (Python)", other=page.FIRST, least=15),
    Ratio(program="go-jsonnet 0.22.0", other=page.FIRST, least=15),
)


def ratios(everything: Mapping[str, Mapping[int, list[Result]]]) -> Iterator[str]:
    """Yield a row for each ratio, with what it is over each size; what counts is 1000 clusters."""
    for target in RATIOS:
        found = {
            clusters: target.measured([*everything["own"].get(clusters, []), *everything["peers"].get(clusters, [])])
            for clusters in SIZES
        }
        cells = " | ".join("-" if ratio is None else f"{ratio:.2f}" for ratio in found.values())
        verdict = _verdict(target.holds(found[SIZES[-1]]))
        yield f"| {target.words} | {target.limit} | {cells} | {verdict} |"


def others(everything: Mapping[str, Mapping[int, list[Result]]]) -> Iterator[str]:
    """Yield a row for each other target that was measured."""
    own = {clusters: results[0].samples for clusters, results in everything["own"].items()}
    first = {clusters: measure.median(samples[page.FIRST]) for clusters, samples in own.items()}
    if 1000 in first:
        peak = first[1000].peak
        yield _row("peak memory of a first build, 1000 clusters", "200 MiB", f"{peak:.0f} MiB", holds=peak <= 200)
    if {100, 1000} <= first.keys():
        growth = first[1000].cpu / first[100].cpu
        yield _row("a first build of 1000 clusters, to one of 100", "10", f"{growth:.1f}", holds=growth <= 10)
    if 10 in first:
        yield _row("a first build of 10 clusters", "0.3 s", f"{first[10].cpu:.2f} s", holds=first[10].cpu <= 0.3)
    for result in everything["start"].get(0, []):
        start: dict[str, Samples] = dict(result.samples)
        ratio = measure.ratio(start[page.HELP], start[page.BARE])
        # 60 ms where a bare interpreter takes 11.
        yield _row("`mcgen --help`, to a bare interpreter", "5.5", f"{ratio:.1f}", holds=ratio <= 60 / 11)


def _row(words: str, limit: str, found: str, *, holds: bool) -> str:
    return f"| {words} | at most {limit} | {found} | {_verdict(holds)} |"


def _verdict(holds: bool | None) -> str:
    return "not measured" if holds is None else "met" if holds else "**not met**"


def section(everything: Mapping[str, Mapping[int, list[Result]]]) -> list[str]:
    """Return the section of the page."""
    sizes = " | ".join(f"{clusters} clusters" for clusters in SIZES)
    return [
        "## Targets",
        "",
        f"| CPU time | wanted over 1000 clusters | {sizes} | |",
        "|---|---|---|---|---|---|",
        *ratios(everything),
        "",
        "| | wanted | measured | |",
        "|---|---|---|---|",
        *others(everything),
        "",
    ]
