"""Edits of a blueprint that a person wrote: an entry of `clusters` comes, changes or goes, and nothing else moves.

ruamel.yaml says where the entries stand and writes the new one; it goes into the text at that place, so that every
byte outside stays: comments, quoting, indentation, line ends. Each edit is read back and must mean what was asked.
"""

from __future__ import annotations

from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import emit, source
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.tree import Data

_CLUSTERS, _STATE = "clusters", "state"


class EditError(ToolError):
    """The file is written in a way in which this edit cannot be made safely."""


class _Clusters(NamedTuple):
    """The list in the text. text: the whole file; node: ruamel's node of the list; dashes: where entries begin."""

    text: str
    node: Any
    dashes: tuple[int, ...]

    @property
    def column(self) -> int:
        """Return the column of the dashes."""
        return int(self.node.start_mark.column)

    @property
    def newline(self) -> str:
        """Return how the file ends its lines."""
        return "\r\n" if "\r\n" in self.text else "\n"


def add(text: str, cluster: Data) -> str:
    """Return a blueprint with one more cluster at the end of its list; raise EditError.

    The entry is written as the last one is: in braces, or one line per field.
    """
    found = _find(text)
    last = found.node.value[-1]
    braces = bool(found.node.flow_style or last.flow_style)
    lines = written(cluster, braces=braces)
    if found.node.flow_style:
        at = end_of(last)
        edited = f"{text[:at]}, {lines[0]}{text[at:]}"
    else:
        gap = last.start_mark.index - found.dashes[-1]
        # A dash may stand alone on its line, with the entry below it.
        inner = " " * gap if gap > 1 and "\n" not in text[found.dashes[-1] : last.start_mark.index] else "  "
        margin = " " * found.column
        entry = [f"{margin}-{inner[1:]}{lines[0]}", *(f"{margin}{inner}{line}" for line in lines[1:])]
        edited = _inserted(found, _region(found, len(found.node.value) - 1)[1], entry)
    return _checked(text, edited, lambda clusters: clusters.append(cluster))


def set_state(text: str, index: int, state: str) -> str:
    """Return a blueprint in which a cluster has a state; raise EditError."""
    found = _find(text)
    entry = found.node.value[index]
    given = [value for key, value in entry.value if key.value == _STATE]
    if given:
        edited = text[: given[0].start_mark.index] + state + text[content_end(text, given[0]) :]
    elif entry.flow_style:
        at = end_of(entry.value[-1][1])
        edited = f"{text[:at]}, {_STATE}: {state}{text[at:]}"
    else:
        at = line_end(text, end_of(entry))
        edited = _inserted(found, at, [" " * entry.start_mark.column + f"{_STATE}: {state}"])
    return _checked(text, edited, lambda clusters: clusters[index].update({_STATE: state}))


def remove(text: str, index: int) -> str:
    """Return a blueprint without one of its clusters; raise EditError.

    What stands inside the entry goes with it, comments that are indented deeper than its dash included; comments
    between entries stay.
    """
    found = _find(text)
    items = found.node.value
    pieces = []
    if found.node.flow_style:
        if index:
            pieces.append((end_of(items[index - 1]), end_of(items[index])))
        else:
            pieces.append((items[0].start_mark.index, items[1].start_mark.index))
    else:
        start, end = _region(found, index)
        if not text[:end].endswith(("\n", "\r")):
            # The file had no final newline, and gets none: the one before the entry goes.
            pieces.append((len(text[:start].removesuffix("\n").removesuffix("\r")), end))
        # Where a block of text stands before the entry, its newline has to stay, and neither the blank lines after the
        # entry nor the comments that are indented like its fields must become part of it.
        pieces += [(start, end), (start, _behind_blank_lines(text, end)), (start, _behind_comments(found, end))]
    for start, end in pieces[:-1]:
        with suppress(EditError):
            return _checked(text, text[:start] + text[end:], lambda clusters: clusters.pop(index))
    start, end = pieces[-1]
    return _checked(text, text[:start] + text[end:], lambda clusters: clusters.pop(index))


def _behind_blank_lines(text: str, at: int) -> int:
    return len(text) - len(text[at:].lstrip("\r\n"))


def _find(text: str) -> _Clusters:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.tokens import BlockEntryToken

    if problems := source.parse(text.encode(), "").problems:
        raise EditError(f"the blueprint cannot be read: {problems[0].message}")
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        node = next(value for key, value in root.value if key.value == _CLUSTERS)
        if not all(isinstance(entry.value, list) and entry.value for entry in node.value) or not node.value:
            raise EditError("the list of clusters cannot be edited: it is no list of mappings")
        marks = [token.start_mark for token in yaml.scan(text) if isinstance(token, BlockEntryToken)]
    except (AttributeError, StopIteration, TypeError, ValueError, YAMLError) as error:
        raise EditError(f"the list of clusters cannot be edited: {error or 'there is none'}") from error
    # The dash of an entry is the last one of the list's own column in front of it.
    own = [mark.index for mark in marks if mark.column == node.start_mark.column]
    dashes = () if node.flow_style else tuple(max(i for i in own if i < e.start_mark.index) for e in node.value)
    return _Clusters(text, node, dashes)


def written(cluster: Data, *, braces: bool) -> list[str]:
    """Return the lines of an entry as ruamel.yaml writes it: one line in braces, or one and more per field."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.width = 1 << 20
    stream = StringIO()
    yaml.dump(_commented(cluster, braces=braces), stream)
    return stream.getvalue().splitlines()


def _commented(value: Any, *, braces: bool) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, dict):
        mapping = CommentedMap({key: _commented(item, braces=braces) for key, item in value.items()})
        if braces:
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq([_commented(item, braces=True) for item in value])
        sequence.fa.set_flow_style()
        return sequence
    if isinstance(value, str) and not emit.is_plain(value):
        return DoubleQuotedScalarString(value)
    return value


def end_of(node: Any) -> int:
    """Return where the last character of a node's content is over; a block collection ends with its last value."""
    children = [] if isinstance(node.value, str) or node.flow_style else node.value
    if not children:
        return int(node.end_mark.index)
    last = children[-1]
    return end_of(last[1] if isinstance(last, tuple) else last)


def content_end(text: str, node: Any) -> int:
    """Return where the text of a value is over: that of a block goes on to the next line, which must stay a line."""
    return len(text[: end_of(node)].rstrip(" \r\n"))


def line_end(text: str, at: int) -> int:
    """Return where the next line begins; a block of text ends there already."""
    if at and text[at - 1] == "\n":
        return at
    return text.find("\n", at) + 1 or len(text)


def _behind_comments(found: _Clusters, at: int) -> int:
    """Return where the comments and blank lines end that follow an entry and are indented deeper than its dash."""
    end = _behind_blank_lines(found.text, at)
    while (after := _deeper_comments(found, end)) != end:
        end = _behind_blank_lines(found.text, after)
    return end


def _region(found: _Clusters, index: int) -> tuple[int, int]:
    """Return the lines of an entry, with the comments at its end that are indented deeper than its dash."""
    text, dash = found.text, found.dashes[index]
    start = text.rfind("\n", 0, dash) + 1
    return start, _deeper_comments(found, line_end(text, end_of(found.node.value[index])))


def _deeper_comments(found: _Clusters, end: int) -> int:
    """Return where the comments end that follow without a blank line, and are indented deeper than a dash."""
    text = found.text
    while end < len(text):
        after = line_end(text, end + 1)
        line = text[end:after]
        body = line.lstrip(" ")
        if not body.startswith("#") or len(line) - len(body) <= found.column:
            break
        end = after
    return end


def _inserted(found: _Clusters, at: int, lines: list[str]) -> str:
    text, newline = found.text, found.newline
    if at and not text[:at].endswith("\n"):
        return text[:at] + "".join(newline + line for line in lines) + text[at:]
    return text[:at] + "".join(line + newline for line in lines) + text[at:]


def _checked(old: str, new: str, change: Callable[[list[Any]], object]) -> str:
    """Return the new text when it means the old one with the change; raise EditError otherwise."""
    before, after = (source.parse(text.encode(), "") for text in (old, new))
    change(before.data[_CLUSTERS])
    if after.problems or after.data != before.data:
        raise EditError(f"the list of clusters {by_hand(old)}")
    return new


def by_hand(text: str) -> str:
    """Return why a text that can be read cannot be edited, and what to do."""
    if source.parse(f"{text}\n".encode(), "").data != source.parse(text.encode(), "").data:
        return 'cannot be edited: the file ends within a block of text; end its last line, or write "|-" or ">-"'
    return "is written in a way that cannot be edited safely: do it by hand"
