"""mcgen add: a further cluster in a blueprint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgen.commands import complete
from mcgen.commands.refusal import refused
from mcgen.platforms import PLATFORMS
from mcgen.problems import Pos, ProblemsFound, UsageError, sort_problems

if TYPE_CHECKING:
    from mcgen.problems import Problem
    from mcgen.tree import Data, DataPath

# The arguments that are not called like their fields.
_ARGUMENTS: dict[DataPath, str] = {
    ("name",): "NAME",
    ("cidrs",): "--cidr",
    ("bootstrap", "credentials", "argocdSecret"): "--argocd-secret",
    ("bootstrap", "credentials", "kubeconfigSecret"): "--kubeconfig-secret",
}


@click.group()
def add() -> None:
    """Add a part to a blueprint that is there."""


@add.command()
@click.argument("blueprint", type=click.Path())
@click.argument("name")
@click.option("--platform", required=True, type=click.Choice(tuple(PLATFORMS)), help="Who runs the cluster.")
@click.option("--role", required=True, type=click.Choice(("primary", "remote")), help="What it is in the mesh.")
@click.option(
    "--primary",
    metavar="CLUSTER",
    shell_complete=complete.clusters,
    help="A remote's primary [the only one of the mesh].",
)
@click.option("--id", "cluster_id", metavar="ID", help="Istio's cluster ID [the name].")
@click.option("--network", help="Its network [one of its own].")
@click.option("--cidr", "cidrs", multiple=True, help="A range of its pods. Repeat it.")
@click.option("--egress", multiple=True, metavar="CIDR", help="From where its nodes and API server call. Repeat it.")
@click.option("--address", help="The address of its east-west gateway.")
@click.option("--ingress-gateway", is_flag=True, help="Also install Istio's ingress gateway.")
@click.option("--context", help="Its kubeconfig context [the name].")
@click.option("--server", metavar="URL", help="Its API server, as the primary reaches it.")
@click.option("--argocd-secret", help="For the bootstrap job: the Secret with which Argo CD reaches it.")
@click.option("--kubeconfig-secret", help="For the bootstrap job: a Secret with a kubeconfig, instead.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The tree's folder [output/<metadata.name>].")
def cluster(blueprint: str, name: str, output: Path | None, **given: Any) -> int:
    """Add the cluster NAME to BLUEPRINT: nothing else in the file changes, and the rules accept the result."""
    from mcgen import edit, load, terminal
    from mcgen.lifecycle import files
    from mcgen.output import show

    item = entry(name, **given)
    if unfit := misfits(item):
        show(unfit, "text", {})
        click.echo(f"{blueprint}: not changed", err=True)
        return UsageError.exit_code
    before = load.read(blueprint)
    old = files.text(blueprint)
    text = edit.add(old, item)
    try:
        after, warnings = files.checked(text, blueprint, output or before.folder)
    except ProblemsFound as found:
        return refused(found, old, blueprint, output or before.folder)
    files.replace(Path(blueprint), text, old)
    if warnings:
        show(sort_problems(warnings), "text", after.lines)
    build = f"mcgen build {before.source.argument}{before.where(output or before.folder)}"
    terminal.say(f"{blueprint}: {name} is added; next: {build}")
    return 0


def entry(name: str, **given: Any) -> Data:
    """Return the cluster as it stands in a blueprint, with what was given only; raise UsageError for odd characters."""
    item: Data = {"name": name, "id": given["cluster_id"]}
    item |= {key: given[key] for key in ("platform", "role", "primary", "network")}
    item |= {"cidrs": list(given["cidrs"]), "egress": list(given["egress"])}
    item |= {"gateway": _given(address=given["address"]), "ingressGateway": given["ingress_gateway"]}
    credentials = _given(argocdSecret=given["argocd_secret"], kubeconfigSecret=given["kubeconfig_secret"])
    bootstrap = _given(context=given["context"], server=given["server"], credentials=credentials)
    item["bootstrap"] = bootstrap
    item = _given(**item)
    for text in _texts(item):
        # A pattern's `$` also fits in front of a final line break.
        if not text.isprintable():
            raise UsageError(f"{text!r} holds what cannot be printed, and no field of a cluster may")
    return item


def misfits(item: Data) -> list[Problem]:
    """Return what no blueprint may hold, in the place of a file with the argument that gave it."""
    from mcgen import shape

    found = []
    for path, problem in shape.misfits(item, "Cluster"):
        keys = tuple(step for step in path if isinstance(step, str))
        found.append(replace(problem, pos=Pos(file=_ARGUMENTS.get(keys) or f"--{keys[-1]}")))
    return found


def _given(**fields: Any) -> Data:
    return {key: value for key, value in fields.items() if value or value == ""}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
