"""Manifests that people wrote: IstioOperators, gateways, policies and namespaces of several clusters, to a blueprint.

A module per subject: each takes the documents that it knows, writes into the draft and says what is left over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.importing import findings
from mcgen.importing.hand import clusters, exposure, gateways, mesh, objects, planes, policies, spaces
from mcgen.importing.hand.context import Context, Told
from mcgen.importing.hand.sources import documents
from mcgen.problems import Pos

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.importing.documents import Document
    from mcgen.importing.draft import Draft
    from mcgen.problems import Problem

__all__ = ["Told", "read"]


def read(files: Mapping[str, bytes], told: Told, folder: str = "") -> tuple[Draft, list[Problem]]:
    """Return the blueprint of what stands in files, and everything that it does not say. folder: where they were."""
    context = Context(told=told)
    context.documents = documents(files, context.problems)
    clusters.find(context)
    if not context.clusters:
        context.problems.append(_no_mesh(context.documents, min(files, default="") or folder, empty=not files))
        return context.draft, context.problems
    mesh.read(context)
    for subject in (planes, gateways, spaces, exposure, policies, objects):
        subject.read(context)
    clusters.write(context)
    return context.draft, context.problems


def _no_mesh(read: Sequence[Document], place: str, *, empty: bool) -> Problem:
    blueprint = next((each for each in read if (each.group, each.kind) == ("mcgen", "Mesh")), None)
    if blueprint is not None:
        advice = f"there is nothing to import: `mcgen validate {blueprint.file}` and `mcgen build` read it as it is"
        return findings.found(findings.NO_MESH, blueprint.pos(), "this is a blueprint already", advice)
    message = "no IstioOperator here installs a control plane, or leads a cluster to one"
    if empty:
        message = "no manifest lies here (.yaml, .yml or .json)"
    return findings.found(
        findings.NO_MESH,
        Pos(file=place),
        message,
        "name the folder with the files that `istioctl install -f` was given; objects that istioctl or Helm "
        "made of them do not say what they were made from",
    )
