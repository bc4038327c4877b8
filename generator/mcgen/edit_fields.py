"""Edits of single fields of a blueprint: one comes, changes or goes, and every other byte stays.

As in `edit`: ruamel.yaml says where things stand, and each edit is read back and must mean what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import source
from mcgen.edit import EditError, by_hand, content_end, end_of, line_end, written

if TYPE_CHECKING:
    from mcgen.tree import Data, DataPath


def put(text: str, path: tuple[str, ...], value: str | Data) -> str:
    """Return a blueprint in which a field has a value, a new one at the end of its section; raise EditError.

    The section must be there. A mapping is written in braces.
    """
    section = _section(text, path)
    shown = _shown(value)
    given = [found for key, found in section.value if key.value == path[-1]]
    if given:
        start, end = given[0].start_mark.index, content_end(text, given[0])
        edited = text[:start] + shown + text[end:]
    elif section.flow_style:
        at = end_of(section.value[-1][1])
        edited = f"{text[:at]}, {path[-1]}: {shown}{text[at:]}"
    else:
        at = line_end(text, end_of(section))
        newline = "\r\n" if "\r\n" in text else "\n"
        line = f"{' ' * section.start_mark.column}{path[-1]}: {shown}"
        whole = text[:at].endswith("\n")
        edited = text[:at] + (line + newline if whole else newline + line) + text[at:]
    return _checked(text, edited, path, value)


def drop(text: str, path: tuple[str, ...]) -> str:
    """Return a blueprint without a field, which must be there; raise EditError."""
    section = _section(text, path)
    keys = [key.value for key, _ in section.value]
    if path[-1] not in keys:
        raise EditError(f"there is no {'.'.join(path)} in the blueprint")
    index = keys.index(path[-1])
    key, value = section.value[index]
    if not section.flow_style:
        start, end = text.rfind("\n", 0, key.start_mark.index) + 1, line_end(text, end_of(value))
    elif index:
        start, end = end_of(section.value[index - 1][1]), end_of(value)
    else:
        start = key.start_mark.index
        end = section.value[1][0].start_mark.index if len(keys) > 1 else end_of(value)
    return _checked(text, text[:start] + text[end:], path, None)


def rename(text: str, path: DataPath, name: str) -> str:
    """Return a blueprint in which a field, which must be there, has another name; raise EditError."""
    section = _section(text, path)
    key = next(key for key, _ in section.value if key.value == path[-1])
    edited = text[: key.start_mark.index] + name + text[key.end_mark.index :]
    before, after = (source.parse(each.encode(), "") for each in (text, edited))
    holder = before.data
    for step in path[:-1]:
        holder = holder[step]
    holder[name] = holder.pop(path[-1])
    if after.problems or after.data != before.data:
        raise EditError(f"{_dotted(path)} {by_hand(text)}")
    return edited


def _section(text: str, path: DataPath) -> Any:
    """Return ruamel's node of the mapping that holds a field."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if problems := source.parse(text.encode(), "").problems:
        raise EditError(f"the blueprint cannot be read: {problems[0].message}")
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        for name in path[:-1]:
            within = node.value
            node = within[name] if isinstance(name, int) else next(value for key, value in within if key.value == name)
        if isinstance(node.value, str) or not all(isinstance(entry, tuple) for entry in node.value) or not node.value:
            raise EditError(f"{_dotted(path[:-1])} {by_hand(text)}")
    except YAMLError as error:
        raise EditError(f"{_dotted(path[:-1])} {by_hand(text)}") from error
    except (AttributeError, IndexError, StopIteration, TypeError, ValueError) as error:
        raise EditError(f"{_dotted(path[:-1])} cannot be edited: it is not there") from error
    return node


def _dotted(path: DataPath) -> str:
    return ".".join(map(str, path))


def _shown(value: str | Data) -> str:
    line = written({"value": value}, braces=True)[0]
    return line.removeprefix("{value: ").removesuffix("}")


def _checked(old: str, new: str, path: tuple[str, ...], value: Any) -> str:
    """Return the new text when it means the old one with the change; raise EditError otherwise."""
    before, after = (source.parse(text.encode(), "") for text in (old, new))
    section = before.data
    for name in path[:-1]:
        section = section[name]
    if value is None:
        del section[path[-1]]
    else:
        section[path[-1]] = value
    if after.problems or after.data != before.data:
        raise EditError(f"{'.'.join(path)} {by_hand(old)}")
    return new
