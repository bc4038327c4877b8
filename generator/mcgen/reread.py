"""Reads YAML of a tree, which a build wrote and anybody may have changed since: plain data, or one exception.

libyaml recurses for every level and follows aliases, so that a small file could end the program or fill the memory.
mcgen writes nothing that is deep, and no alias.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from mcgen.walk import MAX_DEPTH

# More than any blueprint's, whose values stand some levels deeper in the tree.
_LEVELS = 2 * MAX_DEPTH
# The levels that a line opens by itself: of sequences and of complex keys, or by its indentation.
_DEEP = re.compile(rf"^[ ?:\t-]{{{_LEVELS}}}".encode(), re.MULTILINE)
# What PyYAML's constructors raise for a scalar that is none of its tag, such as a month 13 or an integer without end.
_ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class TextKeys(yaml.CSafeLoader):
    """Reads mappings as Kubernetes knows them: keys are texts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Return a mapping; raise ConstructorError for a key that is no text."""
        found = super().construct_mapping(node, deep=deep)
        if not all(isinstance(key, str) for key in found):
            raise yaml.constructor.ConstructorError(None, None, "a key is not text", node.start_mark)
        return found


class _Loader(TextKeys):
    """Reads integers of 64 bits, and no others."""


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    found: int = loader.construct_yaml_int(node)
    if not -(2**63) <= found < 2**64:
        raise yaml.constructor.ConstructorError(None, None, "an integer is too large", node.start_mark)
    return found


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


class Unreadable(Exception):  # noqa: N818 - a property of the file
    """What stands there is no YAML, or none that a build writes. line: 1 is the first, 0 where it is not known."""

    def __init__(self, problem: str, line: int = 0) -> None:
        """Take what is wrong, in words, and the line."""
        super().__init__(problem)
        self.problem = problem
        self.line = line


def documents(raw: bytes | str, loader: type[yaml.CSafeLoader] = _Loader) -> list[Any]:
    """Return the documents of a file, also those with nothing in them; raise Unreadable."""
    try:
        if _is_suspect(raw):
            _look(raw)
        return list(yaml.load_all(raw, Loader=loader))
    except yaml.YAMLError as error:
        line = _line(getattr(error, "problem_mark", None))
        raise Unreadable(str(getattr(error, "problem", None) or error), line) from error
    except _ODD as error:
        raise Unreadable(f"it holds what cannot be read ({error})") from error


def document(raw: bytes | str) -> Any:
    """Return the first document of a file, None where there is none; raise Unreadable."""
    return next(iter(documents(raw)), None)


def _is_suspect(raw: bytes | str) -> bool:
    """Return whether a text may be deep, or have aliases: looking closely takes as long as reading does."""
    if isinstance(raw, str):
        # Errors in the encoding are libyaml's to tell of.
        raw = raw.encode(errors="replace")
    # libyaml knows other line ends than this pattern does, and UTF-16.
    if not raw.isascii() or b"\r" in raw or b"\0" in raw:
        return True
    return raw.count(b"[") + raw.count(b"{") > _LEVELS or (b"&" in raw and b"*" in raw) or bool(_DEEP.search(raw))


def _look(raw: bytes | str) -> None:
    """Raise Unreadable for what is deep or has aliases; libyaml's events need no stack of the program's."""
    depth = 0
    for event in yaml.parse(raw, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(f"it repeats a part of itself (*{event.anchor})", _line(event.start_mark))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _LEVELS:
                raise Unreadable(f"it is nested deeper than {_LEVELS} levels", _line(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 0
