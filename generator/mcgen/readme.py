"""The tree's own README, which says where the mesh stands, and the files beside it that are no manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import layout, names, roots, runbook
from mcgen.graph import mermaid, meshed
from mcgen.lifecycle import upgrade_words, words
from mcgen.platforms import PLATFORMS
from mcgen.prose import render
from mcgen.tree import File

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from mcgen.chain import Chains, Step
    from mcgen.mesh import Cluster, Mesh

_BOOTSTRAP_README = f"{layout.BOOTSTRAP}/{layout.README}"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")
# The same bytes on every machine that checks the tree out; the manifest is a list of digests that nobody reads.
_ATTRIBUTES = "* text eol=lf\n.mcgen/manifest.json -diff linguist-generated\n"


def files(mesh: Mesh, chains: Chains) -> Iterator[File]:
    """Yield README.md, RUNBOOK.md and .gitattributes."""
    yield File(path=layout.README, text=_readme(mesh, chains), origin=("metadata",))
    yield runbook.file(mesh, chains)
    yield File(path=layout.GIT_ATTRIBUTES, text=_ATTRIBUTES, origin=("metadata",))


def _readme(mesh: Mesh, chains: Chains) -> str:
    waiting: list[tuple[Cluster, Step | None]] = []
    for cluster, steps in chains:
        waiting.append((cluster, first_gate(steps)))
    return render(
        "README.md.j2",
        mesh=mesh,
        description=escaped(mesh.description),
        clusters=[_row(cluster, gate) for cluster, gate in waiting],
        gates=[(cluster, gate) for cluster, gate in waiting if gate],
        missing_addresses=sorted({p.consumer.name for p in mesh.pairs.values() if not p.consumer.gateway.address}),
        unsigned=mesh.unsigned,
        unread=[pair for pair in mesh.all_pairs if not (pair.serves or pair.held or pair.leaves)],
        roots=roots,
        leaving=[cluster for cluster in mesh.clusters if cluster.state],
        words=words,
        upgrade_words=upgrade_words,
        picture=mermaid.show(meshed.picture(mesh, chains)),
        layout=layout,
    )


def first_gate(steps: tuple[Step, ...]) -> Step | None:
    """Return the gate at which a chain waits, None when it is open to its end."""
    return next((step for step in steps if step.gate), None)


def escaped(text: str) -> str:
    """Return a person's text so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def after_build(out: Path, changed: Collection[str]) -> str:
    """Return what an Argo CD administrator has to apply by hand after this build, and in which order.

    out: where the tree was built.
    """
    told = {
        layout.SETUP: f"{layout.SETUP}/{layout.README}",
        layout.INSTALL: layout.RUNBOOK,
        layout.BOOTSTRAP: _BOOTSTRAP_README,
    }
    # A page that reads differently is nothing to apply.
    applied = [path for path in changed if not path.endswith(f"/{layout.README}")]
    parts = [part for part in told if any(path.startswith(f"{part}/") for path in applied)]
    if not parts:
        return ""
    lines = [f"  {out / part}: see {out / told[part]}" for part in parts]
    return "\n".join(["an Argo CD administrator applies, because it changed:", *lines]) + "\n"


def _row(cluster: Cluster, gate: Step | None) -> dict[str, str]:
    return {
        "name": cluster.name,
        "id": cluster.id,
        "role": cluster.role if cluster.is_primary else f"remote of {cluster.primary}",
        "platform": PLATFORMS[cluster.platform].TITLE,
        "network": cluster.network,
        "address": (cluster.gateway.address or "not known yet") if cluster.gateway.is_needed else names.NO_GATEWAY,
        "waits": gate.gate if gate else "",
        "stage": gate.name if gate else "",
    }
