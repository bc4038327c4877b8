"""mcgen init: a first blueprint."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgen.platforms import PLATFORMS
from mcgen.problems import Pos, ProblemsFound, UsageError, has_errors

if TYPE_CHECKING:
    from mcgen.source import Source
    from mcgen.tree import Data

_HEADER = """yaml-language-server: $schema={schema}
The blueprint of a mesh: see `mcgen schema` for all fields, `mcgen explain` for rules and stages.
Build the tree with `mcgen build {file}`."""
_SCHEMA = "blueprint.schema.json"
# What every version of it has in its `$id`.
_OURS = b'"urn:mcgen:'
# Left out of the data, which has the least that a mesh needs.
_COMMON = """
# What most meshes want next; `mcgen schema` describes every field.
#
# In a cluster's lines:
#     egress: [203.0.113.64/29]      # from where its nodes and API server call: the others' gateways let these in
#     ingressGateway: true           # Istio's gateway for calls from outside of the mesh
#     gateway: {address: 203.0.113.7}   # an address that you reserved for its east-west gateway
#
# namespaces:
#   - {name: shop, exported: true}   # may be called from clusters of other networks
# policies:
#   - name: cart-only
#     namespace: shop
#     selector: {app: payment}
#     rules:
#       - from: {serviceAccounts: [shop/cart]}
# addons: {sealedSecrets: managed}   # mcgen installs the sealed-secrets controller, which opens remote secrets
# trust: {mode: cacerts}             # for more than one `role: primary`, which share a root: see docs/primaries.md
"""


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--name", help="The mesh's name.")
@click.option("--repo", help="The Git repository in which the tree will live, as Argo CD reads it.")
@click.option("--istio", metavar="VERSION", help="Istio's version [the newest that is supported].")
@click.option(
    "--cluster", "clusters", multiple=True, metavar="NAME=PLATFORM",
    help=f"A cluster and who runs it ({', '.join(PLATFORMS)}); the first one is the primary. Repeat it.",
)  # fmt: skip
@click.option("--demo/--no-demo", default=None, help="Include the demo: helloworld and sleep.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def init(
    file: Path | None,
    name: str | None,
    repo: str | None,
    istio: str | None,
    clusters: tuple[str, ...],
    *,
    demo: bool | None,
    force: bool,
) -> int:
    """Write a first blueprint to FILE [blueprints/NAME.yaml]; on a terminal, ask for what is not given."""
    from mcgen import terminal
    from mcgen.minors import NEWEST
    from mcgen.output import show
    from mcgen.report import printable

    asks = sys.stdin.isatty() and sys.stderr.isatty()
    name = name or _ask(asks, "--name", "Name of the mesh", "mesh")
    repo = repo or _ask(asks, "--repo", "Git repository of the tree", "https://git.example.com/platform/mesh.git")
    pairs = [_pair(text) for text in clusters] or _ask_clusters(asks)
    if demo is None:
        demo = asks and click.confirm("Include the demo (helloworld and sleep)?", default=True, err=True)
    target = file or Path("blueprints") / f"{name}.yaml"
    if target.exists() and not force:
        raise UsageError(f"'{target}' exists already: name another file, or add --force")
    data = blueprint(name, repo, istio or NEWEST, pairs, demo=bool(demo))
    try:
        _write(target, data, force=force)
    except ProblemsFound as found:
        show(found.problems, "text", {})
        click.echo(f"{printable(str(target))}: not written", err=True)
        return found.exit_code
    terminal.say(f"{printable(str(target.parent / _SCHEMA))}: written, for editors")
    terminal.say(f"{printable(str(target))}: written; next: mcgen build {printable(shlex.quote(str(target)))}")
    return 0


def blueprint(name: str, repo: str, istio: str, clusters: list[tuple[str, str]], *, demo: bool) -> Data:
    """Return a blueprint as data: the first cluster is the primary, the others are its remotes."""
    from mcgen.blueprint import API_VERSION

    data: Data = {
        "apiVersion": API_VERSION,
        "kind": "Mesh",
        "metadata": {"name": name},
        "gitops": {"repo": repo},
        "istio": {"version": istio},
        "clusters": [
            {"name": cluster, "platform": platform, "role": "remote" if i else "primary"}
            for i, (cluster, platform) in enumerate(clusters)
        ],
    }
    return data | ({"demo": {"enabled": True}} if demo else {})


def _write(target: Path, data: Data, *, force: bool) -> None:
    """Write a blueprint that the rules accept; raise ProblemsFound otherwise, with options for places."""
    from mcgen import blueprint as model
    from mcgen import rules, shape, single, source
    from mcgen.emit import emit
    from mcgen.facts import Inputs

    try:
        text = emit([data], _HEADER.format(file=shlex.quote(str(target)), schema=_SCHEMA)) + _COMMON
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        found = source.parse(text.encode(), str(target))
    except UnicodeEncodeError as error:
        raise UsageError(f"FILE {str(target)!r}: its name is no UTF-8, and stands in the file: take another") from error
    problems = list(found.problems) or shape.check(found, shape.blueprint_schema())
    if not problems:
        problems = rules.check(model.convert(found.data), Inputs(), found)
    if has_errors(problems):
        raise ProblemsFound(replace(each, pos=Pos(file=_option(each.pos, found))) for each in problems)
    # Editors read it: the line at the top of the blueprint names it. It comes first, so that the blueprint is not in
    # the way of the same command again.
    schema = target.parent / _SCHEMA
    there = schema.read_bytes() if schema.exists() else b""
    # An empty one is nobody's.
    if there and _OURS not in there:
        raise UsageError(
            f"'{schema}' is not mcgen's, whose schema goes there: move it away, or write to another folder"
        )
    single.write(schema, shape.text(shape.blueprint_schema()).encode())
    single.write(target, text.encode(), new=not force)


def _option(pos: Pos, found: Source) -> str:
    """Return the option that gave what stands at a place of a blueprint that nobody has seen."""
    if found.data is None:
        # Values are written so that they can be read: what cannot is the name of the file, in the comment at its top.
        return "FILE"
    given = {"--name": ("metadata",), "--repo": ("gitops",), "--istio": ("istio",)}
    starts = {found.pos(path, key=True).line: option for option, path in given.items()}
    for i, cluster in enumerate(found.data["clusters"]):
        starts[found.pos(("clusters", i)).line] = f"--cluster {cluster['name']}={cluster['platform']}"
    before = [line for line in starts if line <= pos.line]
    return starts[max(before)] if before else "--cluster"


def _ask(asks: bool, option: str, question: str, default: str) -> str:  # noqa: FBT001 - private
    if not asks:
        raise UsageError(f"{option} is missing (questions are asked on a terminal only)")
    answer: Any = click.prompt(question, default=default, err=True)
    return str(answer)


def _ask_clusters(asks: bool) -> list[tuple[str, str]]:  # noqa: FBT001 - private
    if not asks:
        raise UsageError("--cluster NAME=PLATFORM is missing (questions are asked on a terminal only)")
    found: list[tuple[str, str]] = []
    while True:
        which = "the primary" if not found else "a remote; empty when there are no more"
        name = click.prompt(f"Name of {which}", default="" if found else None, show_default=False, err=True)
        if not name:
            return found
        platform = click.prompt("Who runs it", type=click.Choice(tuple(PLATFORMS)), err=True)
        found.append((name, platform))


def _pair(text: str) -> tuple[str, str]:
    name, equals, platform = text.partition("=")
    if not equals or platform not in PLATFORMS:
        raise UsageError(f"--cluster '{text}' is not NAME=PLATFORM, with one of {', '.join(PLATFORMS)}")
    return name, platform
