"""The reader for what Go programs write, against kubectl, which reads as Argo CD and the API server do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import go_yaml
from tests.programs import program, run

pytestmark = pytest.mark.e2e

SCALARS = (  # noqa: SIM905
    "1e+06 y Yes yEs NO n on oFF true tRue FALSE ~ null Null 010 08 0o10 0x1F 0b11 -0x1f +1 -7 0 -0 1_000 1_0.5 .5 1. "
    "1.5e3 -1.5E-3 1:30 1:30:15 2024-01-01 = << default:1e3 1e3x 12e4567 .e1 + . 0_ _1 1__0 0x 9223372036854775807"
).split()
HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x}\n"


def both(scalars: list[str]) -> tuple[Any, Any]:
    text = (HEAD + "spec:\n" + "".join(f"  k{number}: {scalar}\n" for number, scalar in enumerate(scalars))).encode()
    argv = [program("kubectl"), "annotate", "--local", "-f", "-", "a=b", "-o", "json"]
    (found,) = go_yaml.documents(text)
    return json.loads(run(argv, stdin=text))["spec"], found["spec"]


def test_every_form_of_a_scalar_is_read_alike() -> None:
    theirs, ours = both(SCALARS)
    assert ours == theirs
    assert all(isinstance(ours[name], bool) is isinstance(value, bool) for name, value in theirs.items())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(alphabet="0123456789+-._:eExXobyYnNTr=~", min_size=1, max_size=8), min_size=30, max_size=60))
def test_scalars_of_digits_and_signs_are_read_alike(scalars: list[str]) -> None:
    # What is no plain scalar at all is not the question here.
    plain = [text for text in scalars if not text.startswith(("-", ":")) and not text.endswith(":")]
    theirs, ours = both(plain)
    assert ours == theirs


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="a key is not text"):
        go_yaml.documents(b"a: {1: 2}\n")
