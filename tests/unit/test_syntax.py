"""Whatever libyaml may say of a file, there are words for it, with a remedy."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml._yaml

from mcgen import source
from mcgen.syntax import explain

_SAYS = re.compile(rb"(?:did not find|found|could not find|block sequence|mapping (?:keys|values)) [ -~]+(?=\0)")
# Of the composer and of Cython, which are not used, and of errors that the parser cannot reach.
_NEVER = {
    "did not find expected <stream-start>",
    "found another document",
    "found duplicate anchor; first occurrence",
    "found for imported type",
    "found undefined alias",
}
# What libyaml was doing, where the message alone does not say it: (scanner.c and parser.c of 0.2.5).
_CONTEXTS = {
    "did not find URI escaped octet": "while parsing a tag",
    "did not find expected '!'": "while scanning a tag directive",
    "did not find expected digit or '.' character": "while scanning a %YAML directive",
    "did not find expected version number": "while scanning a %YAML directive",
    "did not find expected tag URI": "while parsing a tag",
    "did not find expected whitespace": "while scanning a %TAG directive",
    "did not find expected whitespace or line break": "while scanning a tag",
    "did not find the expected '>'": "while scanning a tag",
    "could not find expected directive name": "while scanning a directive",
    "found extremely long version number": "while scanning a %YAML directive",
    "found an incorrect leading UTF-8 octet": "while parsing a tag",
    "found an incorrect trailing UTF-8 octet": "while parsing a tag",
    "found unexpected non-alphabetical character": "while scanning a directive",
    "found unknown directive name": "while scanning a directive",
}


def messages() -> list[str]:
    """Return what the parser in PyYAML's binding can say, from its compiled text."""
    text = Path(yaml._yaml.__file__).read_bytes()
    return sorted({match.decode() for match in _SAYS.findall(text)} - _NEVER)


def test_the_messages_are_found() -> None:
    assert len(messages()) > 35
    assert set(_CONTEXTS) <= set(messages())


@pytest.mark.parametrize("problem", messages())
def test_every_message_has_words(problem: str) -> None:
    mark = SimpleNamespace(index=9, line=1, column=3)
    error: Any = SimpleNamespace(problem=problem, context=_CONTEXTS.get(problem), problem_mark=mark, context_mark=mark)
    said = explain(error, "kind:\n  a: b\n")
    assert said.advice
    assert problem not in said.message, "these are libyaml's words"
    assert 0 <= said.offset <= 13


def test_a_message_of_another_libyaml_keeps_its_words_and_gets_a_remedy() -> None:
    mark = SimpleNamespace(index=0, line=0, column=0)
    error: Any = SimpleNamespace(problem="found {x}", context="while y", problem_mark=mark, context_mark=None)
    said = explain(error, "a: b\n")
    assert said.message == "while y, found {x}"
    assert said.advice


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize(
    "text",
    [
        "a:\n  - {name: Qbatch, injection: false}\n  - {name: Qshop}\n",
        "a:\n  name: Qbatch\n  kind: QshopQ\n",
        "a: [Qone, two]\nb: [QthreeQ]\n",
    ],
)
def test_a_quote_that_is_closed_by_another_one_is_named(text: str, quote: str) -> None:
    text = text.replace("Q", quote)
    problem = source.parse(text.encode(), "b.yaml").problems[0]
    first = text.index(quote)
    assert problem.message.startswith("the quote that opens here ends at line ")
    assert (problem.pos.line, problem.pos.col) == (text[:first].count("\n") + 1, first - text.rfind("\n", 0, first))
    assert quote in problem.advice


def test_a_text_of_two_lines_is_not_blamed_for_a_brace() -> None:
    found = source.parse(b'a: {name: "one\n  two", other: [x}\n', "b.yaml")
    assert "quote" not in found.problems[0].message
