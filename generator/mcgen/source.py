"""Reads one YAML file: plain data, and the place of every key and value in it."""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from mcgen.problems import Pos, Problem, UsageError, sort_problems
from mcgen.walk import BREAK, Finding, Node, line_starts, walk

if TYPE_CHECKING:
    from mcgen.tree import DataPath

# A blueprint of 5000 clusters is about 1.6 MB.
MAX_BYTES = 8 * 1024 * 1024
_MAX_SHOWN = 10

# Not U+0085, U+2028 and U+2029: they end a line in YAML 1.1 and do not in YAML 1.2.
_REFUSED = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_PLAIN = b"\t\n\r" + bytes(range(0x20, 0x7F))
_BOM = b"\xef\xbb\xbf"
_UNREADABLE = frozenset({"MC001", "MC003", "MC004"})
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One YAML file as read.

    data: dict, list, str, int, float, bool and None only; None when the file could not be read to its end.
    problems: all that is wrong with the file as YAML, sorted; data is for use only when there are none.
    """

    file: str
    text: str
    data: Any
    problems: tuple[Problem, ...]
    root: Node | None

    @property
    def argument(self) -> str:
        """Return the file as it stands in a command that somebody is told to run."""
        from shlex import quote

        return quote(self.file)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the file without their ends; line 1 is the first."""
        return tuple(BREAK.split(self.text))

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.text)

    def pos(self, path: DataPath, *, key: bool = False) -> Pos:
        """Return the place of the value at the path (or of its key); see `span` for a path not in the file."""
        return self.span(path, key=key)[0]

    def span(self, path: DataPath, *, key: bool = False) -> tuple[Pos, int]:
        """Return the place at the path and how many characters it covers in its line (at least 1).

        A path that is not in the file has the place of its nearest parent: of the parent's key if it has one.
        """
        node, found = self._find(path)
        if node is None:
            return Pos(file=self.file), 1
        key_start, key_end, start, end, _ = node
        if key_end and (key or not found):
            start, end = key_start, key_end
        return _span(self.file, self.text, self._starts, start, end)

    def raw(self, path: DataPath) -> str | None:
        """Return a scalar as it stands in the file, such as `1.20`; None for anything else or no such path."""
        node, found = self._find(path)
        return self.text[node[2] : node[3]] if node and found and node[4] is None else None

    def _find(self, path: DataPath) -> tuple[Node | None, bool]:
        """Return the node at the path and True, or its nearest parent and False."""
        node = self.root
        for step in path:
            below = _child(node, step)
            if below is None:
                return node, False
            node = below
        return node, True


def read(path: str | os.PathLike[str]) -> Source:
    """Read a YAML file; bad content comes back as problems.

    Raises UsageError when there is no such file, when it is no regular file or cannot be read.
    """
    name = os.fspath(path)
    try:
        found = os.stat(name)  # noqa: PTH116 - a fleet has a thousand sealed files
        if not stat.S_ISREG(found.st_mode):
            what = "a directory" if stat.S_ISDIR(found.st_mode) else "not a regular file"
            raise UsageError(f"{name} is {what}: give the path of a YAML file")
        with open(name, "rb") as stream:  # noqa: PTH123
            content = stream.read(min(found.st_size, MAX_BYTES) + 1)
            if len(content) > found.st_size:
                # It grows, or does not know its size.
                content += stream.read(MAX_BYTES + 1 - len(content))
            return parse(content, name)
    except FileNotFoundError:
        raise UsageError(f"{name} does not exist: check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name} cannot be read: {reason}") from error


def parse(content: bytes, file: str) -> Source:
    """Return what `read` returns, for bytes that stand in `file`."""
    text, problems = _decode(content, file)
    # Most files have nothing else, and looking for bytes takes a tenth of the time.
    if content.translate(None, _PLAIN):
        problems += _refused(text, file)
    if any(problem.code in _UNREADABLE for problem in problems):
        return Source(file=file, text=text, data=None, problems=tuple(sort_problems(problems)), root=None)
    data, root, findings = walk(text)
    if findings:
        starts = line_starts(text)
        problems += [_problem(finding, file, text, starts) for finding in findings]
    return Source(file=file, text=text, data=data, problems=tuple(sort_problems(problems)), root=root)


def _child(node: Node | None, step: str | int) -> Node | None:
    inside = node[4] if node else None
    if isinstance(inside, dict):
        return inside.get(step) if isinstance(step, str) else None
    if inside is None or not isinstance(step, int):
        return None
    return inside[step] if 0 <= step < len(inside) else None


def _span(file: str, text: str, starts: list[int], start: int, end: int) -> tuple[Pos, int]:
    line = bisect_right(starts, start)
    match = BREAK.search(text, start, end)
    length = (match.start() if match else end) - start
    return Pos(file=file, line=line, col=start - starts[line - 1] + 1), max(length, 1)


def _problem(finding: Finding, file: str, text: str, starts: list[int]) -> Problem:
    code, message, advice, start, end = finding
    pos, length = _span(file, text, starts, start, end)
    return Problem(code=code, message=message, advice=advice, pos=pos, length=length)


def _decode(content: bytes, file: str) -> tuple[str, list[Problem]]:
    """Return the text, as far as there is one to show, and the problems with its bytes."""
    whole = Pos(file=file)
    if len(content) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        return "", [Problem(code="MC004", message=message, advice="split or shorten it", pos=whole)]
    if content.startswith(_UTF16):
        message = "the file is UTF-16"
        return "", [Problem(code="MC001", message=message, advice="save it as UTF-8", pos=whole)]
    if b"\0" in content:
        message = f"the file is binary: byte {content.index(0)} is NUL"
        return "", [Problem(code="MC003", message=message, advice="give a YAML text file", pos=whole)]
    problems = []
    if content.startswith(_BOM):
        message, advice = "the file begins with a byte order mark", "save it as UTF-8 without one"
        problems.append(Problem(code="MC002", message=message, advice=advice, pos=Pos(file=file, line=1, col=1)))
        content = content[len(_BOM) :]
    try:
        return content.decode("utf-8"), problems
    except UnicodeDecodeError as error:
        return content.decode("utf-8", "replace"), [*problems, _not_utf8(content, error, file)]


def _not_utf8(content: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    before = content[: error.start].decode("utf-8")
    starts = line_starts(before)
    pos = Pos(file=file, line=len(starts), col=len(before) - starts[-1] + 1)
    message = f"byte {error.start} (0x{content[error.start]:02x}) is not UTF-8"
    return Problem(code="MC001", message=message, advice="save the file as UTF-8", pos=pos)


def _refused(text: str, file: str) -> list[Problem]:
    found = list(islice(_REFUSED.finditer(text), _MAX_SHOWN))
    starts = line_starts(text) if found else []
    return [_problem(_refused_character(match), file, text, starts) for match in found]


def _refused_character(match: re.Match[str]) -> Finding:
    number = f"{ord(match[0]):04X}"
    advice = f'remove it, or write "\\u{number}" in double quotes'
    return Finding("MC003", f"character U+{number} is not accepted", advice, match.start(), match.end())
