"""The namespaces of a tree, and the policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import layout, names
from mcgen.importing import policies as policy
from mcgen.importing.documents import Document, items, texts, word
from mcgen.importing.draft import merged_order
from mcgen.stages import NAMESPACES, POLICIES

if TYPE_CHECKING:
    from mcgen.importing.draft import Draft
    from mcgen.importing.own.tree import Tree
    from mcgen.tree import Data


def read(tree: Tree, draft: Draft, exported: list[str], demo: str) -> None:
    """Read the namespaces that the blueprint declares: not that of the demo, or of an addon, where mcgen brings it."""
    addon = word(tree.at(layout.SEALED_SECRETS_CONTROLLER, "metadata", "namespace"))
    clusters = [cluster["name"] for cluster in draft.data.get("clusters", [])]
    shared = _found(tree, layout.base(NAMESPACES))
    local = {name: _found(tree, layout.overlay(name, NAMESPACES, None)) for name in clusters}
    known = {**{name: each for found in local.values() for name, each in found.items()}, **shared}
    listed = _listed(tree)
    order = merged_order([*listed.values(), exported, *([each] for each in known)])
    declared = [
        _namespace(name, known.get(name), name in exported)
        | ({} if name in shared else {"clusters": [each for each in clusters if name in listed.get(each, local[each])]})
        for name in order
        if name != addon
    ]
    if demo and declared and declared[-1] == _implied(demo, exported=bool(exported)):
        declared.pop()
    # Reads better: the clusters stand behind the name.
    draft.put(("namespaces",), [{"name": ns.pop("name"), **_first(ns, "clusters"), **ns} for ns in declared])


def _first(mapping: Data, key: str) -> Data:
    return {key: mapping.pop(key)} if key in mapping else {}


def _implied(name: str, *, exported: bool) -> Data:
    return {"name": name, **({"exported": True} if exported else {})}


def _found(tree: Tree, folder: str) -> dict[str, Document]:
    """Return the namespaces of a folder by name, but istio-system."""
    read = [tree.document(path) for path in tree.below(folder)]
    found = {each.name: each for each in read if each and each.kind == "Namespace" and not each.group}
    found.pop(names.ISTIO_SYSTEM, None)
    return found


def _listed(tree: Tree) -> dict[str, list[str]]:
    """Return the namespaces of each cluster in the blueprint's order, as the AppProject lists them.

    Of a cluster that leaves they stand there as long as it does, and their files do not.
    """
    found: dict[str, list[str]] = {}
    for project in tree.documents(f"{layout.INSTALL}/projects.yaml"):
        for destination in items(project.at("spec", "destinations")):
            if "name" in destination and destination.get("namespace") != names.ISTIO_SYSTEM:
                found.setdefault(word(destination["name"]), []).append(word(destination.get("namespace")))
    return found


def _namespace(name: str, document: Document | None, exported: bool) -> Data:  # noqa: FBT001 - private
    found: Data = {"name": name}
    if document is None:
        return found | ({"exported": True} if exported else {})
    labels = texts(document.at("metadata", "labels"))
    injection = labels.pop(names.INJECTION, "") == "enabled"
    level = labels.pop(f"{names.POD_SECURITY}enforce", "")
    if labels.get(f"{names.POD_SECURITY}warn") == "restricted":
        del labels[f"{names.POD_SECURITY}warn"]
    annotations = texts(document.at("metadata", "annotations"))
    if annotations.get(names.SYNC_OPTIONS) == names.CONFIRM_DELETION:
        del annotations[names.SYNC_OPTIONS]
    optional: dict[str, tuple[Any, Any]] = {
        "injection": (injection, True),
        "exported": (exported, False),
        "podSecurity": (level, "privileged" if injection else "restricted"),
        "labels": (labels, {}),
        "annotations": (annotations, {}),
    }
    return found | {key: value for key, (value, default) in optional.items() if value != default}


def policies(tree: Tree, draft: Draft) -> None:
    """Read the AuthorizationPolicies, in their order."""
    trust = draft.data.get("mesh", {}).get("trustDomain", "cluster.local")
    found = [tree.document(path) for path in tree.resources(layout.base(POLICIES))]
    kept = [each for each in found if each and each.kind == "AuthorizationPolicy"]
    draft.put(("policies",), [policy.read(each, trust)[0] for each in kept])
