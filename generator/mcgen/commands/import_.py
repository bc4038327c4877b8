"""mcgen import: a blueprint from what stands in manifests already."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from mcgen.commands.options import file_option, form_option, pairs_option
from mcgen.platforms import PLATFORMS
from mcgen.problems import ProblemsFound, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.importing.hand.context import Told
    from mcgen.importing.run import Imported


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@file_option("Write the blueprint here")
@click.option("--name", default="", help="The mesh's name [its ID].")
@click.option("--repo", default="", metavar="URL", help="The Git repository in which the tree will live.")
@click.option("--istio", default="", metavar="VERSION", help="Istio's version, where no manifest says it.")
@pairs_option("--platform", "PLATFORM", f"Who runs a cluster ({', '.join(PLATFORMS)}), where nothing tells. Repeat it.")
@click.option("--force", is_flag=True, help="Overwrite the file that -o names.")
@form_option
def import_(
    paths: tuple[str, ...],
    output: Path | None,
    *,
    name: str,
    repo: str,
    istio: str,
    platform: dict[str, str],
    force: bool,
    form: str,
) -> int:
    """Make a blueprint of IstioOperator files and other manifests, and say what it cannot express.

    PATH is a file, a folder with the manifests of all clusters, or a tree that mcgen built. Exits 1 when something is
    left over, or has to be filled in by a person; the blueprint is written all the same.
    """
    from mcgen.importing import gather
    from mcgen.importing.hand.context import Told
    from mcgen.importing.run import run
    from mcgen.output import show

    if output is None and form != "text":
        raise UsageError(f"--format {form} prints the report to standard output: name a file for the blueprint with -o")
    if output is not None and output.exists() and not force:
        raise UsageError(f"'{output}' exists already: name another file, or add --force")
    _check(platform)
    told = Told(name=name, repo=repo, version=istio, platforms=platform)
    gathered = gather.gather(paths)
    try:
        made = run(gathered, _only(told, own=gathered.own), str(output or "blueprint"))
    except ProblemsFound as found:
        show(found.problems, form, found.lines, every=True)
        return found.exit_code
    if made.problems or form != "text":
        show(made.problems, form, made.lines, every=True)
    _write(made, output, force=force, say=form == "text")
    return int(bool(made.problems))


def _check(platforms: dict[str, str]) -> None:
    for cluster, platform in platforms.items():
        if platform not in PLATFORMS:
            raise UsageError(f"--platform {cluster}={platform}: it is one of {', '.join(PLATFORMS)}")


def _only(told: Told, *, own: bool) -> Told:
    if own and (told.name or told.repo or told.version or told.platforms):
        raise UsageError("--name, --repo, --istio and --platform go with manifests: a tree of mcgen says all of it")
    return told


def _write(made: Imported, output: Path | None, *, force: bool, say: bool) -> None:
    from mcgen import single, terminal

    if output is None:
        click.echo(made.text, nl=False)
        return
    single.write(output, made.text.encode(), new=not force)
    if not say:
        return
    left = f"; {len(made.problems)} left over or to be filled in, see above" if made.problems else ""
    clusters = f"{made.clusters} cluster{'s' if made.clusters > 1 else ''}"
    terminal.say(f"{output}: {clusters}{left}; next: mcgen validate {shlex.quote(str(output))}")
