"""Walks the events of one YAML document: plain data, the place of every node, and what is not accepted.

Anchors and aliases are refused altogether: so every value has one place that a problem can point at, and no
file can expand to more than its own size.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, NamedTuple, NoReturn, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from mcgen.scalars import MAX_KEY, quoted, resolve, unportable
from mcgen.syntax import explain

MAX_DEPTH = 100
# Three times what a blueprint of 5000 clusters holds; keeps a hostile file from filling the memory.
MAX_VALUES = 500_000
MAX_PROBLEMS = 1000

Node: TypeAlias = "tuple[int, int, int, int, dict[str, Node] | list[Node] | None]"
"""Offsets into the text: where the key begins and ends, where the value begins and ends; what is inside."""

BREAK = re.compile(r"\r\n|\r|\n")
_EMPTY = ("the file holds no data", "write at least one key with a value")
_ANCHOR = re.compile(r"[&*][^\s,\[\]{}]*")


class Finding(NamedTuple):
    """A problem whose place is still an offset into the text."""

    code: str
    message: str
    advice: str
    start: int
    end: int


class Walked(NamedTuple):
    """The document's data and root node; None where reading had to stop."""

    data: Any
    root: Node | None
    findings: list[Finding]


class _Stop(Exception):  # noqa: N818 - ends the walk, reported by a finding
    """Nothing after this place can be read."""


def line_starts(text: str) -> list[int]:
    """Return the offset at which each line of the text begins."""
    return [0, *(match.end() for match in BREAK.finditer(text))]


def walk(text: str) -> Walked:
    """Return the only document of the text with everything that is wrong with it; raises nothing."""
    walker = _Walker(text)
    loader = yaml.CSafeLoader(text)
    walker.next = loader.get_event
    try:
        return Walked(*walker.document(), walker.findings)
    except _Stop:
        return Walked(None, None, walker.findings)
    except yaml.MarkedYAMLError as error:
        syntax = explain(error, text)
        walker.findings.append(Finding(*syntax, syntax.offset + 1))
        return Walked(None, None, walker.findings)
    finally:
        loader.dispose()


class _Walker:
    def __init__(self, text: str) -> None:
        self.text = text
        self.findings: list[Finding] = []
        self.values = 0
        self.next: Any = None

    def report(self, code: str, message: str, advice: str, start: int, end: int) -> None:
        self.findings.append(Finding(code, message, advice, start, max(end, start + 1)))
        if len(self.findings) >= MAX_PROBLEMS:
            raise _Stop

    def stop(self, code: str, message: str, advice: str, start: int, end: int) -> NoReturn:
        self.report(code, message, advice, start, end)
        raise _Stop

    def document(self) -> tuple[Any, Node | None]:
        self.next()
        if self.next().__class__ is StreamEndEvent:
            self.stop("MC005", *_EMPTY, 0, 0)
        first = self.next()
        data, node = self.value(first, 1, 0, 0)
        self.next()
        after = self.next()
        at = after.start_mark.index
        if after.__class__ is DocumentStartEvent:
            advice = 'keep one document in the file, without a "---" line between two'
            self.stop("MC006", "a second document begins here", advice, at, at + 3)
        if data is None and not self.findings:
            self.stop("MC005", *_EMPTY, 0, 0)
        return data, node

    def value(self, event: Any, depth: int, key_start: int, key_end: int) -> tuple[Any, Node]:
        """Return the data and the node of the value that begins with this event."""
        kind = event.__class__
        start, end = event.start_mark.index, event.end_mark.index
        self.values += 1
        if self.values > MAX_VALUES:
            self.stop("MC004", f"more than {MAX_VALUES} values", "shorten the file", start, start)
        if kind is AliasEvent or event.anchor is not None:
            self.anchor(event, start)
        if kind is ScalarEvent:
            return self.scalar(event, start), (key_start, key_end, start, end, None)
        if kind is AliasEvent:
            return None, (key_start, key_end, start, end, None)
        if event.tag is not None:
            self.tag(event, start)
        if depth > MAX_DEPTH:
            advice = f"nest at most {MAX_DEPTH} mappings and lists"
            self.stop("MC014", f"nested deeper than {MAX_DEPTH} levels", advice, start, start)
        data: Any
        children: dict[str, Node] | list[Node]
        data, children = self.mapping(depth) if kind is MappingStartEvent else self.sequence(depth)
        return data, (key_start, key_end, start, start + 1, children)

    def mapping(self, depth: int) -> tuple[dict[str, Any], dict[str, Node]]:
        data: dict[str, Any] = {}
        nodes: dict[str, Node] = {}
        following = self.next
        while (event := following()).__class__ is not MappingEndEvent:
            key = self.key(event, depth)
            start, end = event.start_mark.index, event.end_mark.index
            value, node = self.value(following(), depth + 1, start, end)
            if key is None:
                continue
            if key in data:
                self.duplicate(key, nodes[key][0], start, end)
                continue
            data[key] = value
            nodes[key] = node
        return data, nodes

    def sequence(self, depth: int) -> tuple[list[Any], list[Node]]:
        data: list[Any] = []
        nodes: list[Node] = []
        following = self.next
        while (event := following()).__class__ is not SequenceEndEvent:
            value, node = self.value(event, depth + 1, 0, 0)
            data.append(value)
            nodes.append(node)
        return data, nodes

    def scalar(self, event: Any, start: int) -> Any:
        text = event.value
        if event.tag is not None:
            self.tag(event, start)
            return text
        if event.implicit[0]:
            value, fix = resolve(text)
            if fix:
                self.ambiguous(event, fix)
            return value
        if reason := unportable(text):
            advice = "write it differently: kustomize and others do not give it back as it is"
            self.report("MC016", f"the text {reason}", advice, start, event.end_mark.index)
        return text

    def key(self, event: Any, depth: int) -> str | None:
        """Return the key, or None after having reported that it cannot be one."""
        start, end = event.start_mark.index, event.end_mark.index
        if event.__class__ is not ScalarEvent:
            self.complex_key(event, depth)
            return None
        if event.anchor is not None:
            self.anchor(event, start)
        text: str = event.value
        if text == "<<":
            advice = "write the keys out where they are needed"
            self.report("MC011", 'merge keys ("<<") are not accepted', advice, start, end)
            return None
        value = self.scalar(event, start)
        if len(text) > MAX_KEY:
            self.report("MC010", f"the key is longer than {MAX_KEY} characters", "shorten it", start, end)
        if isinstance(value, str):
            return value
        shown = f"key {text} is not text" if text else "this entry has no key"
        advice = f"put it in quotes, {quoted(text)}" if text else "write a key before the colon"
        self.report("MC010", shown, advice, start, end)
        return None

    def duplicate(self, key: str, first: int, start: int, end: int) -> None:
        line = bisect_right(line_starts(self.text[:first]), first)
        advice = f"the first stands in line {line}: keep one of them"
        self.report("MC009", f"duplicate key {quoted(key)}", advice, start, end)

    def complex_key(self, event: Any, depth: int) -> None:
        start = event.start_mark.index
        if event.__class__ in (MappingStartEvent, SequenceStartEvent):
            advice = 'put text that begins with "{" or "[" in quotes'
            self.report("MC010", "a mapping or a list cannot be a key", advice, start, start + 1)
        self.value(event, depth + 1, 0, 0)

    def ambiguous(self, event: Any, fix: str) -> None:
        message = f"YAML readers do not agree on what {quoted(event.value)} means"
        self.report("MC015", message, fix, event.start_mark.index, event.end_mark.index)

    def anchor(self, event: Any, start: int) -> None:
        word = _ANCHOR.search(self.text, start)
        shown, end = (word[0], word.end()) if word else ("", start)
        kind = "aliases" if event.__class__ is AliasEvent else "anchors"
        advice = "write the value out where it is needed"
        self.report("MC012", f"{kind} ({quoted(shown)}) are not accepted", advice, start, end)

    def tag(self, event: Any, start: int) -> None:
        shown = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
        advice = 'remove it; text is put in quotes, such as "1.20"'
        self.report("MC013", f"tags ({quoted(shown)}) are not accepted", advice, start, start + len(shown))
