"""mcgen verify: whether a live mesh does what its blueprint says, seen from outside or tried by traffic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.commands.options import pairs_option
from mcgen.problems import ProblemsFound, UsageError

if TYPE_CHECKING:
    from mcgen.load import Loaded
    from mcgen.verify.run import Options


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@click.option("--probe", is_flag=True, help="Also try traffic, from pods that are started and removed.")
@click.option(
    "--probe-image",
    envvar="MCGEN_PROBE_IMAGE",
    show_envvar=True,
    default="",
    help="The image of these pods, with sh, curl and grep [curl's own, as in the demo].",
)
@click.option("--watch", is_flag=True, help="Watch the mesh come to life instead, and tell what breaks the order.")
@click.option(
    "--watch-seconds",
    type=click.FloatRange(0),
    default=0,
    help="How long; otherwise until every chain is at its end.",
)
@pairs_option("--kubeconfig", "FILE", "How to reach a cluster: a kubeconfig, whose current context counts.")
@click.option("--allow-unknown", is_flag=True, help="Exit 0 although something could not be seen, if nothing is wrong.")
@click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Clusters at once.")
@click.option("--timeout", type=click.FloatRange(1, 600), default=30, show_default=True, help="Seconds per request.")
@click.option("--retries", type=click.IntRange(0, 10), default=1, show_default=True, help="Of what does not answer.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit"]),
    default="text",
    show_default=True,
    help="How the checks are printed.",
)
def verify(
    blueprint: str,
    output: Path | None,
    *,
    probe: bool,
    probe_image: str,
    watch: bool,
    watch_seconds: float,
    kubeconfig: dict[str, str],
    allow_unknown: bool,
    jobs: int,
    timeout: float,
    retries: int,
    form: str,
) -> int:
    """Check that the live mesh does what BLUEPRINT says: membership, identities, gateways, mutual TLS, policies.

    Without --probe nothing is changed and no traffic is sent, and what only traffic shows is told as not tried.
    With --watch the line of events is printed as it grows, until every chain of the mesh is at its end.
    Needs kubectl. Exits 1 when something is wrong, and 3 when nothing is but something could not be seen.
    """
    from mcgen import load
    from mcgen.output import show
    from mcgen.verify.run import Options

    if probe_image and not probe:
        raise UsageError("--probe-image is for --probe")
    if watch and (probe or form != "text"):
        raise UsageError("--watch prints a line of events: without --probe, and as text")
    lines = {}
    try:
        given = load.read(blueprint)
        lines = given.lines
        loaded = load.load(given, output or given.folder)
        _known(loaded, kubeconfig)
        options = Options(
            jobs=jobs, timeout=timeout, retries=retries, kubeconfigs=kubeconfig, probe=probe, image=probe_image
        )
        if watch:
            return _watch(loaded, options, watch_seconds)
        return _verify(loaded, options, form, allow_unknown=allow_unknown)
    except ProblemsFound as found:
        show(found.problems, "json" if form == "json" else "text", found.lines or lines)
        return found.exit_code


def _watch(loaded: Loaded, options: Options, seconds: float) -> int:
    """Watch the order, and return 1 when it was broken, 3 when something could not be watched."""
    from mcgen.bootstrap import access
    from mcgen.doctor import verdict
    from mcgen.report import printable
    from mcgen.verify import watch_order, watch_show
    from mcgen.verify.watch_live import Watching

    places = {cluster.name: access.of(cluster, options.kubeconfigs) for cluster in loaded.mesh.clusters}
    line = watch_show.Line(watch_order.chains(loaded.mesh), click.echo)
    with Watching(places, timeout=options.timeout) as watching:
        watch_show.follow(watching, line, seconds=seconds)
    click.echo("\n".join(map(printable, line.verdict())))
    if line.violations:
        return 1
    return verdict.EXIT_UNKNOWN if line.troubles else 0


def _known(loaded: Loaded, kubeconfig: dict[str, str]) -> None:
    for name in kubeconfig:
        if name not in loaded.mesh.by_name:
            known = ", ".join(loaded.mesh.by_name)
            raise UsageError(f"--kubeconfig {name}=...: there is no such cluster; there are {known}")


def _verify(loaded: Loaded, options: Options, form: str, *, allow_unknown: bool) -> int:
    from mcgen import terminal
    from mcgen.doctor import show, verdict
    from mcgen.output import show_checks
    from mcgen.verify import junit
    from mcgen.verify.run import run

    with terminal.progress("verifying", form=form):
        verified = run(loaded, options)
    if form == "junit":
        click.echo(junit.junit(loaded.mesh.name, verified, allow_unknown=allow_unknown), nl=False)
    elif form == "json":
        click.echo(show.json(verified, loaded.source.pos), nl=False)
    else:
        show_checks(verified)
    code = verdict.exit_code(check for each in verified for check in each.checks)
    return 0 if code == verdict.EXIT_UNKNOWN and allow_unknown else code
