"""Files that are no blueprints: bytes, pieces of YAML, and blueprints that were cut, turned over and written into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.valid import meshes
from tests.fuzz.written import written
from tests.nasty import NASTY, UNWRITABLE
from tests.samples import CHECKOUT

# What means something to a reader of YAML, and what some of them take for a line end or for nothing.
PIECES = [
    *("a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", " ", "{", "}", "[", "]", ", ", "'", '"', "#", " # ", "|", ">"),
    *("|2\n", ">-\n", "|+\n\n", "&x ", "*x", "!t ", "!!str ", "!<x> ", "? ", "--- ", "---\n", "...\n", "1", "1.5"),
    *("yes", "0x1", "<<: ", "\t", "\\", "%YAML 1.2\n", "%TAG ! x\n", "%", "@", "`", "\r\n", "\r", "null", "\x85"),
    *("\u2028", "\ufeff", "\xe9", "\0", "\x07", "\x1b[2J", "2026-11-23", "~", "\n- ", "\nb: ", "\n  a: ", '"\\', "''"),
    *('"\\x', '"\\ud800"', "{{ x }}", "${x}", "[" * 120, "- " * 120, "{a: " * 120, "x" * 600, "\U0001f600"),
    *("metadata:", "clusters:", "  - {name: a}", "apiVersion: mcgen/v1alpha1", "kind: Mesh", "\nistio: {version: "),
]
BYTES = [b"\xff", b"\xfe\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"\0"]
CORPUS = [
    path.read_bytes()
    for folder in ("blueprints", "tests/errors", "tests/corpus", "tests/rules")
    for path in sorted(Path(CHECKOUT, folder).rglob("*.yaml"))
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map(lambda parts: "".join(parts).encode())
INSERTS = st.one_of(
    st.sampled_from(PIECES).map(str.encode),
    st.sampled_from(NASTY).map(str.encode),
    st.sampled_from(UNWRITABLE).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(BYTES),
    st.binary(max_size=4),
)


def spoilt(content: bytes, changes: list[Any]) -> bytes:
    """Return a content that was written into, cut and repeated in a few places."""
    for kind, where, length, more in changes:
        at = where % (len(content) + 1)
        if kind == "insert":
            content = content[:at] + more + content[at:]
        elif kind == "cut":
            content = content[:at] + content[at + length :]
        elif kind == "end":
            content = content[:at]
        elif kind == "repeat":
            content = content[: at + length] + content[at:]
        else:
            content = content[:at] + more + content[at + length :]
    return content


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "insert", "replace", "cut", "end", "repeat"]),
        st.integers(0, 20_000),
        st.integers(1, 40),
        INSERTS,
    ),
    min_size=1,
    max_size=4,
)
LAID_OUT = meshes().map(lambda mesh: written(mesh[0], mesh[2]).encode())
SPOILT = st.builds(spoilt, st.one_of(st.sampled_from(CORPUS), st.sampled_from(CORPUS), LAID_OUT), CHANGES)
FILES = st.one_of(st.binary(max_size=80), TEXTS, SPOILT, SPOILT, SPOILT)
