"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mcgen.commands import complete
from mcgen.output import FORMATS
from mcgen.validators import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

validator_option = click.option(
    "--validator",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="What checks the tree; auto: kubeconform where it is on PATH, otherwise embedded.",
)


def pairs_option(name: str, value: str, text: str) -> Callable[[Function], Function]:
    """Return an option that may be given once per cluster as NAME=VALUE; the command gets a mapping."""

    def split(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
        found = {}
        for pair in given:
            cluster, equals, rest = pair.partition("=")
            if not cluster or not equals or not rest:
                raise click.BadParameter(f"'{pair}' is not CLUSTER={value}", ctx, parameter)
            found[cluster] = rest
        return found

    return click.option(
        name, multiple=True, metavar=f"CLUSTER={value}", callback=split, shell_complete=complete.pairs, help=text
    )


def file_option(what: str) -> Callable[[Function], Function]:
    """Return the option by which a command writes to a file; it gets None for standard output, which `-` names too."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        callback=lambda _, __, given: None if given == Path("-") else given,
        help=f"{what} [standard output].",
    )


form_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How problems are printed.",
)


def live_options(what: str) -> Callable[[Function], Function]:
    """Return the options by which a command reaches Argo CD and asks it whether the last phase or step is over."""
    options = (
        click.option("--argocd-context", default="", help="The context of the cluster that Argo CD runs in."),
        click.option("--kubeconfig", default="", metavar="FILE", help="How to reach it: the current context counts."),
        click.option(
            "--timeout", type=click.FloatRange(1, 600), default=15, show_default=True, help="Seconds per request."
        ),
        click.option(
            "--assume-live", is_flag=True, help=f"Do not ask Argo CD: you have seen that the last {what} is over."
        ),
    )

    def add(function: Function) -> Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add
