"""What a blueprint hands through: values, meshConfig and patches, as far as IstioOperators and overlays show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import chain, layout, names
from mcgen.delivery import PLUGIN
from mcgen.emit import emit
from mcgen.importing import differences
from mcgen.importing.documents import items, mapping, word
from mcgen.importing.draft import merged_order
from mcgen.manifests import istio_operator
from mcgen.patching import parse
from mcgen.stages import CONTROL_PLANE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.importing.draft import Draft
    from mcgen.importing.own.tree import Tree
    from mcgen.mesh import Mesh
    from mcgen.tree import Data


_SERVICES = "serviceSettings"


class _Operator(NamedTuple):
    """An IstioOperator of the tree, and what it would be without what the blueprint hands through."""

    step: Step
    actual: Data
    own: Data


def values(tree: Tree, draft: Draft, bare: Mesh) -> None:
    """Read istio.values and istio.meshConfig. bare: the mesh of the draft, in which they are empty."""
    planes = [each for each in _operators(tree, bare) if each.step.stage.name == CONTROL_PLANE]
    for name, field, every in (("meshConfig", "meshConfig", False), ("values", "values", True)):
        among = [each for each in planes if every or each.step.cluster.is_primary]
        actual, own = ([mapping(each["spec"].get(field)) for each in side] for side in _sides(among))
        actual = [_given(*pair) for pair in zip(actual, own, strict=True)]
        if among:
            draft.put(("istio", name), differences.shared(actual, own))


def _given(actual: Data, own: Data) -> Data:
    """Return meshConfig with the blueprint's service settings alone: mcgen's own stand before them in the list."""
    if _SERVICES not in own:
        return actual
    given = [each for each in items(actual.get(_SERVICES)) if each not in items(own[_SERVICES])]
    return actual | {_SERVICES: given or own[_SERVICES]}


def _sides(operators: list[_Operator]) -> tuple[list[Data], list[Data]]:
    return [each.actual for each in operators], [each.own for each in operators]


def _operators(tree: Tree, mesh: Mesh) -> Iterator[_Operator]:
    for _, steps in chain.chains(mesh):
        for step in steps:
            found = tree.document(f"{step.source}/{layout.ISTIO_OPERATOR}", "IstioOperator")
            if step.stage.rendered and not step.gate and found and isinstance(found.at("spec"), dict):
                yield _Operator(step, found.data, istio_operator.document(mesh, step))


class _Seen(NamedTuple):
    """A patch as an overlay has it. target: as JSON. number: which of the same kind in that overlay it is."""

    stage: str
    target: str
    text: str
    number: int


def patches(tree: Tree, draft: Draft, mesh: Mesh) -> None:
    """Read the patches. mesh: of the draft, with all but them."""
    seen: dict[str, dict[str, list[_Seen]]] = {}
    for step in _steps(mesh):
        seen.setdefault(step.stage.name, {}).setdefault(step.cluster.name, list(_of(tree, step, mesh)))
    found = []
    for stage, by_cluster in seen.items():
        for patch in merged_order(list(by_cluster.values())):
            clusters = [name for name, known in by_cluster.items() if patch in known]
            where = {} if len(clusters) == len(by_cluster) else {"clusters": clusters}
            target = json.loads(patch.target)
            found.append({"stage": stage, **where, "target": target, "patch": _structured(patch.text)})
    draft.put(("patches",), found)


def _steps(mesh: Mesh) -> Iterator[Step]:
    """Yield the steps whose overlays show patches: a gate stands in the place of the others."""
    for _, steps in chain.chains(mesh):
        yield from (step for step in steps if not step.gate)
    yield from (*chain.kept(mesh), *chain.peers(mesh))


def _of(tree: Tree, step: Step, mesh: Mesh) -> Iterator[_Seen]:
    counted: dict[tuple[str, str], int] = {}
    for target, text in _written(tree, step, mesh):
        number = counted[target, text] = counted.get((target, text), 0) + 1
        yield _Seen(step.stage.name, target, text, number)


def _written(tree: Tree, step: Step, mesh: Mesh) -> Iterator[tuple[str, str]]:
    if step.stage.rendered and step.delivery != PLUGIN:
        found = tree.document(f"{step.source}/{layout.ISTIO_OPERATOR}", "IstioOperator")
        more = differences.patch(found.data, istio_operator.document(mesh, step)) if found else {}
        if more:
            head = {"apiVersion": names.ISTIO_OPERATOR, "kind": "IstioOperator", "metadata": {"name": step.name}}
            metadata = head["metadata"] | more.pop("metadata", {})
            yield json.dumps({"kind": "IstioOperator"}), emit([{**head, **more, "metadata": metadata}])
        return
    for patch in items(tree.at(f"{step.path}/{layout.KUSTOMIZATION}", "patches")):
        # mcgen's own name no target, or rename.
        if "target" in patch and "options" not in patch:
            yield json.dumps(mapping(patch["target"])), word(patch.get("patch"))


def _structured(text: str) -> str | Data | list[Data]:
    """Return a patch as data where the text is what mcgen makes of that, and as the text otherwise."""
    try:
        parsed = parse(text)
        # A list of operations is no document of the tree, and is written like one.
        documents: list[Any] = [parsed]
        return parsed if emit(documents) == text else text
    except ValueError:
        return text
