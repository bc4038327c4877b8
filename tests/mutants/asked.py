"""Which tests reach a line, and how long each takes: what coverage and `reach` noted of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from coverage import CoverageData

from tests.mutants.reach import DURATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mutants.places import Mutant

_SECONDS = 20.0
_MOST = 120.0
_ALIKE = 4


class Asked:
    """The tests of one measured run of a checkout."""

    def __init__(self, root: Path, noted: Path) -> None:
        """Read what was noted. root: the checkout that was measured."""
        self._root, self._data = root, CoverageData(str(noted / "data"))
        self._data.read()
        self._took: Counter[str] = Counter()
        for file in noted.glob(f"{DURATIONS}.*"):
            for line in file.read_text(encoding="utf-8").splitlines():
                seconds, _, test = line.partition("\t")
                self._took[test] += float(seconds)  # type: ignore[assignment]
        self._by_line: dict[str, dict[int, list[str]]] = {}

    def most_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach the statement of a mutant, or its file: the quickest, two minutes of them."""
        by_line = self._lines(mutant.file)
        found = self._those(by_line, mutant.lines or tuple(by_line))
        if not found and not mutant.lines:
            # Of a module without functions, such as a table, those that reach the modules beside it.
            for path in (self._root / mutant.file).parent.glob("*.py"):
                near = self._lines(str(path.relative_to(self._root)))
                found |= self._those(near, tuple(near))
        ordered = sorted(found, key=lambda test: (self._took[test], test))
        total = accumulate(self._took[test] for test in ordered)
        return [test for test, seconds in zip(ordered, total, strict=True) if seconds < _MOST or test == ordered[0]]

    def _lines(self, file: str) -> dict[int, list[str]]:
        if file not in self._by_line:
            self._by_line[file] = self._data.contexts_by_lineno(str(self._root / file))
        return self._by_line[file]

    def _those(self, by_line: dict[int, list[str]], lines: tuple[int, ...]) -> set[str]:
        # What has no time was stopped in the middle.
        return {test for line in lines for test in by_line.get(line, []) if test in self._took}

    def some_of(self, tests: list[str]) -> list[str]:
        """Return the quickest of some tests, few of each function, some seconds of them in all."""
        chosen: list[str] = []
        seconds = 0.0
        alike: dict[str, int] = defaultdict(int)
        for test in tests:
            alike[name := test.partition("[")[0]] += 1
            seconds += self._took[test]
            if alike[name] <= _ALIKE and (seconds < _SECONDS or not chosen):
                chosen.append(test)
        return chosen

    def seconds(self, tests: list[str]) -> float:
        """Return how long some tests took."""
        return sum(self._took[test] for test in tests)
