"""Prints the man page of mcgen, made from its commands: `python tools/manpage.py > docs/mcgen.1`.

One page for all commands. click-man would make a page for each, with the date of the day in it.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import jinja2

from mcgen import terminal
from mcgen.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = r"""
.\" Made by tools/manpage.py. Do not edit.
.TH MCGEN 1 "" "mcgen" "User Commands"
.SH NAME
mcgen \- GitOps manifests for one Istio service mesh over many Kubernetes clusters
.SH SYNOPSIS
.B mcgen
.I COMMAND
[OPTIONS]
.SH DESCRIPTION
Makes the Kustomize overlays, Argo CD Applications and IstioOperators of a mesh from one blueprint, in an order that
holds: gateways of a remote cluster wait for its remote secret.
.SH COMMANDS
{% for command in commands %}
.SS {{ command.usage }}
{% for text in command.text %}
.PP
{{ text }}
{% endfor %}
{% for option, text in command.options %}
.TP
.B {{ option }}
{{ text }}
{% endfor %}
{% endfor %}
.SH COMMON OPTIONS
{% for option, text in common %}
.TP
.B {{ option }}
{{ text }}
{% endfor %}
.SH EXIT STATUS
.TP
0
fine
.TP
1
problems or differences
.TP
2
wrong use
.TP
3
a program or the environment failed
.TP
130
interrupted
.SH ENVIRONMENT
.TP
.B NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, CLICOLOR, TERM
Whether colours are used, in this order, after \-\-color.
.SH SEE ALSO
kubectl(1), git(1); every code: mcgen explain
"""


def page() -> str:
    made = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)
    common = [_option(option, click.Context(cli)) for option in terminal.options()]
    return made.from_string(PAGE.lstrip()).render(commands=list(_commands(cli, "mcgen")), common=common) + "\n"


def _commands(group: click.Group, path: str) -> Iterator[dict[str, object]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        whole = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from _commands(command, whole)
            continue
        inner = click.Context(command, info_name=whole)
        parameters = " ".join(p.make_metavar(inner) for p in command.params if isinstance(p, click.Argument))
        common = {option.name for option in terminal.options()}
        options = [p for p in command.params if isinstance(p, click.Option) and p.name not in common]
        yield {
            "usage": _roff(f"{whole} {parameters}".strip()),
            "text": [_roff(part) for part in _paragraphs(command.help or "")],
            "options": [_option(option, inner) for option in options],
        }


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    record = option.get_help_record(context)
    assert record
    return _roff(record[0]), _roff(record[1])


def _paragraphs(text: str) -> Iterator[str]:
    for part in inspect.cleandoc(text).split("\n\n"):
        lines = part.removeprefix("\b\n").splitlines()
        yield "\n.br\n".join(lines) if part.startswith("\b") else " ".join(lines)


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    # A line that begins so is a request to roff; our own line breaks are meant.
    return re.sub(r"^(?!\.br$)([.'])", r"\\&\1", escaped, flags=re.MULTILINE)


if __name__ == "__main__":
    print(page(), end="")
