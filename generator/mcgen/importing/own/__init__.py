"""A tree that mcgen built, turned back into its blueprint.

Each module reads one part of the tree. What comes out is built again in memory and compared with the tree: whatever
differs, in whichever file, is a finding, so that nothing is lost without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import blueprint, layout, shape, source
from mcgen.emit import emit
from mcgen.importing.draft import Draft
from mcgen.importing.own import clusters, identity, namespaces, pages, settings
from mcgen.importing.own.tree import Tree
from mcgen.mesh import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh


def read(folder: str, files: Mapping[str, bytes], inputs: Inputs) -> tuple[Draft, Tree]:
    """Return the blueprint of a tree, and the tree with what could not be read in it."""
    tree, draft = Tree(folder=folder, files=files), Draft()
    told = pages.read(tree.text(layout.README), tree.text(layout.RUNBOOK))
    identity.metadata(tree, draft, told)
    identity.istio(tree, draft, told)
    found = clusters.read(tree, draft, told)
    identity.mesh(tree, draft, [each["name"] for each in found if each["role"] == "primary"])
    identity.addons(tree, draft, told)
    identity.secrets(draft, told)
    exported, demo = identity.exposure(tree, draft), identity.demo(tree, draft)
    namespaces.read(tree, draft, exported, demo)
    namespaces.policies(tree, draft)
    identity.job(tree, draft)
    bare = mesh_of(draft, inputs)
    if bare is not None:
        settings.values(tree, draft, bare)
        known = mesh_of(draft, inputs)
        if known is not None:
            settings.patches(tree, draft, known)
    return draft, tree


def mesh_of(draft: Draft, inputs: Inputs) -> Mesh | None:
    """Return the mesh that a draft means so far, None where it does not fit the schema yet."""
    found = source.parse(emit([draft.ordered()]).encode(), "draft")
    if found.problems or shape.check(found, shape.blueprint_schema()):
        return None
    return resolve(blueprint.convert(found.data), inputs)
