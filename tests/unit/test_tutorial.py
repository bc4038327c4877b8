"""docs/tutorial.md tells the story of the sample: its picture and its blueprint; e2e_mesh compares its output."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.e2e_mesh.page import PAGE, as_on_the_page, block, names
from tests.samples import CHECKOUT

SAMPLE = CHECKOUT / "blueprints/gke-aks.yaml"


def part(name: str, language: str, text: str, page: str) -> str:
    """Return the page with a text in its part of a name."""
    pattern = re.compile(rf"(<!-- {name} -->\n```{language}\n).*?(```\n<!-- end -->)", re.DOTALL)
    assert pattern.search(page)
    return pattern.sub(lambda match: f"{match[1]}{text}{match[2]}", page)


def test_the_page_has_the_picture_and_the_blueprint_of_the_sample() -> None:
    command = [sys.executable, "-m", "mcgen", "graph", str(SAMPLE), "--inputs", f"{SAMPLE.with_suffix('')}.inputs"]
    picture = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    before, _, _ = SAMPLE.read_text().partition("policies:\n")
    page = part("picture", "mermaid", picture, PAGE.read_text())
    page = part("blueprint", "yaml", before, page)
    if os.environ.get("MCGEN_UPDATE"):
        PAGE.write_text(page)
    assert page == PAGE.read_text(), "run `make golden` and read the diff"


def test_with_the_policies_of_the_page_it_is_the_sample() -> None:
    before, policies, rest = SAMPLE.read_text().partition("policies:\n")
    assert before
    assert block("l4-policy")["text"] + block("l7-policy")["text"] == policies + rest


def test_what_stands_for_something_that_changes_stays_as_it_is() -> None:
    for name in names():
        assert as_on_the_page(block(name)["text"], {}) == block(name)["text"], name


def test_no_address_or_place_of_the_machine_gets_onto_the_page() -> None:
    said = "10.1.0.10:mesh 10.1.0.101 (/home/me/.tools/kubeconform) pod-7d9c5b8f64-x2k4p 3m7s"
    shown = "git.example.com:mesh 10.1.0.101 (/usr/local/bin/kubeconform) pod-7d9c5b8f64-x2k4p 1m\n"
    assert as_on_the_page(said, {"10.1.0.10": "git.example.com"}) == shown
