"""Make docs/supported.md from the tests that prove its rows: those with the marker `proves`.

`python tools/supported.py` writes it, with `--print` to standard output; tests/docs/test_supported.py says when it is
not what the tests give. Nothing runs: the tests are only collected.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs/supported.md"
# Job and bootstrap are two folders of tests and one target.
_TARGETS = {"e2e_job": "e2e-bootstrap"}
_HOW = {
    "lab": "installed on real clusters",
    "upgrade": "rendered with the istioctl of both minors",
    "e2e": "rendered by the real programs",
}
_MADE = "<!-- Made by tools/supported.py from the tests. Do not edit: `make golden` makes it again. -->"
_ABOUT = (
    "Each row stands here because tests prove it: they render a tree with the real kustomize and istioctl, or install "
    "it on real clusters of one machine (`make lab`). The last column says which tests, and what runs them. No cloud "
    "is among the clusters: of a platform the rows say that its manifests come out as they have to, not that they "
    "were applied there."
)
_LEFT = "Blueprints may choose this too, and no test that renders it says so:"
_NOTHING_LEFT = "Nothing: whatever a blueprint can choose of the above has its row."


class Proof(NamedTuple):
    """One test and what it proves. how: what is done."""

    area: str
    value: str
    how: str
    file: str
    test: str


@dataclass(frozen=True, kw_only=True)
class Area:
    """A table of the page. offered: what a blueprint can choose; none where that is no list."""

    title: str
    about: str
    offered: tuple[str, ...] = ()


class _Collector:
    """A plugin of pytest that remembers what the collected tests prove."""

    def __init__(self) -> None:
        self.proofs: set[Proof] = set()

    def pytest_collection_finish(self, session: Any) -> None:
        for item in session.items:
            marks = {mark.name for mark in item.iter_markers()}
            file = item.path.relative_to(CHECKOUT).as_posix()
            for mark in item.iter_markers("proves"):
                self.proofs.add(proved(mark.args, marks, file, item.originalname))


def proved(claim: tuple[str, str, str], marks: set[str], file: str, test: str) -> Proof:
    """Return one proof; raise ValueError for a test that runs no real program."""
    area, value, how = claim
    kind = next((kind for kind in _HOW if kind in marks), None)
    if kind is None:
        raise ValueError(f"{file}: {test} proves {area} {value!r}, and has no marker of {', '.join(_HOW)}")
    return Proof(area, value, how or _HOW[kind], file, test)


def collect() -> set[Proof]:
    """Return what the tests prove; raise RuntimeError when pytest cannot collect them."""
    import pytest

    files = [
        str(path)
        for path in sorted((CHECKOUT / "tests").rglob("test_*.py"))
        if "proofs" in path.read_text(encoding="utf-8")
    ]
    collector, said = _Collector(), io.StringIO()
    with redirect_stdout(said):
        code = pytest.main(
            ["--collect-only", "-m", "", "-p", "no:cacheprovider", f"--rootdir={CHECKOUT}", *files], plugins=[collector]
        )
    if code != 0:
        raise RuntimeError(f"pytest ended with {code}:\n{said.getvalue()}")
    return collector.proofs


def areas() -> tuple[Area, ...]:
    """Return the tables in the order of the page."""
    from tests import proofs

    from mcgen import shape
    from mcgen.manifests import setup
    from mcgen.minors import MINORS

    defined = shape.blueprint_schema()["$defs"]

    def choices(section: str, field: str) -> tuple[str, ...]:
        found = defined[section]["properties"][field]
        return tuple(found["enum"])

    return (
        Area(title=proofs.TOPOLOGY, about="How clusters are tied together."),
        Area(
            title=proofs.PLATFORM, about="`clusters[].platform`: whose load balancer.",
            offered=choices("Cluster", "platform"),
        ),
        Area(
            title=proofs.BALANCER, about="`clusters[].gateway.scheme`.",
            offered=choices("Gateway", "scheme"),
        ),
        Area(title=proofs.DELIVERY, about="`istio.delivery`: who runs istioctl.", offered=choices("Istio", "delivery")),
        Area(title=proofs.ISTIO, about="Minors of `istio.version`.", offered=tuple(MINORS)),
        Area(title=proofs.ARGOCD, about="Minors of `gitops.argocd.version`.", offered=tuple(setup.SUPPORTED)),
        Area(title=proofs.KUBERNETES, about="Minors of the clusters; which ones a minor of Istio takes, "
             "[doctor](doctor.md) compares."),
        Area(
            title=proofs.EXPOSURE,
            about="`exposure.profile`: [what is admitted](security.md#what-is-admitted-to-what).",
            offered=choices("Exposure", "profile"),
        ),
        Area(
            title=proofs.SECRETS,
            about="`secrets.backend`: sealed in Git, or with a provider ([External Secrets](external-secrets.md)).",
            offered=choices("Secrets", "backend"),
        ),
        Area(
            title=proofs.SEALED_SECRETS, about="`addons.sealedSecrets`: who installs the controller.",
            offered=choices("SealedSecrets", "install"),
        ),
    )  # fmt: skip


def page(proofs: Iterable[Proof], tables: Iterable[Area]) -> str:
    """Return the page; raise ValueError for a proof of what has no table, or of what no blueprint can choose."""
    found: dict[str, dict[str, list[Proof]]] = defaultdict(lambda: defaultdict(list))
    for proof in proofs:
        found[proof.area][proof.value].append(proof)
    tables = tuple(tables)
    strange = found.keys() - {table.title for table in tables}
    if strange:
        raise ValueError(f"proofs of {', '.join(sorted(strange))}: there is no such table")
    for table in tables:
        if table.offered and (wrong := found[table.title].keys() - {*table.offered}):
            raise ValueError(f"{table.title}: a test proves {', '.join(sorted(wrong))}, which no blueprint can choose")
    lines = [_MADE, "# What is supported", "", _ABOUT, ""]
    for table in tables:
        lines += [f"## {table.title}", "", table.about, "", "| | what is done | by |", "|---|---|---|"]
        lines += [line for value in _ordered(found[table.title]) for line in _rows(value, found[table.title][value])]
        lines.append("")
    left = [
        f"- {table.title}: `{value}`" for table in tables for value in table.offered if value not in found[table.title]
    ]
    lines += ["## Offered, and not proved", "", *([_LEFT, "", *left] if left else [_NOTHING_LEFT]), ""]
    return "\n".join(lines)


def _ordered(values: Iterable[str]) -> list[str]:
    """Return values in the order of people: 1.9 before 1.10, the rest by its letters."""
    return sorted(values, key=lambda value: [part.zfill(4) if part.isdigit() else part for part in value.split(".")])


def _rows(value: str, proofs: list[Proof]) -> Iterator[str]:
    """Yield the rows of one value: one for each thing that is done."""
    shown = f"`{value}`" if " " not in value else value
    strongest = {how: i for i, how in enumerate(_HOW.values())}
    for how in sorted({proof.how for proof in proofs}, key=lambda how: (strongest.get(how, len(strongest)), how)):
        files: dict[str, set[str]] = defaultdict(set)
        for proof in proofs:
            if proof.how == how:
                files[proof.file].add(proof.test)
        by = "; ".join(
            f"`{file}` ({len(tests)} test{'s' if len(tests) > 1 else ''}, `make {target(file)}`)"
            for file, tests in sorted(files.items())
        )
        yield f"| {shown} | {how} | {by} |"


def target(file: str) -> str:
    """Return the target of the Makefile that runs a file of tests."""
    folder = file.split("/")[1]
    return _TARGETS.get(folder, folder.replace("_", "-"))


def main() -> int:
    """Write or print the page, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--print", action="store_true", help="to standard output instead of docs/supported.md")
    arguments = parser.parse_args()
    # The tests are a package of the checkout, which is not installed.
    sys.path.insert(0, str(CHECKOUT))
    text = page(collect(), areas())
    if arguments.print:
        print(text, end="")
    else:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
