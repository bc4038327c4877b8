"""docs/rules.md: one entry for each code, all of one form, and with examples that do what is said of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcgen.catalog import entries
from tests.judged import problems, read
from tests.unit.test_rules import codes_in_the_package

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
ENTRIES = entries()
EXAMPLES = re.compile(r"Wrong:\n\n```yaml\n(.+?)```\n\nRight:\n\n```yaml\n(.+?)```", re.DOTALL)
WITH_EXAMPLES = sorted(code for code, (_, text) in ENTRIES.items() if EXAMPLES.search(text))

# What the examples leave out, by key. Warnings about it would be noise: there are none.
REST = {
    "apiVersion": "mcgen/v1alpha1",
    "kind": "Mesh",
    "metadata": "{name: shop}",
    "gitops": '{repo: "https://git.example.com/platform/mesh.git"}',
    "istio": '{version: "1.31.1"}',
    "clusters": """
  - {name: east, platform: generic, role: primary, egress: [203.0.113.1/32]}
  - {name: west, platform: generic, role: remote, egress: [203.0.113.2/32]}""",
    "namespaces": "\n  - {name: cart, exported: true}",
}


def test_each_code_has_an_entry_and_each_entry_a_code() -> None:
    assert set(ENTRIES) == codes_in_the_package()


def test_entries_are_in_order_and_nothing_else_is_a_heading_of_their_rank() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [heading[:5] for heading in headings] == sorted(ENTRIES)
    assert all(len(line) <= 120 for line in PAGE.splitlines())


@pytest.mark.parametrize("code", sorted(ENTRIES))
def test_an_entry_has_its_parts(code: str) -> None:
    title, text = ENTRIES[code]
    assert re.fullmatch(r"[^.]+", title), "a title is no sentence"
    assert not re.match(r"Wrong|Right|Remedy|```", text), "what is wrong, and why it matters, comes first"
    examples, remedy = EXAMPLES.search(text), re.search(r"\n\nRemedy: \S", text)
    assert bool(examples) is not bool(remedy), "either examples of both, or a remedy"
    named = ("MC109", "MC234", "MC235", "MC236", "MC237", "MC246", "MC247", "MC248", "MC257")
    if code[2] in "123" and code not in named:
        assert examples


def blueprint(example: str) -> str:
    """Return a whole blueprint of which the example is a part; what is no mapping is a whole one."""
    given = re.findall(r"^(\w+):", example, re.MULTILINE)
    if not given:
        return example
    return example + "".join(f"{key}: {value}\n" for key, value in REST.items() if key not in given)


def codes(code: str, example: str) -> set[str]:
    text = example if code.startswith("MC0") else blueprint(example)
    found = read(text)
    return {problem.code for problem in (found.problems if code.startswith("MC0") else problems(found))}


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_examples(code: str) -> None:
    found = EXAMPLES.search(ENTRIES[code][1])
    assert found
    wrong, right = found.groups()
    assert codes(code, wrong) == {code}
    assert codes(code, right) == set()
