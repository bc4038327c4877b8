"""Runs trials: `python -m tests.e2e_order.trials SEEDS...`, a seed or a range such as 1-50 each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.e2e_order.trials import table
from tests.e2e_order.trials.draw import draw
from tests.e2e_order.trials.ground import NAME, NETWORK, Ground, new_lab
from tests.e2e_order.trials.run import run
from tests.lab.command import call
from tests.lab.lab import at_hand, need_root

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.argument("seeds", nargs=-1, required=True)
@click.option("--lab", default="", help="A lab of this name is up already, and stays so.")
@click.option("--name", default=NAME, show_default=True, help="The name of the lab that is made otherwise.")
@click.option("--network", default=NETWORK, show_default=True, help="Its addresses; two labs need two ranges.")
@click.option("--write", type=click.Path(path_type=Path), help="Add a line for each trial at the end of this page.")
def main(seeds: tuple[str, ...], lab: str, name: str, network: str, write: Path | None) -> None:
    """Run the trials of SEEDS one after the other, and exit 1 when one of them fails."""
    need_root()
    drawn = [draw(seed) for text in seeds for seed in _range(text)]
    results = []
    with at_hand(new_lab(name, network), lab) as found, Ground(found) as ground:
        for trial in drawn:
            load = os.getloadavg()[0]
            results.append(run(ground, trial))
            click.echo(str(results[-1]))
            if write:
                table.add(write, results[-1], load)
    sys.exit(1 if any(result.wrong for result in results) else 0)


def _range(text: str) -> Iterator[int]:
    first, _, last = text.partition("-")
    yield from range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    call(main, "tests.e2e_order.trials")
