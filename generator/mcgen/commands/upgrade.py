"""mcgen upgrade: another Istio, one step with each call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgen.commands.options import live_options, pairs_option
from mcgen.commands.refusal import refused
from mcgen.problems import ProblemsFound, ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.lifecycle.upgrading import Step
    from mcgen.load import Loaded, Read


@click.command()
@click.argument("blueprint", type=click.Path())
@click.option("--to", default="", metavar="VERSION", help="To which Istio, such as 1.31.1; needed for the first step.")
@click.option("--back", is_flag=True, help="Go one step back, and from the first one give the upgrade up.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
@live_options("step")
@pairs_option("--cluster-kubeconfig", "FILE", "How to reach a cluster: the file's current context counts.")
def upgrade(
    blueprint: str,
    to: str,
    output: Path | None,
    *,
    back: bool,
    argocd_context: str,
    kubeconfig: str,
    timeout: float,
    assume_live: bool,
    cluster_kubeconfig: dict[str, str],
) -> int:
    """Move the mesh of BLUEPRINT one step on to another Istio; within a minor there is one step only.

    Each step is a commit of its own. Before the next one, Argo CD is asked whether the last one is over, and before
    the old istiod goes, every cluster whether anything of it still runs.
    """
    from mcgen import load
    from mcgen.lifecycle import tree, upgrading
    from mcgen.report import printable

    given = load.read(blueprint)
    out = output or given.folder
    step = upgrading.step(given.blueprint, to, tree.upgrade(out).step, back=back)
    if step.ends and not assume_live and not back:
        loaded = load.load(given, out)
        waiting = _waiting(loaded, argocd_context, kubeconfig, cluster_kubeconfig, timeout)
        if waiting:
            lines = [f"'{step.ends}' is not over:", *(f"  {printable(line)}" for line in waiting)]
            click.echo("".join(f"{line}\n" for line in lines), nl=False, err=True)
            return 1
    return _take(given, out, step)


def _waiting(
    loaded: Loaded, context: str, kubeconfig: str, kubeconfigs: Mapping[str, str], timeout: float
) -> list[str]:
    """Return why a step is not over, empty when it is; raise ToolError when that is unknown."""
    from mcgen.lifecycle import live, rollout, upgrade_words

    mesh = loaded.mesh
    try:
        there = live.way(mesh, context, kubeconfig)
        return rollout.waits(mesh, there, kubeconfigs, timeout=timeout)
    except ToolError as error:
        advice = f"look yourself (`{upgrade_words.look(mesh)}`), and say --assume-live when it is over"
        raise ToolError(f"whether '{mesh.rollout.step}' is over is unknown: {error}; {advice}") from error


def _take(given: Read, out: Path, step: Step) -> int:
    from mcgen import load
    from mcgen.lifecycle import files, upgrade_words
    from mcgen.mesh import resolve

    path, istio = given.source.file, given.blueprint.istio
    old = files.text(path)
    text = step.edited(old, istio)
    inputs = load.read_inputs(out)
    try:
        after, _ = files.checked(text, path, out, inputs)
    except ProblemsFound as found:
        return refused(found, old, path, out)
    files.replace(Path(path), text, old)
    argument, where = given.source.argument, given.where(out)
    if step.name:
        lines = upgrade_words.step(resolve(after.blueprint, inputs), argument, where)
    else:
        lines = upgrade_words.over(step, argument, where, installed=istio.version, delivery=istio.delivery)
    click.echo("".join(f"{line}\n" for line in lines), nl=False)
    return 0
