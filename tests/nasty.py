"""Strings that YAML readers and writers get wrong, and values that are refused."""

from __future__ import annotations

from itertools import product

_WORDS = "y yes on true n no off false null nil none nan inf infinity ~ = << void undefined"
_NUMBERS = """
0 -0 +0 1 -1 +1 00 01 007 08 09 0777 0o7 0o8 0O7 -0o7 0b1 0B11 0b2 0x1F 0X1f 0xg -0x1 +0x1 1_000 _1 1_ 1__0 0_1 0x_1
9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551616 123456789012345678901234567890
1. 1.0 1.20 .5 -.5 +.5 0.5 00.5 1.5.2 1.31.1 v1.31.1 1-31-1 1,000 1.000,5 1e3 1E3 1e+3 1e-3 -1e3 1.e3 1.5e300
1e400 0e123 0e12345 12e4567 1e 1e+ e1 .e1 0x1p3 1f 1d 1L 8b52 deadbeef 0123abc 12ab 1Gi 100m 5s 1h30m 50% #1
.inf -.inf +.Inf .INF
.nan .NaN .NAN inf -inf NaN 1:20 12:34:56 190:20:30.15 1:60 -1:20 22:22 12:e3 0:0 a0:b1 00:1B:44:11:3A:B7 ::1 fe80::1
2001:db8::/32 10.0.0.1 10.0.0.0/8 0.0.0.0/0 127.1 2026-11-23 2026-1-1 2026-11-23T10:00:00Z 2001-12-14t21:59:43.10-05:00
10:20 1/2 1+1 1-1 1..2 ... .. . ../../base ./x ../ / // /* */ - -- --- + ++ -x --x +x _ __
"""
_DATES = ("2026-11-23 10:00:00", "2001-12-14 21:59:43.10 -5", "2024-1-1 1:1:1", "1 2", "1 :2", "12:30 ", "-1 ")
_MARKS = "!@#$%^&*()-=+[]{}|\\:;'\"<>,.?/`~ \t"
_AROUND = ("{0}", "{0}x", "{0} x", "x{0}", "x {0}", "x{0} y", "x {0}y", "x {0} y", "{0}{0}", "{0}:", "{0}\nx")
_CONTROLS = [*map(chr, range(1, 32))]
_UNICODE = [
    *"\xa0\xad\xe9\u0301\u0600\u0e33\u1680\u180e\u2000\u200b\u200d\u200e\u2028\u2029\u202a\u202e\u2060\u2066\u3000",
    *"\ud7ff\ue000\uf8ff\ufdd0\ufeff\ufffd\U00010000\U0001f600\U0001f1e9\U000e0001\U000f0000\U0010ffff",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u4e2d\u6587", "\u05d0\u05d1", "e\u0301", "na\xefve caf\xe9",
]  # fmt: skip
_TEMPLATES = """
{{ {{}} {{x}} {{.path}} {{-x-}} }} ${x} $(x) $x %x %{x} %(x)s <%=x%> #{x} @x @{x} [[x]] [x] {x} {x:y} {"x":1} [1,2] `x`
!!binary !!str !x !<x> &a *a &a:b *.local *.example.com ?x :x x:y x#y x:#y http://x:80/a?b=c#d %YAML %TAG
- ? : | > |- >+ |2 '' "" ' " ''' \\" "x 'x x" x'
\\ \\n \\x00 \\u0000 \\ud800 a\\b C:\\x ^a+(b|c)*$ a=b a,b ,a a, a;b a&b a|b a>b a<b
"""
_PHRASES = (
    "{{ .path }}", "{{- if x }}", "{{ x }}: y", "a: b", "a : b", "a :b", "a #b", "a# b", "a:  b", "- a", "-  a", "? a",
    "a, b", "[a] b", "{a} b", "'a' b", '"a" b', "! a", "% a", "--- a", "... a", "%YAML 1.2", "key: |", "a\n---\nb",
    "a\n...\nb", "a:\n- b", "- a\n- b", "#!/bin/sh\nset -e\n", "#!/bin/sh\nif x; then\n\ty\nfi\n", '{"a": [1, "b"]}\n',
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "a: 1\nb:\n  - c\n", "x # not a comment\n",
    "a\r\nb\r\n", "a\rb", "\r", "\r\n", "a\r", "\na", "\n\na", "a\n\n", "a\n\n\n", "a\n \n", "a \nb", "a\n b", " a\nb",
    "  a\n b\n", "\ta\nb", "a\n\tb", "a\n\n\nb", "a\nb", "a\nb\n", "a\n#b\n", "a\n:b", "\n", "\n\n", "\n ", " \n", "",
)  # fmt: skip
_LONG = (
    "x" * 127, "x" * 128, "x" * 129, "x" * 1023, "x" * 1025, "x" * 5000, "word " * 100, "word " * 100 + "end",
    "'" * 200, '"' * 200, "\\" * 200, "\xe9" * 200, "\U0001f600" * 200, "a: b " * 50, ("line " * 40 + "\n") * 5,
    "7" * 200, " " * 200, "x\n" * 200, "- " * 100, "{" * 200, "[" * 200, "0" * 200 + "e1",
)  # fmt: skip


def _nasty() -> list[str]:
    words = [
        form for word in _WORDS.split() for form in (word, word.upper(), word.capitalize(), word.swapcase(), f" {word}")
    ]
    numbers = [form for number in _NUMBERS.split() for form in (number, f"{number} ", f"{number}:")]
    marks = [pattern.format(mark) for mark, pattern in product(_MARKS, _AROUND)]
    controls = [form for c in _CONTROLS for form in (c, f"a{c}b", f"{c}\n")]
    symbols = [form for c in _UNICODE for form in (c, f"{c}x", f"x{c}", f"x{c}\ny\n", f"0{c}1", f"a: {c}")]
    pieces = ["".join(p) for p in product((" ", "\n", "a", ":", "#", "-", "\t", "\u2028"), repeat=3)]
    groups = (words, numbers, _DATES, marks, controls, symbols, _TEMPLATES.split(), _PHRASES, _LONG, pieces)
    distinct = dict.fromkeys(text for group in groups for text in group)
    return [text for text in distinct if not (text.startswith("\t") and "\n" in text)]


NASTY: list[str] = _nasty()
"""Distinct strings, each of which must be read back as exactly the same string."""

assert len(NASTY) >= 750, len(NASTY)

NASTY_KEYS: list[str] = [text for text in NASTY if text != "<<" and len(text) <= 500]
"""Those that may be keys: kustomize merges "<<" even in quotes, and Go reads no key of more than 1024 bytes."""

UNWRITABLE: list[str] = [
    *("\0", "a\0b", "\ud800", "a\udfff", "\ud83d x \ude00", "\ufffe", "a\uffffb", "\tx\ny", "\t\n", "\t\t\nx\n"),
    *(f"a{chr(c)}b" for c in range(0x7F, 0xA0)),
]
"""Strings that do not come through every tool, whatever their quotes: they are refused."""
