"""A blueprint on the disk: read as it stands, judged before it changes, and replaced at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from mcgen import blueprint, disk, load, rules, shape, source
from mcgen.load import Read
from mcgen.problems import Problem, ProblemsFound, ToolError, has_errors

if TYPE_CHECKING:
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
    problems = [*found.problems] or shape.check(found, shape.blueprint_schema())
    lines = {found.file: found.lines}
    if problems:
        raise ProblemsFound(problems, lines)
    read = Read(source=found, blueprint=blueprint.convert(found.data))
    problems = rules.check(read.blueprint, load.read_inputs(out) if inputs is None else inputs, found)
    if has_errors(problems):
        raise ProblemsFound(problems, lines)
    return read, problems


def replace(path: Path, new: str) -> None:
    """Put a text in the place of a file, as a whole; raise ToolError, with the old one still there."""
    # The file behind a link changes, and the link stays.
    target = path.resolve()
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(new)
            stream.flush()
            os.fsync(stream.fileno())
        shutil.copymode(target, name)
        os.replace(name, target)  # noqa: PTH105
    except OSError as error:
        with suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise disk.failure("write", path, error) from error
