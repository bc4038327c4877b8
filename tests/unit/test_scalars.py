from __future__ import annotations

from typing import Any

import pytest

from mcgen.scalars import resolve
from mcgen.source import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, None) for text in ("", "~", "null")],
        *[("true", True), ("false", False)],
        *[("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("9223372036854775807", 2**63 - 1)],
        *[("1.0", 1.0), ("1.20", 1.2), ("-0.5", -0.5)],
        *[(text, text) for text in ("1.31.1", "10.0.0.0/8", "2026-11-23", "2026-11-23T10:00:00Z", "v1", "100m", "1e")],
        *[(text, text) for text in ("yess", "nope", "nulls", ".", "-", "--1", "1-1", "a1", "_1", "0xg", "1:60")],
    ],
)
def test_plain_scalars_on_which_readers_agree(text: str, value: Any) -> None:
    assert resolve(text) == (value, "")
    assert type(resolve(text).value) is type(value)
    if text != "-":
        assert parse(f"a: {text}\n".encode(), "f").data == {"a": value}


AMBIGUOUS = """
y Y yes Yes YES n N no No NO on On ON off Off OFF True TRUE tRUE False FALSE Null NULL = << 00 01 08 0777 -0777 0o7 0O7
0b1 0B1 0x1F 0X1f -0x1 +1 +0 1_000 1__0 1_ 1:20 1:20:30 190:20:30.15 1. .5 -.5 +1.5 1e3 1E3 1.5e3 1.5e+3 1.e3 .5e1 0e123
.inf -.inf +.INF .Inf .nan .NaN 9223372036854775808 -9223372036854775809 1_0.5 100000000000000000000.5 01.5
"""


@pytest.mark.parametrize("text", AMBIGUOUS.split())
def test_plain_scalars_on_which_readers_disagree(text: str) -> None:
    assert f'"{text}"' in resolve(text).fix
    assert [problem.code for problem in parse(f"a: {text}\n".encode(), "f").problems] == ["MC015"]
    assert parse(f'a: "{text}"\n'.encode(), "f").data == {"a": text}
