"""Shows problems: as text with the source line marked, as JSON, or as SARIF 2.1.0."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

import orjson

from mcgen.problems import Problem, Severity
from mcgen.terminal import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MAX_MESSAGE = 1000
REPEATED = 5
_MAX_LINE = 120
_TAB = "    "
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}

_RESET = "\x1b[0m"
_COLOURS = {
    "place": "\x1b[1m",
    Severity.ERROR: "\x1b[31m",
    Severity.WARNING: "\x1b[33m",
    "code": "\x1b[2m",
    "mark": "\x1b[32m",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a code stands for, for the readers of a SARIF file."""

    title: str
    description: str = ""
    help_uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a report needs besides the problems.

    lines: the lines of each file that problems point into, by the file's name as in `Pos.file`.
    directory: absolute; SARIF gives the paths of files below it relative to it.
    width: columns of the terminal, 0 for none. repeated: how many warnings of a code are shown, None for all.
    """

    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    colour: bool = False
    version: str = ""
    directory: str = ""
    width: int = 0
    repeated: int | None = REPEATED


Reporter: TypeAlias = "Callable[[Sequence[Problem], Context], str]"


def text(problems: Sequence[Problem], context: Context) -> str:
    """Return `path:line:col: message [CODE]`, the marked source line and the advice of each, and a count.

    Control and other invisible characters come out as escapes. No problems give an empty string. Of a warning that
    many clusters share, the first few are shown.
    """
    if not problems:
        return ""
    seen: Counter[str] = Counter()
    most = len(problems) if context.repeated is None else context.repeated
    blocks = []
    for problem in problems:
        seen[problem.code] += problem.severity is Severity.WARNING
        if seen[problem.code] <= most:
            blocks.append(_block(problem, context))
    more = [f"... and {n - most} more [{code}] (--verbose shows all)\n" for code, n in sorted(seen.items()) if n > most]
    return "".join([*blocks, *more, count(problems), "\n"])


def json(problems: Sequence[Problem], _context: Context) -> str:
    """Return one JSON object: `version` (1), `errors`, `warnings` and `problems`.

    A problem has code, severity (error, warning), file, line, column, length, message and advice; line and
    column are 1-based, in characters, and null where only the file is known.
    """
    return _dump(
        {
            "version": 1,
            "errors": _number(problems, Severity.ERROR),
            "warnings": _number(problems, Severity.WARNING),
            "problems": [_json_problem(problem) for problem in problems],
        }
    )


def sarif(problems: Sequence[Problem], context: Context) -> str:
    """Return a SARIF 2.1.0 log with one run; its rules are those of the problems' codes."""
    codes = sorted({problem.code for problem in problems})
    driver: dict[str, Any] = {"name": "mcgen"}
    if context.version:
        driver["version"] = context.version
    driver["rules"] = [_sarif_rule(code, context.rules.get(code)) for code in codes]
    results = [_sarif_result(problem, codes.index(problem.code), context) for problem in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _dump({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


REPORTERS: dict[str, Reporter] = {"text": text, "json": json, "sarif": sarif}


def count(problems: Sequence[Problem]) -> str:
    """Return such as `2 errors, 1 warning`; empty for no problems."""
    numbers = ((severity.value, _number(problems, severity)) for severity in Severity)
    return ", ".join(f"{number} {word}{'s' if number > 1 else ''}" for word, number in numbers if number)


def printable(string: str) -> str:
    """Return the string on one line, with everything that a terminal would not show as a character escaped."""
    if string.isprintable():
        return string
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in string)


def _number(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(problem.severity is severity for problem in problems)


def _block(problem: Problem, context: Context) -> str:
    paint = _paint if context.colour else _bare
    lines = _first(problem, context.width, paint)
    source = context.lines.get(problem.pos.file, ())
    if 0 < problem.pos.line <= len(source):
        number = str(problem.pos.line)
        most = min(_MAX_LINE, context.width - len(f"  {number} | ......")) if context.width else _MAX_LINE
        shown, mark = _snippet(source[problem.pos.line - 1], problem.pos.col, problem.length, most)
        lines.append(f"  {number} | {shown}".rstrip())
        if mark:
            lines.append(f"  {' ' * len(number)} | {paint(mark, 'mark')}")
    if problem.advice:
        lines += wrap(f"  help: {_clip(printable(problem.advice))}", context.width, " " * 8)
    return "\n".join(lines) + "\n"


def _first(problem: Problem, width: int, paint: Callable[[str, str], str]) -> list[str]:
    """Return the place, the message and the code, on as many lines as it takes."""
    place, message = f"{printable(str(problem.pos))}:", _clip(printable(problem.message))
    word = "" if problem.severity is Severity.ERROR else f"{problem.severity}: "
    code = f"[{problem.code}]"
    lines = wrap(f"{place} {word}{message} {code}", width, "    ")
    painted = []
    for number, line in enumerate(lines, 1):
        head = place if number == 1 and line.startswith(place) else ""
        tail = code if number == len(lines) else ""
        body = line[len(head) : len(line) - len(tail)]
        styled = body.replace(body.strip(), paint(body.strip(), problem.severity), 1) if body.strip() else body
        painted.append((paint(place[:-1], "place") + ":" if head else "") + styled + (tail and paint(tail, "code")))
    return painted


def _snippet(line: str, col: int, length: int, most: int) -> tuple[str, str]:
    """Return the line as shown, cut around the place when it is long, and the marker to put below it."""
    at = max(col - 1, 0)
    first = 0 if len(line) <= most or at < most // 2 else at - most // 2
    last = min(len(line), first + most)
    head = "..." if first else ""
    before, marked, after = (
        _visible(part)
        for part in (line[first:at], line[at : min(at + length, last)], line[max(at + length, first) : last])
    )
    shown = head + before + marked + after + ("..." if last < len(line) else "")
    mark = " " * _width(head + before) + "^" + "~" * (_width(marked) - 1) if col else ""
    return shown, mark


def _visible(part: str) -> str:
    return printable(part.replace("\t", _TAB))


def _width(part: str) -> int:
    # Imported here: rich costs more than all the rest of this module, and most runs have nothing to show.
    from rich.cells import cell_len

    return cell_len(part)


def _clip(string: str) -> str:
    return string if len(string) <= _MAX_MESSAGE else string[:_MAX_MESSAGE] + "..."


def _paint(string: str, style: str) -> str:
    return f"{_COLOURS[style]}{string}{_RESET}"


def _bare(string: str, _style: str) -> str:
    return string


def _json_problem(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "file": _unicode(problem.pos.file),
        "line": problem.pos.line or None,
        "column": problem.pos.col or None,
        "length": problem.length,
        "message": _unicode(problem.message),
        "advice": _unicode(problem.advice),
    }


def _sarif_rule(code: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": code}
    described: dict[str, Any] = {"id": code, "shortDescription": {"text": rule.title}}
    if rule.description:
        described["fullDescription"] = {"text": rule.description}
    if rule.help_uri:
        described["helpUri"] = rule.help_uri
    return described


def _sarif_result(problem: Problem, index: int, context: Context) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(problem.pos.file, context.directory)}}
    if problem.pos.line:
        place["region"] = _region(problem)
    message = f"{problem.message}\nhelp: {problem.advice}" if problem.advice else problem.message
    return {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": _LEVELS[problem.severity],
        "message": {"text": _unicode(message)},
        "locations": [{"physicalLocation": place}],
    }


def _region(problem: Problem) -> dict[str, int]:
    region = {"startLine": problem.pos.line}
    if problem.pos.col:
        region |= {"startColumn": problem.pos.col, "endColumn": problem.pos.col + problem.length}
    return region


def _uri(file: str, directory: str) -> str:
    """Return the path as a URI: relative where it can be, percent-encoded, bytes that are no UTF-8 too."""
    path = PurePath(file)
    if path.is_absolute():
        if not directory or not path.is_relative_to(directory):
            return path.as_uri()
        path = path.relative_to(directory)
    return quote(os.fsencode(path.as_posix()))


def _unicode(string: str) -> str:
    """Return the string with half surrogate pairs (of a file's name, say) escaped: JSON has no place for them."""
    return string.encode("utf-8", "backslashreplace").decode("utf-8")


def _dump(value: dict[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode("utf-8")
