"""What docs/supported.md says is what tests prove: the page is made from their markers, and from nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import supported
from supported import Area, Proof
from tests import proofs
from tests.samples import CHECKOUT

RENDERED = "rendered by the real programs"
EXPOSURE = Area(title=proofs.EXPOSURE, about="", offered=("article", "hardened"))


def proof(value: str, area: str = proofs.EXPOSURE) -> Proof:
    return Proof(area, value, RENDERED, "tests/e2e/test_render.py", "test_x")


def test_the_page_is_what_the_tests_prove() -> None:
    argv = [sys.executable, "tools/supported.py", "--print"]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if os.environ.get("MCGEN_UPDATE"):
        supported.PAGE.write_text(done.stdout, encoding="utf-8")
    assert supported.PAGE.read_text(encoding="utf-8") == done.stdout, "run `make golden` and read the diff"


def test_every_test_of_the_page_is_there_and_has_a_target() -> None:
    text = supported.PAGE.read_text(encoding="utf-8")
    files = set(re.findall(r"`(tests/[^`]+)`", text))
    assert files
    assert all((CHECKOUT / file).exists() for file in files)
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([\w-]+)`", text)):
        assert f"\n{target}: " in makefile, target


def test_a_value_without_a_proof_has_no_row_and_is_listed() -> None:
    table, _, left = supported.page([proof("hardened")], [EXPOSURE]).partition("## Offered")
    assert "| `hardened` |" in table
    assert "article" not in table
    assert "- Exposure: `article`" in left


@pytest.mark.parametrize(("value", "area"), [("open", proofs.EXPOSURE), ("hardened", "Weather")])
def test_a_proof_of_nothing_is_seen(value: str, area: str) -> None:
    with pytest.raises(ValueError, match=r"open, which no blueprint can choose|no such table"):
        supported.page([proof(value, area)], [EXPOSURE])


def test_a_test_without_a_real_program_proves_nothing() -> None:
    with pytest.raises(ValueError, match="has no marker of lab, upgrade, e2e"):
        supported.proved((proofs.EXPOSURE, "article", ""), {"proves"}, "tests/unit/test_x.py", "test_x")


def test_a_sample_proves_what_its_blueprint_chooses() -> None:
    claims = {mark.args[:2] for mark in proofs.sample("three-clouds")}
    assert {
        (proofs.PLATFORM, "gke"),
        (proofs.PLATFORM, "eks"),
        (proofs.BALANCER, "internal"),
        (proofs.TOPOLOGY, "one primary, several remotes, each on its own network"),
        (proofs.SEALED_SECRETS, "managed"),
    } <= claims
    assert (proofs.SEALED_SECRETS, "existing") not in claims


def test_a_laboratory_proves_no_cloud() -> None:
    claims = {mark.args[:2] for mark in proofs.lab("gke-aks")}
    assert {area for area, _ in claims}.isdisjoint({proofs.PLATFORM, proofs.BALANCER})
    assert (proofs.ARGOCD, "3.5") in claims
