"""What is said of the mesh as a whole: its name, its ID, where its tree will be, and which Istio it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mcgen.importing import findings
from mcgen.importing.documents import word
from mcgen.importing.hand.clusters import label
from mcgen.minors import MINORS, NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context
    from mcgen.tree import DataPath

_REPO = "https://git.example.com/platform/mesh.git"
_VERSION = re.compile(r"([0-9]+\.[0-9]+\.[0-9]+)(-[a-z]+)?")
_GLOBAL: DataPath = ("spec", "values", "global")


def read(context: Context) -> None:
    """Read them into the draft."""
    draft, told = context.draft, context.told
    mesh = _agreed(context, [(*_GLOBAL, "meshID"), ("spec", "meshConfig", "defaultConfig", "meshId")], "the mesh's ID")
    name = told.name or label(mesh or "mesh")
    draft.put(("apiVersion",), "mcgen/v1alpha1")
    draft.put(("kind",), "Mesh")
    draft.put(("metadata", "name"), name)
    draft.put(("gitops", "repo"), told.repo or _REPO)
    draft.put(("mesh", "id"), mesh, default=name)
    trust = _agreed(context, [("spec", "meshConfig", "trustDomain"), (*_GLOBAL, "trustDomain")], "the trust domain")
    draft.put(("mesh", "trustDomain"), trust, default="cluster.local")
    if len(context.primaries) > 1:
        # Istio's own page asks for it: otherwise each istiod has a root that the others do not trust.
        draft.put(("trust", "mode"), "cacerts")
    _istio(context)
    if not told.repo:
        draft.ask(("gitops", "repo"), "the Git repository in which the tree will live, as Argo CD reads it")
        first = next(iter(context.clusters.values())).planes[0]
        context.tell(
            findings.QUESTION,
            first,
            (),
            "no manifest says in which Git repository the tree will live",
            "say --repo URL, or write it at the mark in the blueprint",
        )


def _istio(context: Context) -> None:
    draft, told = context.draft, context.told
    tag = _agreed(context, [("spec", "tag"), (*_GLOBAL, "tag")], "Istio's version")
    match = _VERSION.fullmatch(tag)
    version = told.version or (match[1] if match else "")
    draft.put(("istio", "version"), version or NEWEST)
    document = next(iter(context.clusters.values())).planes[0]
    if not version:
        what = f'the tag "{tag}" is no version of Istio' if tag else "no IstioOperator says which Istio it installs"
        draft.ask(("istio", "version"), "which Istio runs? `istioctl version` says it")
        context.tell(
            findings.QUESTION,
            document,
            ("spec", "tag"),
            what,
            "say --istio VERSION, or write it at the mark in the blueprint",
        )
    elif ".".join(version.split(".")[:2]) not in MINORS:
        context.tell(
            findings.NOT_OFFERED,
            document,
            ("spec", "tag"),
            f"mcgen builds meshes of Istio {' and '.join(MINORS)}, not {version}",
            "upgrade the mesh first, in the way in which it was installed, and import it then; or say --istio VERSION",
        )
    if match and match[2] and not told.version:
        context.tell(
            findings.SETTING,
            document,
            ("spec", "tag"),
            f'the variant "{match[2][1:]}" of the images is left out',
            "write `istio.values: {global: {variant: ...}}` if you want it",
        )
    hub = _agreed(context, [("spec", "hub"), (*_GLOBAL, "hub")], "the registry of the images")
    draft.put(("istio", "hub"), hub, default="docker.io/istio")
    revision = _agreed(context, [("spec", "revision")], "the revision")
    draft.put(("istio", "revision"), revision, default="default")


def _agreed(context: Context, paths: list[DataPath], what: str) -> str:
    """Return what the control planes say at one of some places; where they disagree, the first one counts."""
    found = list(_said(context, paths))
    for document, path, value in found[1:]:
        if value != found[0][2]:
            context.tell(
                findings.DIFFERS,
                document,
                path,
                f'here {what} is "{value}", and "{found[0][2]}" in {found[0][0].file}',
                "one mesh has one: write the right one into the blueprint",
            )
    return found[0][2] if found else ""


def _said(context: Context, paths: list[DataPath]) -> Iterator[tuple[Document, DataPath, str]]:
    for cluster in sorted(context.clusters.values(), key=lambda each: each.remote):
        for document in cluster.planes:
            for path in paths:
                value: Any = document.at(*path)
                if word(value):
                    yield document, path, value
