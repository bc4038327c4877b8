"""The command line: finds a command, runs it, and turns what happens into words and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

import click

from mcgen import __version__, terminal
from mcgen.problems import McgenError, ProblemsFound

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# The help of `mcgen` itself must not import every command.
COMMANDS = {
    "build": "Make the tree of a blueprint.",
    "validate": "Check a blueprint, or a tree that was built.",
    "diff": "Say what a change does to the mesh, and how risky it is.",
    "bootstrap": "Seal the remote secrets, and find what chains wait for.",
    "doctor": "Compare a live Argo CD and live clusters with the blueprint.",
    "verify": "Check that a live mesh does what its blueprint says.",
    "init": "Write a first blueprint.",
    "import": "Make a blueprint of manifests that are there already.",
    "add": "Add a cluster to a blueprint.",
    "remove": "Take a cluster out of a mesh, phase by phase.",
    "upgrade": "Move a mesh to another Istio, step by step.",
    "migrate": "Write a blueprint in the newest version of its format.",
    "codeowners": "Print who must review which cluster.",
    "graph": "Draw the mesh, as a page to look around in or for documents.",
    "schema": "Print the JSON Schema of blueprints.",
    "explain": "Explain a code, a stage of the order, a word, or a field.",
    "comment": "Put what changes on a pull request, in place of the last one.",
    "completion": "Print the completion of a shell.",
}

EXIT_PROBLEMS, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_INTERRUPTED = 1, 2, 3, 130
_FULL = {errno.ENOSPC, errno.EDQUOT}


class Lazy(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of a name, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        # A word of Python's own cannot be the name of a function.
        name = "import_" if cmd_name == "import" else cmd_name
        command: click.Command = getattr(import_module(f"mcgen.commands.{name}"), name)
        return _equipped(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called and its arguments; of an unknown one say which may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f"Did you mean '{near[0]}'?" if near else "`mcgen --help` lists all of them."
            ctx.fail(f"No such command '{args[0]}'. {hint}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a shell offers after `mcgen`, without importing any command."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        named = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _equipped(command: click.Command) -> click.Command:
    """Give a command, and those below it, the options that all have; they stand last in its help."""
    for each in (command, *getattr(command, "commands", {}).values()):
        if not any(option.name == "quiet" for option in each.params):
            each.params.extend(terminal.options())
    return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcgen")
def cli() -> None:
    """GitOps manifests for one Istio service mesh over many Kubernetes clusters."""


_equipped(cli)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 fine, 1 problems, 2 usage, 3 environment, 130 interrupted."""
    terminal.reset()
    try:
        return _flushed(_run(arguments))
    except BrokenPipeError:
        # The reader went away (`mcgen ... | head`): nothing to say, and nothing more may be written.
        _discard(sys.stdout)
        return EXIT_PROBLEMS
    except OSError as error:
        return _refused(error)
    except KeyboardInterrupt:
        click.echo("mcgen: interrupted", err=True)
        return EXIT_INTERRUPTED


def _flushed(code: int) -> int:
    """Write what still waits in the buffer: it too may find the disk full, or the reader gone."""
    sys.stdout.flush()
    return code


def _run(arguments: list[str] | None) -> int:
    try:
        code: Any = cli.main(arguments, prog_name="mcgen", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        from io import StringIO

        from mcgen.report import printable

        # It quotes arguments, which must not steer the terminal.
        error.show(said := StringIO())
        click.echo(
            "".join(f"{printable(line.expandtabs())}\n" for line in said.getvalue().splitlines()), nl=False, err=True
        )
        return EXIT_USAGE
    except click.Abort:
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
    return code if isinstance(code, int) else 0


def _refused(error: OSError) -> int:
    """Say what the operating system refused, which is nobody's mistake in a blueprint; --verbose shows where."""
    from mcgen.report import printable

    where = f"'{printable(os.fsdecode(error.filename))}'" if error.filename is not None else _nameless()
    remedy = "free some space, or write elsewhere" if error.errno in _FULL else "put that right"
    _discard(sys.stdout)
    try:
        if terminal.is_verbose():
            import traceback

            traceback.print_exception(error)
        click.echo(
            f"mcgen: {where}: {error.strerror or printable(str(error))}: {remedy} and run the command again", err=True
        )
    except OSError:
        _discard(sys.stderr)
    return EXIT_ENVIRONMENT


def _nameless() -> str:
    """Return what an error without a file is about."""
    try:
        os.getcwd()  # noqa: PTH109 - no import for it
    except OSError:
        return "the folder in which this runs"
    return "standard output"


def _discard(stream: TextIO) -> None:
    """Let nothing more be written: what is still in the buffer would fail again when the program ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
