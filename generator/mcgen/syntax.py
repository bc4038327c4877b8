"""What libyaml says about broken YAML, in words that name the mistake and its remedy."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from yaml import Mark
    from yaml.error import MarkedYAMLError

SYNTAX = "MC007"
TAB = "MC008"

_QUOTE = 'write "key: value" with a blank after the colon, or "- item" with a blank after the dash'
_ESCAPE = r"write \\ for a backslash, or use single quotes"
_VALUE = "put it in quotes"
_UNKNOWN = "write it in a simpler way, such as in double quotes"
_TAB = ("tab in the indentation", "indent with blanks only", False)
_ALIGN = "indent it like the other entries, or check the line before it"

# libyaml's message: what to say, what to advise, and whether the construct's beginning is the better place.
# {line} is where the construct began, {end} where the parser gave up, {found} the character at the place shown.
_WORDS: dict[str, tuple[str, str, bool]] = {
    "block sequence entries are not allowed in this context": (
        'a list item ("- ") cannot stand here',
        "begin the list on a line of its own",
        False,
    ),
    "mapping keys are not allowed in this context": (
        'a value cannot begin with "? "',
        _VALUE,
        False,
    ),
    "could not find expected ':'": ("neither a key with a value nor a list item", _QUOTE, True),
    "did not find expected '-' indicator": (
        'expected a further "- item" of the list that began at line {line}',
        _ALIGN,
        False,
    ),
    "did not find expected ',' or ']'": (
        'the list opened with "[" is not closed, or a "," is missing, by line {end}',
        'separate the items with "," and end the list with "]"',
        True,
    ),
    "did not find expected ',' or '}'": (
        'the mapping opened with "{{" is not closed, or a "," is missing, by line {end}',
        'separate the entries with "," and end with "}}"; put text that begins with a brace in quotes',
        True,
    ),
    "did not find expected node content": ("unexpected {found}", "put text that begins so in quotes", False),
    "found unexpected end of stream": ("the quote that opens here is never closed", "close it", True),
    "found unexpected document indicator": ("the quote that opens here is never closed", "close it", True),
    "found character that cannot start any token": (
        "a value cannot begin with {found}",
        _VALUE,
        False,
    ),
    "found unknown escape character": ("unknown escape in double quotes", _ESCAPE, False),
    "did not find expected hexdecimal number": ("incomplete escape in double quotes", _ESCAPE, False),
    "found invalid Unicode character escape code": ("this escape names no character", _ESCAPE, False),
    "did not find expected <document start>": (
        "unexpected text after the end of the document",
        "keep one document in the file; put text that begins with a quote in quotes as a whole",
        False,
    ),
    "found undefined tag handle": ("tags are not accepted", _VALUE, False),
    "did not find expected comment or line break": (
        'unexpected text after "|" or ">"',
        "begin the text on the next line, or put the value in quotes",
        False,
    ),
    "did not find expected alphabetic or numeric character": (
        "a value cannot begin with {found}",
        _VALUE,
        True,
    ),
    "found incompatible YAML document": ("unknown version of YAML", 'remove the "%YAML" line', False),
    "found an indentation indicator equal to 0": (
        'a text after "|" or ">" cannot be indented by 0',
        "remove the number: the first line of the text says how far all are indented",
        False,
    ),
    "found unexpected ':'": ('unexpected ":"', 'put a value that contains ":" in quotes', False),
    "found a tab character that violates indentation": _TAB,
    "found a tab character where an indentation space is expected": _TAB,
}
# By what libyaml was reading, where that matters more than what it missed: what is wrong stands at its beginning.
_CONTEXTS: dict[str, tuple[str, str]] = {
    "directive": ('a line cannot begin with "%"', 'remove a "%YAML" or "%TAG" line, or put the text in quotes'),
    "tag": ('a value cannot begin with "!"', _VALUE),
}
# libyaml's limit for a key that stands on the line of its value.
_LONGEST_KEY = 1024


class Syntax(NamedTuple):
    """A syntax error: its code, message, advice and place, as an offset into the text."""

    code: str
    message: str
    advice: str
    offset: int


def explain(error: MarkedYAMLError, text: str) -> Syntax:
    """Return libyaml's error in the words of this program; unknown errors keep libyaml's words."""
    problem = error.problem or "invalid YAML"
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Syntax(SYNTAX, problem, "", 0)
    tab = _tab(text, mark)
    if tab is not None:
        return Syntax(TAB, "tab in the indentation", "indent with blanks only", tab)
    if quote := _open_quote(text, mark):
        return quote
    began = error.context_mark or mark
    if special := _special(problem, text, mark, began):
        return special
    # "%TAG !e! %zz" is a tag within a directive.
    for word, (message, advice) in _CONTEXTS.items():
        if word in (error.context or problem).lower().split():
            return Syntax(SYNTAX, message, advice, began.index)
    message, advice, at_beginning = _WORDS.get(problem, (_plain(error), _UNKNOWN, False))
    offset = began.index if at_beginning else mark.index
    # Where a file ends without a line break, libyaml counts one.
    end = len(re.findall("\r\n|\r|\n", text[: mark.index])) + 1
    fill = {"line": began.line + 1, "end": end, "found": _found(text, offset)}
    return Syntax(SYNTAX, message.format(**fill), advice.format(**fill), offset)


def _special(problem: str, text: str, mark: Mark, began: Mark) -> Syntax | None:
    """Return the words for a mistake that libyaml's message alone does not tell."""
    if problem == "did not find expected key":
        return _expected_key(text, mark, began)
    if problem == "mapping values are not allowed in this context":
        return _unexpected_colon(text, mark)
    if problem == "did not find expected <document start>":
        return _after_the_end(text, mark)
    if problem == "did not find expected node content" and not text[mark.index :].strip():
        return Syntax(SYNTAX, "the file ends inside a list or a mapping", "close its bracket", mark.index)
    return None


def _open_quote(text: str, mark: Mark) -> Syntax | None:
    """Return the words for a quote that was forgotten: another one, lines below, ends the text, and more follows it."""
    last = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if token.start_mark.index >= mark.index:
                break
            last = token
    if not isinstance(last, yaml.ScalarToken) or last.style not in ('"', "'"):
        return None
    first, end = last.start_mark, last.end_mark
    if first.line == end.line or text[end.index : mark.index].strip():
        return None
    message = f"the quote that opens here ends at line {end.line + 1} only, where more text follows it"
    return Syntax(SYNTAX, message, f"write the {last.style} that is missing, most likely on this line", first.index)


def _after_the_end(text: str, mark: Mark) -> Syntax | None:
    written = [line for line in text[: mark.index].splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if all(line.startswith("%") for line in written):
        message, advice = _CONTEXTS["directive"]
        return Syntax(SYNTAX, message, advice, text.index("%"))
    first = written[0]
    if mark.column < len(first) - len(first.lstrip(" ")) and not _before(text, mark).strip():
        return Syntax(SYNTAX, "this line is indented less than the first one", _ALIGN, mark.index)
    return None


def _expected_key(text: str, mark: Mark, began: Mark) -> Syntax:
    if text.startswith(":", mark.index):
        return Syntax(SYNTAX, "this entry has no key", "write a key before the colon", mark.index)
    if _before(text, mark).strip():
        advice = "put the whole value in quotes; inside single quotes write '' for a quote"
        return Syntax(SYNTAX, "unexpected text after the value", advice, mark.index)
    message = f"this line does not fit the mapping that began at line {began.line + 1}"
    return Syntax(SYNTAX, message, _ALIGN, mark.index)


def _unexpected_colon(text: str, mark: Mark) -> Syntax:
    before = _before(text, mark)
    if ": " in before:
        return Syntax(SYNTAX, 'unexpected ":"', 'put a value that contains ": " in quotes', mark.index)
    if len(before.strip()) > _LONGEST_KEY:
        start = mark.index - len(before.lstrip())
        return Syntax(SYNTAX, f"the key is longer than {_LONGEST_KEY} characters", "shorten it", start)
    advice = "indent it like the keys around it, and check that the line before it has a colon"
    return Syntax(SYNTAX, "a key cannot stand here", advice, mark.index - len(before.lstrip()))


def _plain(error: MarkedYAMLError) -> str:
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return words.replace("{", "{{").replace("}", "}}")


def _before(text: str, mark: Mark) -> str:
    return text[mark.index - mark.column : mark.index]


def _tab(text: str, mark: Mark) -> int | None:
    """Return the offset of the first tab in the indentation of the mark's line, if there is one."""
    start = mark.index - mark.column
    rest = text[start:]
    indent = rest[: len(rest) - len(rest.lstrip(" \t"))]
    return start + indent.index("\t") if "\t" in indent else None


def _found(text: str, offset: int) -> str:
    return f'"{text[offset]}"' if offset < len(text) else "end of the file"
