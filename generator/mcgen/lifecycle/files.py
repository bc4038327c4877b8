"""A blueprint on the disk: read as it stands, judged before it changes, and replaced at once."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from mcgen import api_versions, blueprint, disk, load, locks, rules, shape, single, source
from mcgen.load import Read
from mcgen.problems import Problem, ProblemsFound, ToolError, UsageError, has_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcgen.facts import Inputs


def text(path: str) -> str:
    """Return a blueprint with its own line ends; raise ToolError when it cannot be read."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:  # noqa: PTH123 - Path.read_text has no newline yet
            return stream.read()
    except (OSError, ValueError) as error:
        raise ToolError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}") from error


def checked(new: str, path: str, out: Path, inputs: Inputs | None = None) -> tuple[Read, list[Problem]]:
    """Return a new text as a blueprint that makes sense, and the warnings; raise ProblemsFound when it makes none.

    out: the tree with the facts and sealed secrets, unless inputs are given.
    """
    found = source.parse(new.encode(), path)
    version = api_versions.version_of(found.data)
    if api_versions.is_old(version):
        raise UsageError(f"'{path}' is of {version}, an older version of the format: run `mcgen migrate {path}` first")
    problems = [*found.problems] or shape.check(found, shape.blueprint_schema())
    lines = {found.file: found.lines}
    if problems:
        raise ProblemsFound(problems, lines)
    read = Read(source=found, blueprint=blueprint.convert(found.data))
    problems = rules.check(read.blueprint, load.read_inputs(out) if inputs is None else inputs, found)
    if has_errors(problems):
        raise ProblemsFound(problems, lines)
    return read, problems


def replace(path: Path, new: str, old: str) -> None:
    """Put a text in the place of a file, as a whole; raise ToolError, with what was there still there.

    old: what the new text was made from; a file that holds something else by now stays.
    """
    try:
        with _locked(path) as stream:
            if stream.read() != old.encode():
                raise ToolError(f"'{path}' was changed meanwhile, and stays: run the command again")
            single.write(path, new.encode())
    except OSError as error:
        raise disk.failure("write", path, error) from error


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is replaced under its lock only, and hold that lock."""
    with path.open("rb") as stream:
        locks.take(stream.fileno(), path)
        if not os.path.samestat(os.fstat(stream.fileno()), path.stat()):
            raise ToolError(f"'{path}' was changed meanwhile, and stays: run the command again")
        yield stream
