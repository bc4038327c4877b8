"""mcgen diff: what a change does to the mesh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.changes.show import FORMS
from mcgen.commands.options import validator_option
from mcgen.problems import UsageError

if TYPE_CHECKING:
    from mcgen.changes.finding import Finding
    from mcgen.changes.trees import Trees

_RISKS = ("high", "medium", "low")


@click.command()
@click.argument("path", metavar="BLUEPRINT|DIR", type=click.Path())
@click.argument("other", metavar="[DIR]", required=False, type=click.Path())
@click.option("--against", metavar="REV", help="DIR: compare with the same folder at a Git revision.")
@click.option("--to", metavar="REV", help="With --against: compare with this revision [the folder as it is].")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="BLUEPRINT: the tree [output/<metadata.name>].")
@click.option(
    "--inputs", type=click.Path(path_type=Path), help="BLUEPRINT: facts and sealed secrets [the output folder]."
)
@click.option("--verify", is_flag=True, help="Two folders: read every file, and believe no manifest.")
@click.option(
    "--rendered", is_flag=True, help="Also compare the objects that kustomize and istioctl make of stages that differ."
)
@click.option("--fail-on", type=click.Choice(_RISKS), help="Exit 1 for changes of this risk or a higher one only.")
@click.option("--limit", type=click.IntRange(min=2000), help="Characters of Markdown [65536; GitLab takes 1000000].")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@validator_option
def diff(
    path: str,
    other: str | None,
    *,
    against: str | None,
    to: str | None,
    output: Path | None,
    inputs: Path | None,
    verify: bool,
    rendered: bool,
    fail_on: str | None,
    limit: int | None,
    form: str,
    validator: str,
) -> int:
    """Say what a change does to the mesh, how risky it is, and whom it touches.

    Compares two trees (DIR DIR), a tree with what it was in Git (DIR --against REV), or a tree with what a build of
    BLUEPRINT would make of it. Exits 0 when nothing changes, and 1 when something does.
    """
    # In Git a folder may be that is gone by now, or not there yet.
    if Path(path).is_dir() or (against and not Path(path).is_file()):
        if output or inputs:
            raise UsageError("-o and --inputs go with a blueprint")
        trees = _folders(Path(path), other, against, to, verify=verify)
        base = other or path
    else:
        if other or against or to or verify:
            raise UsageError(f"'{path}' is no folder: --against, --to, --verify and a second folder go with one")
        trees, base = _blueprint(path, output, inputs, validator)
    from mcgen.changes.classify import findings

    if rendered:
        from mcgen.changes.rendered import compare

        found = findings(trees, compare(trees))
    else:
        found = findings(trees)
    _show(found, form, base, limit)
    return int(any(fail_on is None or _RISKS.index(one.risk) <= _RISKS.index(fail_on) for one in found))


def _folders(folder: Path, other: str | None, against: str | None, to: str | None, *, verify: bool) -> Trees:
    from mcgen.changes import sources

    if bool(other) is bool(against):
        raise UsageError("a folder is compared with a second folder, or with a revision: --against REV")
    if to and not against:
        raise UsageError("--to goes with --against")
    if against:
        return sources.revisions(folder, against, to)
    if not Path(str(other)).is_dir():
        raise UsageError(f"'{other}' is no folder")
    return sources.folders(folder, Path(str(other)), verify=verify)


def _blueprint(path: str, output: Path | None, inputs: Path | None, validator: str) -> tuple[Trees, str]:
    from mcgen import load, validators
    from mcgen.changes import sources
    from mcgen.prepare import prepare

    given = load.read(path)
    out = output or given.folder
    # What a person changed by hand is told of, and does not stop the comparison.
    made = prepare(given, out, validators.choose(validator), inputs=inputs, force=True)
    return sources.built(made), str(out)


def _show(found: list[Finding], form: str, base: str, limit: int | None) -> None:
    import sys
    from importlib import import_module

    from mcgen import __version__, terminal
    from mcgen.changes.show.view import MARKDOWN_LIMIT, View

    view = View(
        base=base,
        width=terminal.width(sys.stdout) or 100,
        colour=form == "text" and terminal.colours(sys.stdout),
        limit=limit or MARKDOWN_LIMIT,
        version=__version__,
        directory=str(Path.cwd()),
    )
    terminal.out(import_module(f"mcgen.changes.show.{form}").show(found, view))
