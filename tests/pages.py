"""What stands in a page of Markdown, and what a shell makes of the commands in it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from markdown_it import MarkdownIt

from mcgen.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

SHELL = {"sh", "bash"}
# There, commands begin with `$ `, go on with `> `, and are followed by what they print.
SESSION = "console"
_MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
_COMMAND = re.compile(r"(mcgen|kubectl|istioctl|kubeseal|kustomize|argocd) \S")
_ABSOLUTE = re.compile(r"(>>? *)/")
_REDIRECTED = re.compile(r"[^0-9&]>>? *([^\s&|;]+)/")
# Without a PATH every program is one that bash does not find, and this function has its words, as bash expanded them.
# The programs of a pipeline run at once: each has a file of its own.
_PROLOGUE = r"""
PATH=/nowhere
command_not_found_handle() { printf '%s\0' "$@" >"$LOG/$EPOCHREALTIME.$BASHPID"; }
cd() { :; }
source() { :; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command as a program gets it. whole: from a block, where nothing is left out; otherwise from a sentence."""

    words: tuple[str, ...]
    whole: bool


def commands(text: str) -> Iterator[Command]:
    """Yield every command of a page: those of its shell blocks, and those named in its sentences."""
    for token in _tokens(text):
        if token.type == "fence" and token.info.strip() in SHELL:
            yield from (Command(words=words, whole=True) for words in run(token.content))
        elif token.type == "fence" and token.info.strip() == SESSION:
            typed = re.findall(r"^(?:\$|>) (.*)$", token.content, re.MULTILINE)
            yield from (Command(words=words, whole=True) for words in run("\n".join(typed)))
        elif token.type == "code_inline" and _COMMAND.match(token.content):
            yield from (Command(words=words, whole=False) for words in run(token.content))


def links(text: str) -> Iterator[str]:
    """Yield where the links and pictures of a page lead."""
    for token in _tokens(text):
        target = token.attrGet("href") or token.attrGet("src")
        if target:
            yield str(target)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as Git hosts make them."""
    found: set[str] = set()
    tokens = _MARKDOWN.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        words = "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        number = next(i for i in range(len(found) + 1) if (f"{slug}-{i}" if i else slug) not in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


def run(script: str) -> list[tuple[str, ...]]:
    """Return the programs that bash would start for a script, with their words; raise AssertionError if it cannot."""
    # What it writes stays in a folder that goes.
    script = _ABSOLUTE.sub(r"\1", script)
    with TemporaryDirectory() as folder:
        for parent in _REDIRECTED.findall(script):
            (Path(folder) / parent.removeprefix("~/")).mkdir(parents=True, exist_ok=True)
        log = Path(folder) / "log"
        log.mkdir()
        done = subprocess.run(
            ["bash", "-c", f"{_PROLOGUE}\n{script}"],
            env={"LOG": str(log), "HOME": folder, "LC_ALL": "C"},
            cwd=folder, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stderr}\n{script}"
        assert not done.stderr, f"{done.stderr}\n{script}"
        return [tuple(file.read_text(encoding="utf-8").split("\0")[:-1]) for file in sorted(log.iterdir())]


def refusal(command: Command) -> str:
    """Return why mcgen would not take the options of a command, empty when it would; nothing is run."""
    group: click.Command = cli
    context, words = click.Context(cli, info_name="mcgen"), list(command.words[1:])
    try:
        while isinstance(group, click.Group) and words and not words[0].startswith("-"):
            name = words.pop(0)
            found = group.get_command(context, name)
            if found is None:
                return f"there is no command '{name}'"
            group, context = found, click.Context(found, info_name=name, parent=context)
        values, rest, _ = group.make_parser(context).parse_args(words)
        if rest and not isinstance(group, click.Group):
            return f"too much: {rest}"
        for parameter in group.get_params(context):
            _take(parameter, values.get(parameter.name or ""), context, whole=command.whole)
    except click.ClickException as error:
        return error.format_message()
    return ""


def _take(parameter: click.Parameter, value: object, context: click.Context, *, whole: bool) -> None:
    missing = value is None or value == () or repr(value) == "Sentinel.UNSET"
    if missing and parameter.required and whole and "help" not in context.args:
        raise click.MissingParameter(ctx=context, param=parameter)
    # Files need not be there, and a sentence may say `mcgen completion SHELL`; what stands in a block is judged.
    if whole and not missing and isinstance(parameter.type, click.Choice | click.IntRange | click.FloatRange):
        convert: Any = parameter.type.convert
        for each in value if isinstance(value, list | tuple) else [value]:
            convert(each, parameter, context)


def _tokens(text: str) -> Iterator[Token]:
    for token in _MARKDOWN.parse(text):
        yield token
        yield from token.children or ()
