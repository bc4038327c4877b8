"""Writes plain data as YAML that every reader understands alike.

PyYAML's binding of libyaml gets its events straight from the data and does all of the syntax; decided here is
only how each scalar is quoted, because libyaml knows YAML 1.1 and the readers of the tree are Go programs.
"""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

from yaml._yaml import CEmitter
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from mcgen.scalars import INT64, WORDS, unportable, unportable_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mcgen.tree import Data

# A scalar is left unquoted when it begins like a word or a path, is printable ASCII, holds nothing that could
# end it, and cannot be taken for a number or a date: not made of their characters alone after a first digit.
_PLAIN = re.compile(
    r"(?![0-9][-+.0-9a-fA-FxXoO_:,TtZz ]*\Z)"
    r"(?:[A-Za-z0-9_/]|\.\.?/)"
    r"(?:[!-9;-~]|:(?![ ]|\Z)|[ ](?![#]|\Z))*"
)
# A block ("|") keeps such text as it is: no blank or empty first line, one final line end at most, and only
# characters that libyaml writes into a block and that are no line end in any version of YAML.
_BLOCK = re.compile("(?=.*\n)[!-~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
                    "[\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]*(?<!\n)\n?")  # fmt: skip
_CACHED = 10_000

_STREAM_START, _STREAM_END = StreamStartEvent(), StreamEndEvent()
_FIRST, _FURTHER = DocumentStartEvent(explicit=False), DocumentStartEvent(explicit=True)
_DOCUMENT_END = DocumentEndEvent(explicit=False)
_MAPPING_START = MappingStartEvent(None, None, implicit=True, flow_style=False)
_MAPPING_END = MappingEndEvent()
_SEQUENCE_START = SequenceStartEvent(None, None, implicit=True, flow_style=False)
_SEQUENCE_END = SequenceEndEvent()


def emit(documents: Sequence[Data], header: str = "") -> str:
    """Return the documents as one YAML text, keys in the order given, below `header` as a comment.

    Raises TypeError for anything but plain data, ValueError for text that not every tool gives back (`unportable`) and
    for numbers that JSON or 64 bits cannot hold.
    """
    stream = StringIO()
    stream.writelines(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    emitter = CEmitter(stream, width=-1, allow_unicode=True)
    send = emitter.emit
    send(_STREAM_START)
    start = _FIRST
    for document in documents:
        send(start)
        _send(send, document)
        send(_DOCUMENT_END)
        start = _FURTHER
    send(_STREAM_END)
    return stream.getvalue()


def is_plain(text: str) -> bool:
    """Return whether every reader takes a text for itself without quotes, outside of flow collections."""
    return _PLAIN.fullmatch(text) is not None and text.lower() not in WORDS


def _send(send: Callable[[Event], Any], value: Any) -> None:
    kind = type(value)
    if kind is str:
        send(_VALUES[value])
    elif kind is dict:
        send(_MAPPING_START)
        for key, item in value.items():
            if type(key) is not str:
                raise TypeError(f"key {key!r} is a {type(key).__name__}, not a str")
            send(_KEYS[key])
            _send(send, item)
        send(_MAPPING_END)
    elif kind is list:
        send(_SEQUENCE_START)
        for item in value:
            _send(send, item)
        send(_SEQUENCE_END)
    else:
        send(_plain(_atom(value)))


def _atom(value: Any) -> str:
    """Return how a number, a boolean or None is written."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int and value in INT64:
        return str(value)
    if kind is float and value - value == 0:
        # YAML 1.1 takes 1e+16 for text: it asks for a point.
        mantissa, exponent, power = repr(value).partition("e")
        return mantissa + (".0" if exponent and "." not in mantissa else "") + exponent + power
    if kind in (int, float):
        raise ValueError(f"{value!r} cannot be written: no 64-bit number")
    raise TypeError(f"{value!r} is a {kind.__name__}, which is no plain data")


def _plain(text: str) -> ScalarEvent:
    return ScalarEvent(None, None, (True, True), text)


class _Scalars(dict[str, ScalarEvent]):
    """The event of each string, made once; emptied when full, so that memory stays bounded."""

    def __init__(self, *, keys: bool) -> None:
        super().__init__()
        self.keys_only = keys

    def __missing__(self, text: str) -> ScalarEvent:
        if len(self) >= _CACHED:
            self.clear()
        event = self[text] = self._event(text)
        return event

    def _event(self, text: str) -> ScalarEvent:
        if reason := unportable_key(text) if self.keys_only else unportable(text):
            raise ValueError(f"{text[:80]!r} cannot be written: it {reason}")
        if is_plain(text):
            return _plain(text)
        style = "|" if not self.keys_only and _BLOCK.fullmatch(text) else '"'
        return ScalarEvent(None, None, (False, True), text, style=style)


_VALUES, _KEYS = _Scalars(keys=False), _Scalars(keys=True)
