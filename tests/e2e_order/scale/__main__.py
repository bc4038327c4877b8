"""What meshes cost an Argo CD: `python -m tests.e2e_order.scale` measures on the ground of the trials.

`--write` puts what it found into docs/scale.md.
"""

from __future__ import annotations

import time
from dataclasses import replace

import click

from tests import record
from tests.e2e_order.scale import fleet, mesh, model
from tests.e2e_order.trials.draw import draw
from tests.e2e_order.trials.ground import Ground, new_lab
from tests.e2e_order.trials.running import Running
from tests.lab.catalogue import CHECKOUT
from tests.lab.command import call
from tests.lab.lab import at_hand, need_root

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
        _told("argocd-fleet", fleet.lines(ground, sizes), of, write)
        if len(sizes) > 2:
            fit = model.fitted(sizes, costs.stored, costs.manifests)
            _told("argocd-model", model.lines(fit, sizes), of, write)


def of_a_mesh(ground: Ground) -> mesh.Costs:
    """Install the sample mesh and measure it."""
    trial = replace(draw(1), faults=(), patient=False)
    team = ground.team(f"scale-{time.monotonic():.0f}", trial.mesh)
    running = Running(ground=ground, trial=trial, team=team, random=trial.random, first=0)
    running.install()
    return mesh.measured(running)


def _told(name: str, lines: list[str], of: str, write: bool) -> None:
    click.echo("\n".join(lines))
    if write:
        record.write(name, lines, of, PAGE)


if __name__ == "__main__":
    call(main, "tests.e2e_order.scale")
