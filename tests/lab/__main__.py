"""The command line of the lab: `python -m tests.lab up|down|status|exec`."""

from __future__ import annotations

import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.lab import images
from tests.lab.cluster import state
from tests.lab.command import call
from tests.lab.lab import FOLDER, Lab, need_root
from tests.lab.plan import DEFAULT_NETWORK, LabError, plan
from tests.lab.process import Process, alive, share

if TYPE_CHECKING:
    from tests.lab.cluster import Cluster

named = click.option("--name", default="lab", show_default=True, help="The lab's name.")
placed = click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True)


@click.group()
def main() -> None:
    """Real Kubernetes clusters on this machine, without a container engine."""


@main.command()
@named
@placed
@click.option("--network", default=str(DEFAULT_NETWORK), show_default=True, help="A /14 that nothing else uses.")
@click.option("--bare", multiple=True, metavar="NAME", help="One more cluster, without a node: its API server alone.")
@click.argument("clusters", nargs=-1)
def up(name: str, folder: Path, network: str, bare: tuple[str, ...], clusters: tuple[str, ...]) -> None:
    """Bring up clusters (gke and aks unless named) and say how to use them."""
    start = time.monotonic()
    nodes = clusters or (() if bare else ("gke", "aks"))
    try:
        addresses = IPv4Network(network)
    except ValueError as error:
        raise LabError(f"the network of a lab is a /14: {error}") from error
    lab = Lab(plan(nodes, bare=bare, name=name, network=addresses), folder)
    need_root()
    if lab.runs_pods:
        images.build()
    packed = time.monotonic()
    lab.up()
    click.echo(f"lab '{name}' is up after {time.monotonic() - packed:.1f} s (images: {packed - start:.1f} s)")
    _explain(lab)


@main.command()
@named
@placed
def down(name: str, folder: Path) -> None:
    """Stop and remove a lab, also one that a killed test left behind."""
    need_root()
    start = time.monotonic()
    lab = Lab.found(name, folder)
    lab.down()
    click.echo(f"lab '{name}' is down after {time.monotonic() - start:.1f} s; its logs: {lab.logs}")


@main.command()
@named
@placed
def status(name: str, folder: Path) -> None:
    """Say what runs, how much memory it has to itself, and how to use it."""
    lab = Lab.found(name, folder)
    for record in sorted((lab.run / "records").glob("*.stat")):
        _program("", Process(record, lab.logs / f"{record.stem}.log"))
    for cluster in lab.clusters.values():
        processes = cluster.processes()
        click.echo(f"{cluster.name}: {_health(cluster)}, {sum(map(memory, processes))} MiB")
        for process in processes:
            _program("  ", process)
    _explain(lab)


@main.command(name="exec", context_settings={"allow_interspersed_args": False})
@named
@placed
@click.argument("machine")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def execute(name: str, folder: Path, machine: str, command: tuple[str, ...]) -> None:
    """Run COMMAND in the network of a cluster's MACHINE (or of 'internet'), with its KUBECONFIG and our programs."""
    need_root()
    sys.exit(Lab.found(name, folder).execute(machine, list(command)))


def memory(process: Process) -> int:
    """Return a program's share of the memory (PSS), in MiB; 0 when it has ended."""
    return share(process.pid) // 1024 if alive(process) else 0


def _health(cluster: Cluster) -> str:
    if not cluster.says("get", "--raw=/readyz"):
        return "its API server does not answer"
    if not cluster.plan.node:
        return "answers, has no node"
    return "ready" if cluster.ready() else "node not ready"


def _program(indent: str, process: Process) -> None:
    click.echo(f"{indent}{process.name:<24} {state(process):<6} {memory(process):>5} MiB  {process.log}")


def _explain(lab: Lab) -> None:
    contexts = ", ".join(lab.clusters)
    option = "" if lab.plan.name == "lab" else f" --name {lab.plan.name}"
    click.echo(f"  export KUBECONFIG={lab.kubeconfig}   # contexts: {contexts}")
    for cluster in lab.clusters.values():
        each = cluster.plan
        what = f"load balancers {each.balancers[0]} to {each.balancers[-1]}, pods {each.pods}, Services {each.services}"
        click.echo(f"  {each.name}: {each.server}, {what}")
    click.echo(f"  logs: {lab.logs}")
    click.echo(f"  python -m tests.lab exec{option} {next(iter(lab.clusters))} kubectl get pods -A")
    click.echo(f"  python -m tests.lab status{option}; python -m tests.lab down{option}")


if __name__ == "__main__":
    call(main, "tests.lab")
