"""The page: ratios within a measurement, runs that were made once, and targets that name what is measured."""

from __future__ import annotations

from tests.bench import page, targets
from tests.bench.measure import Sample
from tests.bench.peers import table
from tests.bench.results import Result

MACHINE = ["a machine"]
COUNTS = {"files": 1700, "documents": 1800, "bytes": 2_000_000}
PEER = table.PEERS[0].name


def runs(*cpu: float) -> list[Sample]:
    return [Sample(each, each, 100.0) for each in cpu]


def own(clusters: int, factor: float) -> Result:
    names = [page.JINJA2, page.FIRST, page.COPY, page.UNCHANGED, page.CHANGED, page.PLAIN]
    samples = {name: runs(factor, 2 * factor, 3 * factor) for name in names}
    return Result(
        clusters=clusters, machine=MACHINE, counts=COUNTS, samples={**samples, page.AS_MCGEN: runs(2 * factor)}
    )


def everything() -> dict[str, dict[int, list[Result]]]:
    peers = {page.JINJA2: runs(1, 1, 1), page.FIRST: runs(2, 2, 2), PEER: runs(3)}
    start = {page.HELP: runs(6), page.BARE: runs(1)}
    return {
        "own": {10: [own(10, 0.1)], 100: [own(100, 1)], 1000: [own(1000, 11)]},
        "peers": {1000: [Result(clusters=1000, machine=MACHINE, counts=COUNTS, samples=peers)]},
        "start": {0: [Result(clusters=0, machine=MACHINE, counts={}, samples=start)]},
    }


def test_a_page() -> None:
    text = page.text(everything())
    assert "## 1000 clusters: 1,700 files, 1,800 documents, 2.0 MB" in text
    assert f"| {page.AS_MCGEN} | 2.000 | 2.000 | 100 | 2.00 | 2.00 | 1 run |" in text
    assert f"| {PEER} | 3.000 | 3.000 | 100 | 3.00 | 1.50 | 1 run |" in text
    assert f"| {page.FIRST} | 20.00 | 22.22 |" in text
    assert f"| {page.UNCHANGED}, to {page.COPY} | at most 4 | 1.00 | 1.00 | 1.00 | met |" in text
    assert f"| {page.AS_MCGEN}, to {page.PLAIN} | at most 1 | 2.00 | 2.00 | 2.00 | **not met** |" in text
    assert f"| {PEER}, to {page.FIRST} | at least 2 | - | - | 1.50 | **not met** |" in text
    assert f"| {targets.RATIOS[6].words} | at least 30 | - | - | - | not measured |" in text
    assert "| a first build of 1000 clusters, to one of 100 | at most 10 | 11.0 | **not met** |" in text
    assert "| `mcgen --help`, to a bare interpreter | at most 5.5 | 6.0 | **not met** |" in text


def test_targets_are_about_what_is_measured() -> None:
    known = {page.FIRST, page.UNCHANGED, page.CHANGED, page.JINJA2, page.COPY, page.AS_MCGEN, page.PLAIN}
    known |= {peer.name for peer in table.PEERS}
    assert {name for target in targets.RATIOS for name in (target.program, target.other)} <= known
