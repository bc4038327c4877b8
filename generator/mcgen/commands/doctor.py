"""mcgen doctor: whether a live Argo CD and the live clusters are what the blueprint and its tree need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.commands.options import form_option, pairs_option
from mcgen.problems import ProblemsFound, UsageError

if TYPE_CHECKING:
    from mcgen.doctor.run import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Mesh


# What --kubeconfig calls Argo CD's own cluster.
_ARGOCD = "argocd"


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@click.option("--argocd-context", default="", help="The context of the cluster that Argo CD runs in.")
@pairs_option(
    "--kubeconfig", "FILE", "How to reach a cluster, or 'argocd': a kubeconfig, whose current context counts."
)
@click.option("--print-settings", is_flag=True, help="Print Argo CD's live settings with those needed merged in.")
@click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Clusters at once.")
@click.option("--timeout", type=click.FloatRange(1, 600), default=15, show_default=True, help="Seconds per request.")
@click.option("--retries", type=click.IntRange(0, 10), default=1, show_default=True, help="Of what does not answer.")
@form_option
def doctor(
    blueprint: str,
    output: Path | None,
    *,
    argocd_context: str,
    kubeconfig: dict[str, str],
    print_settings: bool,
    jobs: int,
    timeout: float,
    retries: int,
    form: str,
) -> int:
    """Compare a live Argo CD and the live clusters with BLUEPRINT and its tree; nothing is changed anywhere.

    Needs kubectl, and kubeseal for what is sealed. Exits 1 when something is wrong, and 3 when nothing is but
    something could not be seen.
    """
    from mcgen import load
    from mcgen.doctor.run import Options
    from mcgen.output import show

    lines = {}
    try:
        given = load.read(blueprint)
        lines = given.lines
        loaded = load.load(given, output or given.folder)
        clusters, argocd = _ways(loaded.mesh, kubeconfig)
        options = Options(
            jobs=jobs,
            timeout=timeout,
            retries=retries,
            kubeconfigs=clusters,
            argocd_context=argocd_context,
            argocd_kubeconfig=argocd,
        )
        return _print_settings(loaded.mesh, options) if print_settings else _examine(loaded, options, form)
    except ProblemsFound as found:
        show(found.problems, form, found.lines or lines)
        return found.exit_code


def _ways(mesh: Mesh, given: dict[str, str]) -> tuple[dict[str, str], str]:
    """Return the kubeconfigs of the clusters, and the one of Argo CD."""
    for name in given:
        if name != _ARGOCD and name not in mesh.by_name:
            known = ", ".join([_ARGOCD, *mesh.by_name])
            raise UsageError(f"--kubeconfig {name}=...: there is no such cluster; there are {known}")
    return given, "" if _ARGOCD in mesh.by_name else given.get(_ARGOCD, "")


def _examine(loaded: Loaded, options: Options, form: str) -> int:
    from mcgen import terminal
    from mcgen.doctor import show, verdict
    from mcgen.doctor.run import run
    from mcgen.output import show as show_problems
    from mcgen.output import show_checks

    # This machine and Argo CD are asked, too.
    with terminal.progress("asking", len(loaded.mesh.clusters) + 2, form=form) as watch:
        examined = run(loaded, options, watch)
    checks = [check for each in examined for check in each.checks]
    if form == "text":
        show_checks(examined)
    elif form == "json":
        click.echo(show.json(examined, loaded.source.pos), nl=False)
    else:
        show_problems(verdict.problems(checks, loaded.source.pos), form, {})
    return verdict.exit_code(checks)


def _print_settings(mesh: Mesh, options: Options) -> int:
    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor import merged
    from mcgen.doctor.ask import understood
    from mcgen.doctor.run import argocd_client

    client = argocd_client(mesh, options)
    with understood():
        text, notes = Retry(options.retries)(lambda: merged.fetch(mesh, client))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    click.echo(text, nl=False)
    return 0
