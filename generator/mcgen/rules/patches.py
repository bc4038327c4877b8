"""Rules about the blueprint's patches: that they hit something, and nothing that mcgen owns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcgen import assemble, chain, names, patching, selector, stages, unquoted
from mcgen.contents import contents
from mcgen.delivery import HELM
from mcgen.manifests import charts, istio_operator
from mcgen.manifests.kustomize import applies
from mcgen.mesh import resolve
from mcgen.phases import MEMBER
from mcgen.rules.finding import Finding, error, one_of
from mcgen.rules.istio import OWNED_MESH_CONFIG, OWNED_VALUES, instead_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Patch
    from mcgen.chain import Step
    from mcgen.contents import Object
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.patching import Parsed
    from mcgen.tree import Data, DataPath

# Where mcgen sets something itself, and which field of the blueprint says what.
_OWNED: dict[str, dict[tuple[str, ...], str]] = {
    "IstioOperator": {
        ("spec", "profile"): "clusters[].role",
        ("spec", "hub"): "istio.hub",
        ("spec", "tag"): "istio.version",
        ("spec", "revision"): "istio.revision",
        ("spec", "components", "base"): "nothing: the CRDs have a stage of their own",
        **{("spec", "values", *keys): field for keys, field in OWNED_VALUES.items()},
        **{("spec", "meshConfig", *keys): field for keys, field in OWNED_MESH_CONFIG.items()},
    },
    "MutatingWebhookConfiguration": {("metadata", "labels", names.REVISION): "istio.revision"},
    "ValidatingWebhookConfiguration": {("metadata", "labels", names.REVISION): "istio.revision"},
    "Namespace": {
        ("metadata", "labels", names.INJECTION): "namespaces[].injection",
        ("metadata", "labels", names.NETWORK): "clusters[].network",
        ("metadata", "annotations", names.CONTROL_PLANE_CLUSTERS): "clusters[].primary",
        ("metadata", "annotations", names.SYNC_OPTIONS): "nothing: a namespace is never deleted without a question",
    },
    "CustomResourceDefinition": {
        ("spec",): "nothing: it is what the controller was built for",
        ("metadata", "annotations", names.SYNC_OPTIONS): "nothing: with it all SealedSecrets would be deleted",
    },
    "SealedSecret": {("spec",): "nothing: it is what was sealed"},
    "ExternalSecret": {
        ("spec", "secretStoreRef"): "secrets.store",
        ("spec", "target"): "nothing: the order rests on it",
        ("spec", "data"): "secrets.prefix and secrets.property",
    },
}
_IDENTITY = dict.fromkeys(
    (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")),
    "nothing: other places call the object so",
)
_ABSENT = object()


def check(blueprint: Blueprint, inputs: Inputs) -> list[Finding]:
    """Return the findings about all patches, which apply in their order."""
    if not blueprint.patches:
        return []
    mesh = resolve(blueprint, inputs)
    # A patch for a cluster that leaves is right as long as the cluster is there.
    mesh = replace(mesh, clusters=tuple(replace(cluster, state=MEMBER) for cluster in mesh.clusters))
    bases = {file.path: file for file in assemble.bases(mesh)}
    steps: dict[str, list[Step]] = defaultdict(list)
    for _, chained in chain.chains(mesh):
        for step in chained:
            steps[step.stage.name].append(step)
    known: dict[str, list[Object]] = {}
    found: list[Finding] = []
    for i, patch in enumerate(blueprint.patches):
        hit = [step for step in steps[patch.stage] if applies(patch, step)]
        for step in hit:
            if step.path not in known:
                known[step.path] = contents(mesh, step, inputs, bases)
        found += _check(patch, ("patches", i), [(step, known[step.path]) for step in hit])
    return found or list(_uncharted(mesh, steps))


def _uncharted(mesh: Mesh, steps: dict[str, list[Step]]) -> Iterator[Finding]:
    """MC277: what patches make of an IstioOperator can be said in the values of a chart, where a chart is used."""
    for i, patch in enumerate(mesh.patches):
        for step in steps[patch.stage]:
            if not (applies(patch, step) and step.stage.rendered and step.delivery == HELM):
                continue
            try:
                charts.chart_and_values(istio_operator.patched(mesh, replace(step, gate="")))
            except ValueError as problem:
                message = f"no value of Istio's charts says {problem} of stage {patch.stage}"
                advice = "say it in istio.values or clusters[].gateway, or choose another istio.delivery"
                yield error("MC277", ("patches", i, "patch"), message, advice)
                break


def _check(patch: Patch, path: DataPath, steps: list[tuple[Step, list[Object]]]) -> Iterator[Finding]:
    if not steps:
        yield _nowhere(patch, path)
        return
    try:
        selector.check(patch.target)
    except ValueError as problem:
        yield error(
            "MC224", (*path, "target"), f"this target cannot be read: {problem}",
            "write names, `.`, `[...]`, `|` and at most three of `*`, `+`, `?`; labels as in `a=b,c in (d,e),!f`",
        )  # fmt: skip
        return
    try:
        parsed = patching.parse(patch.patch)
    except ValueError as problem:
        yield error(
            "MC224", (*path, "patch"), f"this patch cannot be read: {problem}",
            "write a mapping with `kind` and `metadata.name`, or a list of `{op, path, value}`",
        )  # fmt: skip
        return
    hits = [(step, [obj for obj in objects if _selects(patch, obj)]) for step, objects in steps]
    yield from _missed(patch, path, steps, hits)
    yield from _apply(parsed, (*path, "patch"), hits)


def _nowhere(patch: Patch, path: DataPath) -> Finding:
    if patch.stage not in stages.BY_NAME:
        message = f'"{patch.stage}" is no stage'
        return error("MC220", (*path, "stage"), message, f"write one of {one_of(stages.BY_NAME)}")
    where = "no cluster of this patch" if patch.clusters else "no cluster"
    return error(
        "MC220", (*path, "stage"), f"{where} has a stage {patch.stage}", "name another stage, or remove the patch"
    )


def _selects(patch: Patch, found: Object) -> bool:
    return found.current is not None and selector.selects(patch.target, found.current, found.original)


def _missed(
    patch: Patch, path: DataPath, steps: list[tuple[Step, list[Object]]], hits: list[tuple[Step, list[Object]]]
) -> Iterator[Finding]:
    missed = [step.cluster.name for step, objects in hits if not objects]
    # Named clusters must all be hit; without names, one is enough, because clusters differ.
    if len(missed) == len(hits) or (patch.clusters and missed):
        where = f" in {one_of(missed)}" if patch.clusters else ""
        objects = next(objects for step, objects in steps if step.cluster.name == missed[0])
        kinds = {_title(found.original) for found in objects}
        yield error(
            "MC221", (*path, "target"), f"this target matches nothing in stage {patch.stage}{where}",
            f"the stage has {one_of(kinds)}; stages that istioctl renders have an IstioOperator only",
        )  # fmt: skip


def _apply(patch: Parsed, path: DataPath, hits: list[tuple[Step, list[Object]]]) -> Iterator[Finding]:
    owned: dict[tuple[str, ...], Finding] = {}
    for step, objects in hits:
        for found in objects:
            before = found.current or {}
            try:
                found.current = patching.apply(before, patch)
            except ValueError as problem:
                yield error(
                    "MC224", path, f"this patch does not fit {_title(before)} of {step.cluster.name}: {problem}",
                    "correct its paths, or narrow its target",
                )  # fmt: skip
                return
            if wrong := next(unquoted.broken(found.current), None):
                yield error("MC279", path, f"{unquoted.words(*wrong)} ({_title(before)})", unquoted.ADVICE)
                found.current = before
                return
            touched = dict(_touched(before, found.current))
            owned |= {keys: _owned(keys, touched[keys], path, before) for keys in touched if keys not in owned}
            if touched:
                # The patches that follow are judged as if this one were not there.
                found.current = before
    yield from _together(owned, path)


def _touched(before: Data, after: Data | None) -> Iterator[tuple[tuple[str, ...], str]]:
    owned = _OWNED.get(before["kind"], {})
    if after is None:
        yield from [((), "")] if owned else []
        return
    for keys, field in (owned | _IDENTITY).items():
        if _get(before, keys) != _get(after, keys):
            yield keys, field


def _owned(keys: tuple[str, ...], field: str, path: DataPath, document: Data) -> Finding:
    title = _title(document)
    if not keys:
        return error("MC222", path, f"{title} would be deleted, and its stage is made of it", "remove the patch")
    return error("MC222", path, f"{'.'.join(keys)} of {title} is set by mcgen", instead_of(field))


def _together(owned: dict[tuple[str, ...], Finding], path: DataPath) -> Iterator[Finding]:
    if len(owned) < 2:
        yield from owned.values()
        return
    keys = ", ".join(".".join(keys) for keys in owned)
    yield error(
        "MC222", path, f"this patch changes what is set by mcgen: {keys}",
        "patch single fields that are not among these",
    )  # fmt: skip


def _title(document: Data) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return _ABSENT
        data = data[key]
    return data
