"""mcgen bootstrap: remote secrets from istioctl into sealed secrets, and what the chain waits for into facts."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.commands import complete
from mcgen.commands.options import pairs_option, validator_option
from mcgen.problems import ProblemsFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.bootstrap.outcome import Options
    from mcgen.bootstrap.run import Result
    from mcgen.load import Loaded, Read

# The value of an option that is given without a cluster.
ALL = ""


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@click.option(
    "--status", is_flag=True, help="Write nothing; say who waits for a CA, where every pair stands, and what is next."
)
@click.option(
    "--rotate",
    is_flag=False,
    flag_value=ALL,
    metavar="[REMOTE]",
    shell_complete=complete.clusters,
    help="Begin a new token for a remote.",
)
@click.option(
    "--revoke",
    is_flag=False,
    flag_value=ALL,
    metavar="[REMOTE]",
    shell_complete=complete.clusters,
    help="Take the old token out.",
)
@click.option(
    "--reseal",
    is_flag=False,
    flag_value=ALL,
    metavar="[REMOTE]",
    shell_complete=complete.clusters,
    help="Seal or push again what was already.",
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Give each primary a CA under the root in this folder, which is outside of Git; made where there is none.",
)
@click.option(
    "--new-ca",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="With --ca and `trust.rotation`: the root that follows it, in another folder; made where there is none.",
)
@pairs_option("--kubeconfig", "FILE", "How to reach a cluster: a kubeconfig, whose current context counts.")
@pairs_option("--cert", "FILE|URL", "The sealing certificate of a primary, instead of asking its controller.")
@click.option(
    "--push",
    metavar="COMMAND",
    help="With External Secrets: what puts a value, its standard input, to the provider under the key {key}.",
)
@click.option("--accept-new-cert", is_flag=True, help="Take a given certificate that is not the one of last time.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print what would be done.")
@click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Pairs at once.")
@click.option("--timeout", type=click.FloatRange(1, 600), default=30, show_default=True, help="Seconds per program.")
@click.option("--retries", type=click.IntRange(0, 10), default=2, show_default=True, help="Of what does not answer.")
@click.option(
    "--clone", metavar="URL", help="For the job in a cluster: BLUEPRINT is in this repository; push a branch."
)
@click.option("--revision", default="main", show_default=True, help="The branch of --clone that Argo CD follows.")
@validator_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def bootstrap(
    blueprint: str,
    output: Path | None,
    *,
    status: bool,
    rotate: str | None,
    revoke: str | None,
    reseal: str | None,
    ca: Path | None,
    new_ca: Path | None,
    kubeconfig: dict[str, str],
    cert: dict[str, str],
    push: str | None,
    accept_new_cert: bool,
    dry_run: bool,
    jobs: int,
    timeout: float,
    retries: int,
    clone: str | None,
    revision: str,
    validator: str,
    form: str,
) -> int:
    """Seal the remote secrets of BLUEPRINT's mesh that are missing, note what was found, and build again.

    Needs istioctl (of the mesh's minor), kubeseal and kubectl. Tokens go from istioctl to kubeseal through a pipe;
    nothing is created in a remote cluster. Running it again does only what is still missing.

    With `secrets.backend: external-secrets` they go to a provider instead, by the command of --push.
    """
    from mcgen import load
    from mcgen.bootstrap import record
    from mcgen.bootstrap.outcome import Options
    from mcgen.output import show

    chosen = {"--status": status or None, "--rotate": rotate, "--revoke": revoke, "--reseal": reseal}
    if ca is not None:
        # What is sealed again is then a CA.
        chosen = {"--ca": str(ca), **{option: chosen[option] for option in ("--status", "--rotate", "--revoke")}}
    elif new_ca is not None:
        raise UsageError("--new-ca is the root that follows the one of --ca: give both")
    given_actions = [option for option, value in chosen.items() if value is not None]
    if len(given_actions) > 1:
        raise UsageError(f"{' and '.join(given_actions)} are steps of their own: give one of them")
    if clone is not None:
        others = {"--output": output, "--kubeconfig": kubeconfig, "--cert": cert, "--push": push, "--dry-run": dry_run}
        refused = [*given_actions, *(option for option, value in others.items() if value)]
        if refused or form != "text":
            raise UsageError(f"{(*refused, '--format')[0]} is for a tree on this machine, and --clone brings its own")
        return _clone(blueprint, clone, revision, Options(jobs=jobs, timeout=timeout, retries=retries), validator)
    lines = {}
    try:
        given = load.read(blueprint)
        lines, out = given.lines, output or given.folder
        _no_cores()
        # Who only looks waits for nobody.
        record.require_tree(out)
        with _terminable(), nullcontext() if status or dry_run else record.locked(out):
            loaded = load.load(given, out)
            options = Options(
                command=f"mcgen bootstrap {given.source.argument}{given.where(out)}",
                jobs=jobs,
                timeout=timeout,
                retries=retries,
                kubeconfigs=_known(loaded, "--kubeconfig", kubeconfig),
                certificates=_known(loaded, "--cert", cert),
                accept_new_certificate=accept_new_cert,
                reseal=_remotes(loaded, reseal if ca is None else None),
                push=_command(loaded, push, cert=bool(cert) or accept_new_cert),
                dry_run=dry_run,
            )
            if ca is not None:
                return _sign(given, loaded, out, options, (ca, new_ca), reseal, validator=validator, form=form)
            if status:
                return _status(loaded, out, options, form)
            if rotate is not None or revoke is not None:
                return _step(given, loaded, out, options, rotate=rotate, revoke=revoke, validator=validator, form=form)
            return _seal(given, loaded, out, options, validator=validator, form=form)
    except ProblemsFound as found:
        show(found.problems, "text", found.lines or lines)
        return found.exit_code


def _clone(blueprint: str, url: str, revision: str, options: Options, validator: str) -> int:
    import os

    from mcgen import validators
    from mcgen.bootstrap import unattended

    choice = validators.choose(validator)
    order = unattended.Order(blueprint=blueprint, url=url, revision=revision, choice=choice, options=options)
    _no_cores()
    with _terminable():
        return 0 if unattended.work(order, os.environ, click.echo) else 3


def _known(loaded: Loaded, option: str, given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if name not in loaded.mesh.by_name:
            known = ", ".join(loaded.mesh.by_name)
            raise UsageError(f"{option} {name}=...: there is no such cluster; the mesh has {known}")
    return given


def _command(loaded: Loaded, push: str | None, *, cert: bool) -> tuple[str, ...]:
    """Return the words of a command; raise UsageError when it is none, or options are for the other backend."""
    import shlex

    from mcgen.backends import EXTERNAL_SECRETS
    from mcgen.bootstrap.pushing import KEY

    if loaded.mesh.secrets.name != EXTERNAL_SECRETS:
        if push is not None:
            raise UsageError("--push is for a mesh with `secrets: {backend: external-secrets}`: this one's are sealed")
        return ()
    if cert:
        raise UsageError("--cert and --accept-new-cert are for sealing: the secrets of this mesh go to a provider")
    try:
        words = tuple(shlex.split(push or ""))
    except ValueError as error:
        raise UsageError(f"--push: this is no command ({error})") from error
    if push is not None and not any(KEY in word for word in words[1:]):
        raise UsageError(f"--push: among the words of the command must be {KEY}, in the place of which the key comes")
    return words


def _remotes(loaded: Loaded, reseal: str | None) -> frozenset[str]:
    from mcgen.bootstrap.rotation import chosen

    return frozenset() if reseal is None else frozenset(pair.remote.name for pair in chosen(loaded.mesh, reseal))


def _seal(given: Read, loaded: Loaded, out: Path, options: Options, *, validator: str, form: str) -> int:
    from mcgen import terminal
    from mcgen.bootstrap import keeping, programs, run, show

    if not options.dry_run:
        options = replace(options, istioctl=programs.check(loaded.mesh.minor))
        needed = any(run.needed(pair, options) for pair in loaded.mesh.all_pairs)
        keeping.of(loaded, options).check(needed=needed)
    with terminal.progress("sealing", len(loaded.mesh.all_pairs), form=form) as watch:
        result = run.run(loaded, out, options, watch)
    click.echo(show.summary(result, terminal.width(sys.stdout)) if form == "text" else show.outcomes(result), nl=False)
    return _sealed(given, out, options, result, validator=validator, form=form)


def _sealed(given: Read, out: Path, options: Options, result: Result, *, validator: str, form: str) -> int:
    if not options.dry_run:
        _rebuild(given, out, validator, form)
    return 3 if result.failed else 0


def _sign(
    given: Read,
    loaded: Loaded,
    out: Path,
    options: Options,
    folders: tuple[Path, Path | None],
    reseal: str | None,
    *,
    validator: str,
    form: str,
) -> int:
    from mcgen import terminal
    from mcgen.bootstrap import keeping, show, sign

    primaries = [cluster.name for cluster in loaded.mesh.primaries]
    if not loaded.mesh.shares_root:
        raise UsageError("--ca is for a mesh with `trust: {mode: cacerts}`: this one's istiod makes its own root")
    if bool(loaded.mesh.rotation) is not bool(folders[1]):
        if loaded.mesh.rotation:
            raise UsageError(f"trust.rotation is '{loaded.mesh.rotation}': give the root that follows, with --new-ca")
        raise UsageError("there is no trust.rotation: give the one root of the mesh, with --ca")
    if reseal and reseal not in primaries:
        raise UsageError(f"--reseal {reseal}: with --ca this is a primary, and the mesh has {', '.join(primaries)}")
    if not options.dry_run:
        keeping.of(loaded, options).check(needed=True)
    again = frozenset(primaries if reseal == ALL else [reseal] if reseal else [])
    result = sign.run(loaded, out, sign.Folders(*folders), options, again)
    said = show.authorities(result, terminal.width(sys.stdout)) if form == "text" else show.outcomes(result)
    click.echo(said, nl=False)
    return _sealed(given, out, options, result, validator=validator, form=form)


def _status(loaded: Loaded, out: Path, options: Options, form: str) -> int:
    from mcgen import load, store, terminal
    from mcgen.bootstrap import programs, show
    from mcgen.bootstrap.status import signing, standings

    if lost := load.lost_stages(loaded, *store.load_manifest(out)):
        raise ProblemsFound(lost)
    options = replace(options, istioctl=programs.check(loaded.mesh.minor))
    mesh = loaded.mesh
    rows, common = standings(loaded, options), (mesh.served_addresses, mesh.unsigned, signing(mesh, options))
    if form == "text":
        said = show.standings(rows, *common, made=mesh.secrets.backend.MADE, width=terminal.width(sys.stdout))
    else:
        said = show.standings_json(rows, *common)
    click.echo(said, nl=False)
    # As doctor and verify end where something could not be seen.
    return 3 if any(row.why for row in rows) else 0


def _step(
    given: Read,
    loaded: Loaded,
    out: Path,
    options: Options,
    *,
    rotate: str | None,
    revoke: str | None,
    validator: str,
    form: str,
) -> int:
    from mcgen import terminal
    from mcgen.bootstrap import programs, show, steps
    from mcgen.bootstrap.run import Result

    options = replace(options, istioctl=programs.check(loaded.mesh.minor))
    name = rotate if rotate is not None else revoke or ALL
    action = "revoke" if rotate is None else "rotate"
    taken = (steps.revoke if rotate is None else steps.rotate)(loaded, name, options)
    wrote = not options.dry_run and steps.take(out, taken)
    result = Result(outcomes=tuple(step.outcome(dry_run=options.dry_run) for step in taken), notes=(), wrote=wrote)
    if form == "text":
        click.echo(
            show.summary(result, terminal.width(sys.stdout)) + steps.next_steps(action, loaded.mesh, options, taken),
            nl=False,
        )
    else:
        click.echo(show.outcomes(result), nl=False)
    if not options.dry_run:
        _rebuild(given, out, validator, form)
    # A mesh in which some pairs are not to be touched is no failure, unless they were asked for by name.
    refused = [step for step in taken if step.refused]
    if any(step.unanswered for step in refused):
        return 3
    return int(bool(refused) and (bool(name) or len(refused) == len(taken)))


def _rebuild(given: Read, out: Path, validator: str, form: str) -> None:
    """Build the tree again, so that chains go on; what was sealed stays, whatever is wrong with the rest."""
    from mcgen import store, terminal, validators
    from mcgen.prepare import prepare

    made = prepare(given, out, validators.choose(validator))
    if made.plan.up_to_date:
        return
    store.apply(made.plan)
    if form == "text":
        terminal.say(f"{out}: {made.plan.summary()}; read the diff, and commit it")


@contextmanager
def _terminable() -> Iterator[None]:
    """Take the signal with which Kubernetes ends a Job as an interrupt: programs end, nothing is half written."""

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _no_cores() -> None:
    """Let neither this program nor those that it starts leave their memory on a disk when they crash."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
