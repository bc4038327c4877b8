"""What the person at the terminal wants to see, and what their terminal can show; set once, at the edge."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mcgen.tree import File

NARROWEST: Final = 40
_IN_A_FILE: Final = 100
_PATIENCE = 1.0
_COLOURS = {"good": "\x1b[32m", "bad": "\x1b[31m", "doubtful": "\x1b[33m", "strong": "\x1b[1m", "weak": "\x1b[2m"}
_RESET = "\x1b[0m"
_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")


@dataclass(slots=True)
class _Wishes:
    quiet: bool = False
    verbose: bool = False
    colour: str = "auto"


_wishes = _Wishes()


def reset() -> None:
    """Forget what was wished for: another command begins."""
    _wishes.quiet, _wishes.verbose, _wishes.colour = False, False, "auto"


def _wish(_: click.Context, parameter: click.Parameter, value: Any) -> None:
    # An option may stand before the command and after it: what was said once is not taken back by silence.
    if value:
        setattr(_wishes, parameter.name or "", value)
    if _wishes.quiet and _wishes.verbose:
        raise click.UsageError("--quiet and --verbose contradict each other: give one of them")


def options() -> list[click.Option]:
    """Return the options that every command has."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _wish}
    return [
        click.Option(["-q", "--quiet"], is_flag=True, help="Print problems and what was asked for alone.", **shared),
        click.Option(["-v", "--verbose"], is_flag=True, help="Also print what is done, and every warning.", **shared),
        click.Option(
            ["--color", "colour"],
            type=click.Choice(("auto", "always", "never")),
            help="Whether to use colours [auto: on a terminal, unless NO_COLOR says no].",
            **shared,
        ),
    ]


def is_quiet() -> bool:
    """Return whether only problems and results are to be printed."""
    return _wishes.quiet


def is_verbose() -> bool:
    """Return whether everything is to be printed."""
    return _wishes.verbose


def colours(stream: TextIO) -> bool:
    """Return whether to use colours: as --color says, then NO_COLOR, FORCE_COLOR, CLICOLOR, and on a terminal."""
    if _wishes.colour != "auto":
        return _wishes.colour == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return os.environ.get("CLICOLOR") != "0" and os.environ.get("TERM") != "dumb" and stream.isatty()


def width(stream: TextIO) -> int:
    """Return how many columns there are, 0 where nobody looks and lines are best left whole."""
    if not stream.isatty():
        return 0
    import shutil

    return max(NARROWEST, shutil.get_terminal_size((_IN_A_FILE, 24)).columns)


def wrap(line: str, columns: int, indent: str) -> list[str]:
    """Return the line in pieces that fit, the further ones indented; as it is for no columns.

    What has no spaces is not taken apart: paths and commands are copied from terminals.
    """
    if not columns or len(line) <= columns:
        return [line]
    import textwrap

    at = len(line) - len(line.lstrip())
    if at == len(line):
        return [line]
    return textwrap.wrap(line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def paint(text: str, style: str, *, colour: bool) -> str:
    """Return the text in a style: good, bad, doubtful, strong or weak."""
    return f"{_COLOURS[style]}{text}{_RESET}" if colour else text


def out(text: str) -> None:
    """Print a result, whose colours stand in it already."""
    click.echo(text, nl=False, color=True)


def say(text: str) -> None:
    """Print what is nice to know on standard output: summaries, hints, what comes next; not with --quiet."""
    if _wishes.quiet:
        return
    columns = width(sys.stdout)
    for line in text.split("\n"):
        click.echo("\n".join(wrap(line, columns, " " * (len(line) - len(line.lstrip()) + 2))))


def detail(text: str) -> None:
    """Print what only --verbose shows, on standard error, without the logins of addresses."""
    if _wishes.verbose:
        click.echo(f"mcgen: {_LOGIN.sub('[hidden]', text)}", err=True)


@contextmanager
def progress(what: str, total: int | None = None, *, form: str = "text") -> Iterator[Callable[[int], None]]:
    """Show how far long work is: once it takes more than a second, on a terminal, and gone at its end.

    total: of steps, None when nobody knows. form: of the command's output; with any but text nobody watches. Yields
    what takes the number of steps that are done.
    """
    if form != "text" or _wishes.quiet or _wishes.verbose or not sys.stderr.isatty():
        yield lambda _: None
        return
    import threading

    bar = _Bar(what, total)
    timer = threading.Timer(_PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield bar.update
    finally:
        timer.cancel()
        bar.stop()


class _Bar:
    """A progress bar that is started by a timer, or never."""

    def __init__(self, what: str, total: int | None) -> None:
        import threading

        self._what, self._total, self._done, self._shown = what, total, 0, 0
        self._step = max(1, (total or 1) // 200)
        self._lock = threading.Lock()
        self._over = False
        self._bar: Any = None
        self._task: Any = None

    def start(self) -> None:
        # Imported here: most work is over before.
        from rich.console import Console
        from rich.progress import Progress

        with self._lock:
            if self._over:
                return
            console = Console(stderr=True, force_terminal=True, no_color=not colours(sys.stderr))
            self._bar = Progress(console=console, transient=True)
            self._task = self._bar.add_task(self._what, total=self._total, completed=self._done)
            self._bar.start()

    def update(self, done: int) -> None:
        self._done = done
        if self._bar is not None and done - self._shown >= self._step:
            self._shown = done
            self._bar.update(self._task, completed=done)

    def stop(self) -> None:
        with self._lock:
            self._over = True
            if self._bar is not None:
                self._bar.stop()


def counting(update: Callable[[int], None]) -> Callable[[Iterable[File]], Iterable[File]]:
    """Return what lets files pass and says how many have."""

    def passing(files: Iterable[File]) -> Iterable[File]:
        for number, file in enumerate(files, 1):
            update(number)
            yield file

    return passing


def table(rows: Sequence[Sequence[str]], columns: int) -> str:
    """Return rows of equal columns, the last of which is wrapped to the width."""
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    indent = " " * (sum(widths) + 2 * len(widths))
    lines: list[str] = []
    for row in rows:
        head = "".join(f"{cell:<{size}}  " for cell, size in zip(row, widths, strict=False))
        lines += wrap(head + row[-1], columns, indent)
    return "".join(f"{line}\n" for line in lines)
