"""Make the reference pages of docs/ from the code: commands, blueprint, facts, stages.

`python tools/reference.py` writes them; tests/docs/test_reference.py says when one is not what the code gives.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import yaml

from mcgen import blueprint, emit, shape, stages
from mcgen.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
_MADE = "<!-- Made by tools/reference.py from the code. Do not edit: `make golden` makes it again. -->"
_CODE = re.compile(r"(`[^`]*`)")
_NAMES = {blueprint.LABEL: "name", blueprint.CIDR: "range"}
_TYPES = {"string": "text", "boolean": "true or false", "object": "mapping", "integer": "number"}


def pages() -> dict[str, str]:
    """Return the pages: file in docs/ -> text."""
    return {
        "commands.md": "\n".join(_commands()),
        "blueprint.md": "\n".join(_blueprint()),
        "facts.md": "\n".join(_facts()),
        "stages.md": "\n".join(_stages()),
    }


def _commands() -> Iterator[str]:
    yield from (_MADE, "# Commands", "")
    yield from (
        "Exit codes are the same for all of them: 0 fine, 1 problems or differences, 2 wrong use, 3 the environment "
        "failed (a program, a cluster, a disk), 130 interrupted. What a code such as MC204 means is in "
        "[rules.md](rules.md).",
        "",
    )
    context = click.Context(cli, info_name="mcgen", help_option_names=["-h", "--help"])
    commands = list(_all(cli, context))
    found = [dict(_options(command, inner)) for command, inner in commands]
    everywhere = set(found[0]).intersection(*found)
    yield from ("Every command takes these options, before its arguments or behind them:", "")
    yield from (*_table(("option", ""), [row for name, row in found[0].items() if name in everywhere]), "")
    for command, inner in commands:
        yield from _command(command, inner, everywhere)


def _all(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _all(command, inner)
        else:
            yield command, inner


def _command(command: click.Command, context: click.Context, everywhere: set[str]) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f"## {context.command_path}", "", "```text", f"{context.command_path} {usage}", "```", "")
    for paragraph in (command.help or "").split("\n\n"):
        yield from (_cell(" ".join(paragraph.split())), "")
    rows = [row for option, row in _options(command, context) if option not in everywhere]
    if rows:
        yield from (*_table(("option", ""), rows), "")


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each option of a command with its row of a table."""
    for option in command.params:
        if isinstance(option, click.Option) and option.name:
            forms, words = option.get_help_record(context) or ("", "")
            yield option.name, (f"`{forms}`", _cell(" ".join(words.split())))


def _blueprint() -> Iterator[str]:
    yield from (_MADE, "# The blueprint", "")
    yield from (
        "One file describes a mesh. This is the least that one needs:",
        "",
        "```yaml",
        (CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8").rstrip(),
        "```",
        "",
        "[blueprints/three-clouds.yaml](../blueprints/three-clouds.yaml) uses every option, but for those of the other "
        "backend for secrets, and the examples below are from it. `mcgen schema` prints all this as a JSON Schema, for "
        "editors.",
        "",
        "A *name* has lower-case letters, digits and `-`, begins and ends with a letter or digit, and has 63 "
        "characters at most (40 where it is part of other names). A *range* is a CIDR such as `203.0.113.0/28`. "
        "Where the default is empty, the description says what happens. Nothing may be `null`, and a key that is not "
        "listed here is an error.",
        "",
    )
    sample = yaml.safe_load((CHECKOUT / "blueprints/three-clouds.yaml").read_text(encoding="utf-8"))
    yield from _section(shape.blueprint_schema(), "", shape.blueprint_schema(), sample)


def _facts() -> Iterator[str]:
    yield from (_MADE, "# The facts", "")
    yield from (
        "What `mcgen bootstrap` finds on live clusters stands in the tree, in `.mcgen/facts.yaml`. It is an input of "
        "`mcgen build` beside the blueprint: keep it in Git, and do not delete it. People edit it only where a page "
        "says so.",
        "",
    )
    sample: dict[str, Any] = {
        "apiVersion": blueprint.API_VERSION,
        "kind": "Facts",
        "addresses": {"gke": "203.0.113.10"},
        "tokens": {"gke": {"aks": ["1", "2"]}},
        "certificates": {"gke": {"fingerprint": "sha256:" + 64 * "0", "notAfter": "2036-11-24"}},
        "pushed": {"gke": {"aks": {"number": 1, "token": "1"}}},
        "authorities": {"gke": {"number": 1, "root": "sha256:" + 64 * "0", "expires": "2028-11-29"}},
    }
    yield from ("```yaml", emit.emit([sample]).rstrip(), "```", "")
    yield from _section(shape.facts_schema(), "", shape.facts_schema(), {})


def _stages() -> Iterator[str]:
    yield from (_MADE, "# The stages", "")
    yield from (
        "The chain of a cluster syncs its stages one after the other, each in a sync wave; [ordering.md](ordering.md) "
        "says how that is held. `mcgen explain STAGE` prints one of these. Not every cluster has every stage.",
        "",
    )
    yield from (*_table(("wave", "stage", "over when"), [
        (str(stage.wave), f"[{stage.name}](#{stage.name})", _cell(stage.healthy)) for stage in stages.STAGES
    ]), "")  # fmt: skip
    for stage in stages.STAGES:
        yield from (f"## {stage.name}", "", f"Wave {stage.wave}. In it: {_cell(stage.what)}.", "")
        yield from (f"Over when {_cell(stage.healthy)}.", "", f"Why here: {_cell(stage.why)}.", "")
        yield from (f"If that takes long: {_cell(stage.look)}.", "")


def _section(node: dict[str, Any], place: str, schema: dict[str, Any], sample: Any) -> Iterator[str]:
    """Yield the table of an object and, below it, those of the objects in it; sample: one that is written out."""
    found = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if place:
        yield from (f"## `{place}`", "", _cell(found["description"]), "")
    inner: list[tuple[dict[str, Any], str, Any]] = []
    rows = []
    for name, field in found["properties"].items():
        path = f"{place}.{name}" if place else name
        value = sample.get(name) if isinstance(sample, dict) else None
        section, suffix, value = _object(field, value)
        if section:
            inner.append((section, path + suffix, value))
        kind = _kind(field, path + suffix if section else "")
        rows.append((f"`{name}`", kind, _default(name, field, found), _words(field)))
    yield from (*_table(("field", "type", "default", ""), rows), "")
    if place and (shown := _example(sample, found)):
        yield from ("```yaml", emit.emit([_nested(place, shown)]).rstrip(), "```", "")
    for section, path, value in inner:
        yield from _section(section, path, schema, value)


def _object(field: dict[str, Any], value: Any) -> tuple[dict[str, Any] | None, str, Any]:
    """Return the object that a field holds, what its path ends with, and a sample of it."""
    if "$ref" in field:
        return field, "", value
    if "$ref" in field.get("items", {}):
        return field["items"], "[]", max(value, key=lambda each: len(str(each))) if value else None
    if isinstance(members := field.get("additionalProperties"), dict):
        section, suffix, value = _object(members, next(iter(value.values())) if value else None)
        return section, f".*{suffix}" if section else "", value
    for option in field.get("anyOf", ()):
        if "$ref" in option:
            return option, "", value
    return None, "", None


def _example(sample: Any, found: dict[str, Any]) -> Any:
    """Return a sample without the objects in it that have a table of their own."""
    if not isinstance(sample, dict):
        return None
    return {key: value for key, value in sample.items() if not _object(found["properties"][key], None)[0]}


def _nested(place: str, value: Any) -> Any:
    """Return a value under the keys of a path such as `clusters[].gateway`."""
    for step in reversed(place.split(".")):
        key = "gke" if step == "*" else step.removesuffix("[]")
        value = {key: [value] if step.endswith("[]") else value}
    return value


def _kind(field: dict[str, Any], section: str) -> str:
    if "anyOf" in field:
        return " or ".join(_kind(option, section if "$ref" in option else "") for option in field["anyOf"])
    if section and "$ref" in field:
        return f"[section](#{_slug(section)})"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_kind(field['items'], section).replace('[section]', '[sections]')}"
    if field["type"] == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"mapping of {_kind(field['additionalProperties'], section).replace('[section]', '[sections]')}"
    kind = _NAMES.get(field.get("pattern", ""), _TYPES[field["type"]])
    return f"{kind}, {field['minimum']} to {field['maximum']}" if "minimum" in field else kind


def _default(name: str, field: dict[str, Any], found: dict[str, Any]) -> str:
    if name in found.get("required", ()):
        return "**required**"
    value = field.get("default")
    if "$ref" in field or value in (None, "", [], {}):
        return ""
    return f"`{'true' if value is True else 'false' if value is False else value}`"


def _words(field: dict[str, Any]) -> str:
    words = _cell(field["description"])
    examples = field.get("examples") or field.get("items", {}).get("examples") or []
    shown = [each for each in examples if isinstance(each, str | int) and each != field.get("default")]
    if not shown or field.get("pattern") == blueprint.CIDR:
        return words
    return f"{words} For example " + ", ".join(f"`{example}`" for example in shown) + "."


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in (head, tuple("---" for _ in head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _cell(text: str) -> str:
    """Return a description as Markdown: what is no code must not become HTML or a list."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else re.sub(r"([<*_\[\]])", r"\\\1", part) for part in parts)


def _slug(heading: str) -> str:
    """Return the anchor that GitHub and the docs site give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


if __name__ == "__main__":
    for page, text in pages().items():
        (DOCS / page).write_text(text, encoding="utf-8")
