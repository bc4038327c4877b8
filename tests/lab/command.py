"""How the commands of labs are called: what a lab cannot do is told in words, without a traceback."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tests.lab.plan import LabError

if TYPE_CHECKING:
    from click import Command


def call(command: Command, module: str) -> None:
    """Run a command that `python -m MODULE` is; exit 3 with the reason when a lab fails."""
    try:
        command.main(prog_name=f"python -m {module}")
    except LabError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(3)
