"""mcgen validate: a blueprint, or a tree that was built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from mcgen.commands.options import form_option, validator_option
from mcgen.problems import ProblemsFound, UsageError, has_errors, sort_problems

if TYPE_CHECKING:
    from mcgen.problems import Problem

Lines: TypeAlias = dict[str, tuple[str, ...]]


@click.command()
@click.argument("path", metavar="BLUEPRINT|DIR", type=click.Path())
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="BLUEPRINT: facts and sealed secrets [the output folder]."
)
@click.option("--against", metavar="REV", help="DIR: also compare with the same folder at a Git revision.")
@click.option(
    "--forget", multiple=True, metavar="CLUSTER",
    help="With --against: a cluster that is dead and may be gone without its phases. Repeat it.",
)  # fmt: skip
@validator_option
@form_option
def validate(
    path: str, inputs: Path | None, against: str | None, *, forget: tuple[str, ...], validator: str, form: str
) -> int:
    """Check BLUEPRINT and the tree it would give, or the tree in DIR: schemas, the order, and nobody's edits.

    With --against, a change that would take open stages away, or change what cannot change in a running mesh,
    is a problem too, and so is a cluster that leaves without its phases or skips one.
    """
    from mcgen import terminal
    from mcgen.output import show

    if Path(path).is_dir():
        if inputs:
            raise UsageError("--inputs goes with a blueprint: a tree has its inputs in it")
        problems = _tree(Path(path), against, forget, validator)
        lines: Lines = {}
    else:
        if against:
            raise UsageError("--against goes with a folder: name the tree instead of the blueprint")
        try:
            problems, lines = _blueprint(path, inputs, validator)
        except ProblemsFound as found:
            problems, lines = found.problems, {name: tuple(text) for name, text in found.lines.items()}
    if problems or form != "text":
        show(sort_problems(problems), form, lines)
    if form == "text" and not has_errors(problems):
        terminal.say(f"{path}: valid")
    return int(has_errors(problems))


def _blueprint(path: str, inputs: Path | None, validator: str) -> tuple[list[Problem], Lines]:
    from mcgen import build, load, rendering, roots, store, terminal, validators

    given = load.read(path)
    loaded, problems = rendering.complete(load.load(given, inputs or given.folder), given.folder)
    if has_errors(problems):
        return [*loaded.warnings, *problems], given.lines
    with terminal.progress(f"building {path}", 20 * len(loaded.mesh.clusters)) as done:
        built = build.build(loaded, validators.choose(validator), terminal.counting(done))
    lost = [] if inputs else load.lost_stages(loaded, *store.load_manifest(given.folder))
    return [*loaded.warnings, *problems, *lost, *roots.behind(loaded), *built.problems], given.lines


def _tree(folder: Path, against: str | None, forget: tuple[str, ...], validator: str) -> list[Problem]:
    from mcgen import check, history, terminal

    with terminal.progress(f"checking {folder}") as watch:
        problems = check.tree(folder, validator, watch)
    if against:
        problems += history.compare(folder, against, forget)
    return problems
