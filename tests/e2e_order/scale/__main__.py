"""What meshes cost an Argo CD: `python -m tests.e2e_order.scale` measures on the ground of the trials.

`--write` puts what it found into docs/scale.md.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

import click

from tests import record
from tests.e2e_order.scale import fleet, mesh, model
from tests.e2e_order.trials.draw import draw
from tests.e2e_order.trials.ground import Ground, new_lab
from tests.e2e_order.trials.running import Running
from tests.lab.catalogue import CHECKOUT
from tests.lab.lab import at_hand, need_root
from tests.lab.plan import LabError

PAGE = CHECKOUT / "docs/scale.md"
COUNTS = (2, 20, 100, 300)


@click.command()
@click.argument("counts", nargs=-1, type=click.IntRange(min=1))
@click.option("--lab", default="", help="A lab of this name is up already, and stays so.")
@click.option("--write", is_flag=True, help="Put the figures into docs/scale.md.")
def main(counts: tuple[int, ...], lab: str, write: bool) -> None:
    """Measure a mesh, and then COUNTS of clusters; 2, 20, 100 and 300 of them where none is given."""
    need_root()
    of = record.commit()
    with at_hand(new_lab(), lab) as found, Ground(found) as ground:
        costs = of_a_mesh(ground)
        _told("argocd-mesh", mesh.lines(costs), of, write)
        ground.clear()
        sizes = []
        for size in fleet.measured(ground, counts or COUNTS):
            sizes.append(size)
            click.echo(size)
        ground.clear()
        _told("argocd-fleet", fleet_lines(ground, sizes), of, write)
        if len(sizes) > 2:
            fit = model.fitted(sizes, costs.stored, _manifests(costs))
            _told("argocd-model", model.lines(fit, sizes), of, write)


def of_a_mesh(ground: Ground) -> mesh.Costs:
    """Install the sample mesh and measure it."""
    trial = replace(draw(1), faults=(), patient=False)
    team = ground.team(f"scale-{time.monotonic():.0f}", trial.mesh)
    running = Running(ground=ground, trial=trial, team=team, random=trial.random, first=0)
    running.install()
    return mesh.measured(running)


def _manifests(costs: mesh.Costs) -> float:
    """Return the seconds that all manifests of the remote take once."""
    return sum(ms for name, ms in costs.rendering.items() if name.startswith("gke-aks-aks")) / 1000


def fleet_lines(ground: Ground, sizes: list[fleet.Size]) -> list[str]:
    """Return what the sizes need, as Markdown."""
    needs = [
        f"| {each.clusters} | {each.applications} | {each.controller} | {each.repo} | {each.still:.2f} |"
        for each in sizes
    ]
    commits = [
        f"| {each.clusters} | {paths} | {commit.made} | {commit.seconds:.0f} | {commit.worked:.1f} |"
        for each in sizes
        for paths, commit in each.commits.items()
    ]
    return [
        f"On {os.cpu_count()} processors, which the clusters share. The API server that all remotes are at has"
        f" {len(ground.before['eks'])} objects, events aside.",
        "",
        "| clusters | Applications | controller, MiB | repo-server and plugin, MiB | processors, standing still |",
        "|---|---|---|---|---|",
        *needs,
        "",
        "A commit that touches one cluster, until every Application was compared with it:",
        "",
        "| clusters | paths | manifests made | s | processor seconds |",
        "|---|---|---|---|---|",
        *commits,
    ]


def _told(name: str, lines: list[str], of: str, write: bool) -> None:
    click.echo("\n".join(lines))
    if write:
        record.write(name, lines, of, PAGE)


if __name__ == "__main__":
    try:
        main(prog_name="python -m tests.e2e_order.scale")
    except LabError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(3)
