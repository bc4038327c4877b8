"""A blueprint on the disk: read as it stands, judged before it changes, and replaced at once."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from mcgen import api_versions, blueprint, disk, load, locks, rules, shape, source
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
    # The file behind a link changes, and the link stays.
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with _locked(target, path) as stream:
            if stream.read() != old.encode():
                raise ToolError(f"'{path}' was changed meanwhile, and stays: run the command again")
            try:
                with open(unfinished, "w", encoding="utf-8", newline="", opener=_fresh) as new_file:
                    new_file.write(new)
                    new_file.flush()
                    os.fsync(new_file.fileno())
                shutil.copymode(target, unfinished)
                unfinished.replace(target)
            finally:
                unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise disk.failure("write", path, error) from error


@contextmanager
def _locked(target: Path, name: Path) -> Iterator[IO[bytes]]:
    """Open a file that is replaced under its lock only, and hold that lock."""
    with target.open("rb") as stream:
        locks.take(stream.fileno(), name)
        if not os.path.samestat(os.fstat(stream.fileno()), target.stat()):
            raise ToolError(f"'{name}' was changed meanwhile, and stays: run the command again")
        yield stream


def _fresh(path: str, flags: int) -> int:
    """Open the unfinished file; one that a killed command left behind goes, and no link is followed."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108
    return os.open(path, flags | os.O_EXCL | os.O_NOFOLLOW, 0o600)
