"""A blueprint as people write one: the same data in many layouts, with comments, quotes, braces and blocks of text."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

from mcgen.emit import emit, is_plain

_COMMENTS = ("# why", "#", "# a: b", "# - x", "#!  'no' \"end", "# Bäume: {")
# A block shows these as they are; no line end of any YAML version is among them but "\n".
_IN_BLOCK = re.compile("[\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_IN_QUOTES = re.compile("[ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*")
_FLOW = re.compile(r"[^,\[\]{}:#]*")


def written(data: dict[str, Any], layout: int) -> str:
    """Return a blueprint as text in the layout of a number; 0 is the layout of `emit`."""
    if layout == 0:
        return emit([data])
    writer = _Writer(Random(layout))
    lines = writer.comments(0) + writer.mapping(data, 0) + writer.comments(0)
    text = "\n".join(lines) + "\n"
    if writer.some(6):
        text = text.replace("\n", "\r\n")
    return text.rstrip("\r\n") if writer.some(6) and writer.last in ("", "-") else text


class _Writer:
    """last: how the block that was just written treats the lines after it, empty where there was none."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.last = ""
        self.step = random.choice([2, 2, 4])
        self.dash = random.choice(["- ", "- ", "-   "])
        self.inset = random.choice([0, 2])
        self.flowing = random.choice([2, 4, 50])

    def some(self, of: int) -> bool:
        return self.random.randrange(of) == 0

    def comments(self, margin: int) -> list[str]:
        """Return lines that mean nothing, none mostly."""
        found: list[str] = []
        while self.some(8) and self.last != "+":
            deeper = [] if self.last else [margin + 2, margin + 7]
            at = self.random.choice([0, margin, margin, *deeper])
            found.append(self.random.choice(["", " " * at + self.random.choice(_COMMENTS)]))
        return found

    def tail(self) -> str:
        return f"{self.random.choice([' ', '   '])}{self.random.choice(_COMMENTS)}" if self.some(10) else ""

    def mapping(self, data: dict[str, Any], margin: int) -> list[str]:
        lines = []
        for key, value in data.items():
            lines += self.entry(" " * margin + self.key(key) + ":", value, margin)
            lines += self.comments(margin)
        return lines

    def entry(self, head: str, value: Any, margin: int) -> list[str]:
        """Return the lines of a key or a dash with its value."""
        self.last = ""
        if isinstance(value, (dict, list)) and value and not self.some(self.flowing):
            below = margin + self.step
            if isinstance(value, dict):
                return [head + self.tail(), *self.mapping(value, below)]
            return [head + self.tail(), *self.items(value, margin + self.inset)]
        if isinstance(value, str) and (block := self.block(value, margin)):
            return [f"{head} {block[0]}", *block[1:]]
        return [f"{head} {self.flow(value)}{self.tail()}"]

    def items(self, values: list[Any], margin: int) -> list[str]:
        lines = []
        for value in values:
            head = " " * margin + self.dash
            if isinstance(value, dict) and value and not self.some(self.flowing):
                first, *rest = self.mapping(value, len(head))
                # What begins with a comment or a blank line has the dash on a line of its own.
                alone = self.some(12)
                lines += [head.rstrip() + self.tail(), first] if alone else [head + first.lstrip(" ")]
                lines += rest
            else:
                lines += self.entry(head.rstrip(), value, margin)
            lines += self.comments(margin)
        return lines

    def block(self, text: str, margin: int) -> list[str]:
        """Return a text as a block, header first; nothing where it cannot be one, or need not."""
        if not text or not self.some(2) or text[0] in " \n\t" or not _IN_BLOCK.fullmatch(text):
            return []
        if text.strip("\n") != text.strip("\n").rstrip() or " \n" in text or not text.strip("\n"):
            return []
        body = text.rstrip("\n")
        ends = len(text) - len(body)
        chomp = "-" if ends == 0 else "" if ends == 1 else "+"
        folded = "\n" not in body and self.some(2)
        indent = " " * (margin + self.random.choice([1, 2, 5]))
        lines = [f"{indent}{line}" if line else "" for line in body.split("\n")] + [""] * max(ends - 1, 0)
        # Blank lines after a block that does not keep them mean nothing, and belong to nobody.
        loose = [""] * self.random.choice([0, 0, 1, 2]) if chomp != "+" else []
        self.last = chomp or "|"
        return [f"{'>' if folded else '|'}{chomp}", *lines, *loose]

    def key(self, text: str) -> str:
        return self.scalar(text, flow=True)

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + self.joined(f"{self.key(key)}: {self.flow(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + self.joined(self.flow(item) for item in value) + "]"
        if isinstance(value, str):
            return self.scalar(value, flow=True)
        return json.dumps(value)

    def joined(self, parts: Any) -> str:
        return self.random.choice([", ", ", ", ",", " ,  "]).join(parts)

    def scalar(self, text: str, *, flow: bool) -> str:
        if is_plain(text) and not self.some(4) and (not flow or _FLOW.fullmatch(text)):
            return text
        if _IN_QUOTES.fullmatch(text) and self.some(2):
            return "'" + text.replace("'", "''") + "'"
        return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if " " <= character <= "~" or character in "ä森":
        return character
    return f"\\U{ord(character):08x}"
