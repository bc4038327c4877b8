"""mcgen build: the tree of a blueprint."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from mcgen.commands.options import form_option, validator_option
from mcgen.problems import ProblemsFound, sort_problems

if TYPE_CHECKING:
    from mcgen.load import Loaded
    from mcgen.store import Plan


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="Take facts and sealed secrets from here [the output folder]."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when the tree is not up to date.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would change.")
@click.option("--force", is_flag=True, help="Overwrite files that a person changed, or that are in the way.")
@click.option(
    "--forget", multiple=True, metavar="CLUSTER",
    help="A cluster that is dead and whose lines are gone: leave its objects behind. Repeat it.",
)  # fmt: skip
@validator_option
@form_option
def build(
    blueprint: str,
    output: Path | None,
    inputs: Path | None,
    *,
    check: bool,
    dry_run: bool,
    force: bool,
    forget: tuple[str, ...],
    validator: str,
    form: str,
) -> int:
    """Make the tree of BLUEPRINT: checked, validated, and only then written.

    Files that would not change are not touched; files that no longer belong to the tree are removed, and no others.
    """
    from mcgen import load, terminal, validators
    from mcgen.output import show
    from mcgen.prepare import prepare

    choice = validators.choose(validator)
    lines = {}
    try:
        given = load.read(blueprint)
        lines, out = given.lines, output or given.folder
        # About twenty files per cluster: the bar is an estimate.
        with terminal.progress(f"building {out}", 20 * len(given.blueprint.clusters), form=form) as done:
            watch = terminal.counting(done)
            made = prepare(given, out, choice, inputs=inputs, force=force, forget=forget, strict=check, watch=watch)
    except ProblemsFound as found:
        show(found.problems, form, found.lines or lines)
        return found.exit_code
    if made.problems or form != "text":
        show(sort_problems(made.problems), form, lines)
    code = _finish(made.loaded, made.plan, check=check, dry_run=dry_run, text=form == "text", engines=str(choice))
    if forget and form == "text":
        from mcgen.lifecycle import guard, tree

        there = tree.clusters(made.plan.before)
        for name in forget:
            if name not in there:
                terminal.say(f"--forget {name}: no cluster of that name is in the tree, so nothing is left behind")
        gone = [name for name in there if name in forget]
        click.echo("".join(f"{line}\n" for name in gone for line in guard.left_behind(made.loaded, name)), nl=False)
    return code


def _finish(loaded: Loaded, plan: Plan, *, check: bool, dry_run: bool, text: bool, engines: str) -> int:
    from mcgen import layout, store, terminal

    writes = not (check or dry_run)
    if writes:
        store.apply(plan)
    stale = check and not plan.up_to_date
    if stale:
        click.echo("the tree is not up to date: run `mcgen build` and commit what it changes", err=True)
    if not text:
        return int(stale)
    if dry_run or ((check or terminal.is_verbose()) and not terminal.is_quiet()):
        click.echo("".join(f"{line}\n" for line in plan.lines()), nl=False)
    terminal.say(f"{plan.out}: {plan.summary(done=writes)} (validated by {engines})")
    if stale:
        return 1
    by_hand = tuple(f"{folder}/" for folder in layout.BY_HAND)
    installed = {path for path in (*plan.created, *plan.changed) if path.startswith(by_hand)}
    if installed and writes:
        from mcgen.readme import after_build

        terminal.say(after_build(plan.out, installed).removesuffix("\n"))
    if writes and not _where_argocd_looks(plan.out, loaded.mesh.path):
        terminal.say(
            f"note: Argo CD looks for this tree at {loaded.mesh.path} of its repository (gitops.path), "
            "and will not see it elsewhere"
        )
    return 0


def _where_argocd_looks(out: Path, path: str) -> bool:
    """Return whether a folder may be the one that Argo CD syncs: where its repository begins, nobody here knows."""
    ends, wanted = Path(os.path.abspath(out)).parts, PurePosixPath(path).parts  # noqa: PTH100 - no link is followed
    return ends[len(ends) - len(wanted) :] == wanted
