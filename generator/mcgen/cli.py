"""The command line: finds a command, runs it, and turns what happens into words and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from mcgen import __version__
from mcgen.problems import McgenError, ProblemsFound

# The help of `mcgen` itself must not import every command.
COMMANDS = {
    "build": "Make the tree of a blueprint.",
    "validate": "Check a blueprint, or a tree that was built.",
    "diff": "Say what a change does to the mesh, and how risky it is.",
    "bootstrap": "Seal the remote secrets, and find what chains wait for.",
    "doctor": "Compare a live Argo CD and live clusters with the blueprint.",
    "init": "Write a first blueprint.",
    "add": "Add a cluster to a blueprint.",
    "remove": "Take a cluster out of a mesh, phase by phase.",
    "graph": "Draw the mesh of a blueprint.",
    "schema": "Print the JSON Schema of blueprints.",
    "explain": "Explain a code, or a stage of the order.",
}

EXIT_PROBLEMS, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_INTERRUPTED = 1, 2, 3, 130


class Lazy(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"mcgen.commands.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcgen")
def cli() -> None:
    """GitOps manifests for one Istio service mesh over many Kubernetes clusters."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 fine, 1 problems, 2 usage, 3 environment, 130 interrupted."""
    try:
        code: Any = cli.main(arguments, prog_name="mcgen", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("mcgen: interrupted", err=True)
        return EXIT_INTERRUPTED
    except ProblemsFound as found:
        from mcgen.output import show

        show(found.problems, "text", found.lines)
        return found.exit_code
    except McgenError as error:
        from mcgen.report import printable

        click.echo(f"mcgen: {printable(str(error))}", err=True)
        return error.exit_code
    except BrokenPipeError:
        # The reader went away (`mcgen ... | head`): nothing to say.
        _write_no_more()
        return EXIT_PROBLEMS
    except OSError as error:
        with suppress(OSError):
            click.echo(f"mcgen: {_refused(error)}", err=True)
        _write_no_more()
        return EXIT_ENVIRONMENT
    return code if isinstance(code, int) else 0


def _refused(error: OSError) -> str:
    """Return what the system refused outside the tree: a file of mcgen's own, or the place that its output goes to."""
    from mcgen.report import printable

    where = f" at '{printable(str(error.filename))}'" if error.filename else ""
    reason = error.strerror or printable(str(error))
    return f"the system refused to read or write{where}: {reason}; put that right and run the same command again"


def _write_no_more() -> None:
    """Let nothing that is still to be written to standard output fail when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
