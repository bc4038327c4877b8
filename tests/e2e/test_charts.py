"""Delivery `helm` beside `plugin`: what the real helm makes of the charts differs in what the page lists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mcgen.cli import run
from mcgen.validators import kubeconform
from tests import proofs
from tests.e2e.rendered import Rendered, applications, key
from tests.e2e.test_manifests import built
from tests.programs import CHECKOUT, program
from tests.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e
PAGE = CHECKOUT / "docs/delivery.md"
ROW = re.compile(r"\| (?P<kinds>[^|]+) \| (?P<fields>`[^|]+`) \| (?P<words>[^|]+) \|")
OBJECT = "the object"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A row of the page. kinds: empty for all; fields: with what is below them, `*` for any one part."""

    kinds: frozenset[str]
    fields: tuple[str, ...]

    def covers(self, kind: str, where: str) -> bool:
        if self.kinds and kind not in self.kinds:
            return False
        return any(re.match(rf"{re.escape(field)}(?![A-Za-z0-9])", where) for field in self.fields)


def listed() -> list[Difference]:
    """Return the rows of the page's table."""
    text = PAGE.read_text(encoding="utf-8").partition("## What differs with the charts")[2].partition("\n## ")[0]
    found = [match for line in text.splitlines() if (match := ROW.fullmatch(line))]
    return [
        Difference(
            kinds=frozenset(() if row["kinds"] == "all of a gateway" else row["kinds"].split(", ")),
            fields=tuple(re.findall("`([^`]+)`", row["fields"])),
        )
        for row in found
    ]


def leaves(old: Any, new: Any, where: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() | new.keys():
            yield from leaves(old.get(name), new.get(name), f"{where}.{name}" if where else name)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from leaves(one, other, f"{where}[{number}]")
    elif old != new and (old or new or where.startswith("spec")):
        yield where


def differences(plugin: Rendered, charted: Rendered) -> Iterator[tuple[str, str, str]]:
    """Yield stage, kind and field of each difference."""
    stage = plugin.application["metadata"]["labels"]["mcgen/stage"]
    old, new = ({key(thing): thing for thing in one.objects} for one in (plugin, charted))
    for what in old.keys() | new.keys():
        if what in old and what in new:
            yield from ((stage, what[1], where) for where in leaves(old[what], new[what]))
        else:
            yield stage, what[1], OBJECT


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{CHECKOUT / '.tools'}:/usr/local/go/bin:/usr/bin:/bin")
    monkeypatch.chdir(CHECKOUT)


@proofs.proves(proofs.DELIVERY, "helm")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.tree)
def test_the_objects_differ_in_what_the_page_lists(sample: Any, tmp_path: Path) -> None:
    trees = [applications(built(tmp_path / how, sample.blueprint, sample.inputs, how)) for how in ("plugin", "helm")]
    rows, found = listed(), set()
    for plugin, charted in zip(*trees, strict=True):
        assert plugin.application["metadata"]["name"] == charted.application["metadata"]["name"]
        if "chart" in charted.application["spec"]["source"]:
            found |= set(differences(plugin, charted))
        else:
            assert plugin.objects == charted.objects
    assert {one for one in found if not any(row.covers(*one[1:]) for row in rows)} == set()
    stages = {stage for stage, kind, where in found if (kind, where.partition(".")[0]) != ("ConfigMap", "data")}
    assert stages <= {"east-west-gateway", "ingress-gateway"}, "istiod and the CRDs are the same"
    if sample.tree == "gke-aks-sealed":
        unused = [row for row in rows if not any(row.covers(*one[1:]) for one in found)]
        assert unused == [], "the page lists what does not differ"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.tree)
def test_kubeconform_accepts_what_the_charts_make(sample: Any, tmp_path: Path) -> None:
    tree = built(tmp_path / "tree", sample.blueprint, sample.inputs, "helm")
    assert run(["validate", str(tree), "--validator", "both"]) == 0
    # As Argo CD reads them: the chart `gateway` writes two labels of its NetworkPolicy twice, and the last counts.
    texts = [(f"{one.folder}.yaml", yaml.safe_dump_all(one.objects).encode()) for one in applications(tree)]
    assert kubeconform.check(texts, program("kubeconform")) == []
