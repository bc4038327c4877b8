"""Rules about the blueprint's patches: that they hit something, and nothing that mcgen owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import assemble, chain, names, stages
from mcgen.contents import contents
from mcgen.manifests.kustomize import applies
from mcgen.mesh import resolve
from mcgen.rules.finding import Finding, error, one_of
from mcgen.rules.istio import OWNED_MESH_CONFIG, OWNED_VALUES
from mcgen.selector import selects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.blueprint import Blueprint, Patch
    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.tree import Data, DataPath

_OWNED: dict[str, tuple[tuple[str, ...], ...]] = {
    "IstioOperator": (
        ("spec", "profile"),
        ("spec", "hub"),
        ("spec", "tag"),
        ("spec", "components", "base"),
        *(("spec", "values", *keys) for keys in OWNED_VALUES),
        *(("spec", "meshConfig", *keys) for keys in OWNED_MESH_CONFIG),
    ),
    "Namespace": (
        ("metadata", "labels", names.NETWORK),
        ("metadata", "annotations", names.CONTROL_PLANE_CLUSTERS),
        ("metadata", "annotations", names.SYNC_OPTIONS),
    ),
    "SealedSecret": (("spec",),),
}
_IDENTITY: tuple[tuple[str, ...], ...] = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))
_ABSENT = object()


def check(blueprint: Blueprint, inputs: Inputs) -> list[Finding]:
    """Return the findings about all patches."""
    if not blueprint.patches:
        return []
    mesh = resolve(blueprint, inputs)
    bases = list(assemble.bases(mesh))
    steps = [step for _, steps in chain.chains(mesh) for step in steps]
    found: list[Finding] = []
    for i, patch in enumerate(blueprint.patches):
        if patch.stage not in stages.BY_NAME:
            found.append(
                error(
                    "MC220", ("patches", i, "stage"), f'"{patch.stage}" is no stage',
                    f"write one of {one_of(list(stages.BY_NAME))}",
                )
            )  # fmt: skip
            continue
        hit = [(step, contents(mesh, step, inputs, bases)) for step in steps if applies(patch, step)]
        found += _check(patch, ("patches", i), hit)
    return found


def _check(patch: Patch, path: DataPath, steps: list[tuple[Step, list[Data]]]) -> Iterator[Finding]:
    try:
        operations = _parse(patch.patch)
        hits = [(step, [doc for doc in documents if selects(patch.target, doc)]) for step, documents in steps]
    except ValueError as problem:
        yield error("MC224", path, f"this patch cannot be read: {problem}", "see Kustomize's page on patches")
        return
    missed = [step.cluster.name for step, documents in hits if not documents]
    # Named clusters must all be hit; without names, one is enough, because clusters differ.
    if len(missed) == len(hits) or (patch.clusters and missed):
        where = f" in {one_of(missed)}" if patch.clusters and missed else ""
        yield error(
            "MC221", (*path, "target"), f"this target matches nothing in stage {patch.stage}{where}",
            f"the stage has {_kinds(steps)}; stages that istioctl renders have an IstioOperator only",
        )  # fmt: skip
    owned = {keys: None for _, documents in hits for doc in documents for keys in _contradicted(operations, doc)}
    for keys in owned:
        yield error(
            "MC222", (*path, "patch"), f"{'.'.join(keys)} is set by mcgen from the blueprint",
            "change the field of the blueprint instead",
        )  # fmt: skip


def _kinds(steps: list[tuple[Step, list[Data]]]) -> str:
    return one_of(list({f"{doc['kind']}/{doc['metadata']['name']}" for _, docs in steps[:1] for doc in docs}))


def _parse(patch: str | Data | list[Data]) -> Data | list[Data]:
    """Return a patch as data; raise ValueError when its text is neither a mapping nor a list of operations."""
    if isinstance(patch, str):
        import yaml

        try:
            parsed = yaml.load(patch, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as problem:
            raise ValueError(str(problem).replace("\n", " ")) from problem
    else:
        parsed = patch
    if isinstance(parsed, dict) and parsed:
        return parsed
    if isinstance(parsed, list) and all(isinstance(op, dict) and isinstance(op.get("path"), str) for op in parsed):
        return parsed
    raise ValueError("it is neither an object nor a list of JSON 6902 operations")


def _contradicted(patch: Data | list[Data], document: Data) -> Iterator[tuple[str, ...]]:
    for path in (*_IDENTITY, *_OWNED.get(document["kind"], ())):
        current = _get(document, path)
        if isinstance(patch, list):
            touched = any(_touches(operation, path, current) for operation in patch)
        else:
            touched = path not in _IDENTITY and _merges_over(patch, path, current)
        if touched:
            yield path


def _touches(operation: Data, path: tuple[str, ...], current: Any) -> bool:
    if operation.get("op") == "test":
        return False
    pointers = [operation["path"], operation.get("from", "")] if operation.get("op") == "move" else [operation["path"]]
    for pointer in pointers:
        keys = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        if keys == path and operation.get("value", _ABSENT) == current:
            continue
        if keys[: len(path)] == path or path[: len(keys)] == keys:
            return True
    return False


def _merges_over(patch: Any, path: tuple[str, ...], current: Any) -> bool:
    for key in path:
        if not isinstance(patch, dict) or "$patch" in patch:
            return True
        if key not in patch:
            return False
        patch = patch[key]
    return bool(patch != current)


def _get(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict) or key not in data:
            return _ABSENT
        data = data[key]
    return data
