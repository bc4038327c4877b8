"""mcgen remove: a cluster leaves a mesh, one phase with each call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.commands import complete
from mcgen.commands.options import live_options
from mcgen.commands.refusal import refused
from mcgen.problems import ProblemsFound, ToolError

if TYPE_CHECKING:
    from mcgen.facts import Inputs
    from mcgen.lifecycle.removal import Step
    from mcgen.load import Loaded, Read
    from mcgen.problems import Problem


@click.group()
def remove() -> None:
    """Take a part out of a blueprint, when what it stands for is gone."""


@remove.command()
@click.argument("blueprint", type=click.Path())
@click.argument("name", shell_complete=complete.clusters)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@live_options("phase")
@click.option("--forget", is_flag=True, help="The cluster is dead: take its lines out at once, without any phase.")
def cluster(
    blueprint: str,
    name: str,
    output: Path | None,
    *,
    argocd_context: str,
    kubeconfig: str,
    timeout: float,
    assume_live: bool,
    forget: bool,
) -> int:
    """Move the cluster NAME one phase on in BLUEPRINT; after the last one, take its lines out.

    Each phase is a commit of its own. Before the next one, Argo CD is asked whether the last one is over.
    """
    from mcgen import load
    from mcgen.lifecycle import removal, tree
    from mcgen.report import printable

    given = load.read(blueprint)
    out = output or given.folder
    step = removal.step(given.blueprint, name, tree.read(out), forget=forget)
    if step.ends and not assume_live:
        waiting = _waiting(load.load(given, out), name, argocd_context, kubeconfig, timeout)
        if waiting:
            click.echo("".join(f"{printable(line)}\n" for line in waiting), nl=False, err=True)
            return 1
    return _take(given, name, out, step, forget=forget)


def _waiting(loaded: Loaded, name: str, context: str, kubeconfig: str, timeout: float) -> list[str]:
    """Return why the phase of a cluster is not over, empty when it is; raise ToolError when that is unknown."""
    from mcgen.lifecycle import live, words

    mesh = loaded.mesh
    leaving = mesh.by_name[name]
    try:
        # What a primary reads of its peers is about them, by its labels.
        whole = bool(mesh.peers or live.going_along(mesh, leaving))
        whose = "" if whole else name
        found = live.applications(mesh, whose, live.way(mesh, context, kubeconfig), timeout=timeout)
        found = live.of(mesh, leaving, found) if whole else found
    except ToolError as error:
        advice = f"look yourself (`{words.look(mesh, leaving)}`), and say --assume-live when it is over"
        raise ToolError(f"whether '{leaving.state}' of {name} is over is unknown: {error}; {advice}") from error
    waits = live.waits(mesh, leaving, found)
    if not waits:
        return []
    confirm = words.confirmations(mesh, leaving)
    questions = ["when Argo CD waits to be told that it may delete:", *(f"  {line}" for line in confirm)]
    return [
        f"'{leaving.state}' of {name} is not over:",
        *(f"  {line}" for line in waits),
        *(questions if confirm else []),
        *words.warnings(leaving),
    ]


def _take(given: Read, name: str, out: Path, step: Step, *, forget: bool) -> int:
    """Take one step: the inputs first, so that a command that is stopped can be run again; raise ProblemsFound."""
    from mcgen import load
    from mcgen.lifecycle import files, tidy, words
    from mcgen.mesh import resolve

    path = given.source.file
    old = files.text(path)
    text = step.edited(old)
    inputs = load.read_inputs(out)
    left = inputs if step.state else tidy.without(inputs, name)
    try:
        after, _ = files.checked(text, path, out, left)
    except ProblemsFound as found:
        return refused(found, old, path, out)
    changed = [] if step.state else tidy.remove(out, inputs, name)
    files.replace(Path(path), text, old)
    argument, where = given.source.argument, given.where(out)
    if step.state:
        lines = words.phase(resolve(after.blueprint, left), name, argument, where)
        lines += _in_the_way(text, path, out, tidy.without(inputs, name), step.index)
    else:
        lines = [f"{out / one}: its part is out too" for one in changed]
        lines += _left(name, argument, where, step, forget=forget)
    click.echo("".join(f"{line}\n" for line in lines), nl=False)
    return 0


def _left(name: str, path: str, where: str, step: Step, *, forget: bool) -> list[str]:
    """Return what to say when the lines of a cluster are out."""
    from mcgen.lifecycle import words

    never = "" if step.ends or forget else ", which is not in the tree, so nothing has to leave"
    build = f"mcgen build {path}{where}" + (f" --forget {name}" if forget else "")
    said = [f"{path}: the lines of {name} are out{never}", f"next: {build}, commit, and apply what it says to apply"]
    return [*said, *(words.afterwards(name) if step.ends else [])]


def _in_the_way(text: str, path: str, out: Path, left: Inputs, index: int) -> list[str]:
    """Return what else has to change before the cluster's lines can go."""
    from mcgen import edit
    from mcgen.lifecycle import files
    from mcgen.problems import has_errors
    from mcgen.report import printable

    try:
        files.checked(edit.remove(text, index), path, out, left)
    except ProblemsFound as found:
        errors = [problem for problem in found.problems if has_errors([problem])]
        return ["when its lines go, these would be wrong, and have to change first:"] + [
            f"  {printable(_line(found, problem))}: {printable(problem.message)} [{problem.code}]" for problem in errors
        ]
    return []


def _line(found: ProblemsFound, problem: Problem) -> str:
    """Return the line that a problem is in: its number is another one without the lines of the cluster."""
    lines = found.lines.get(problem.pos.file, ())
    return lines[problem.pos.line - 1].strip() if 0 < problem.pos.line <= len(lines) else problem.pos.file
