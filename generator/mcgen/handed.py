"""Which place of the blueprint a place in an IstioOperator comes from: what is handed through as it stands."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mcgen import chain, layout, patching, stages
from mcgen.delivery import PLUGIN
from mcgen.manifests import istio_operator
from mcgen.manifests.kustomize import applies
from mcgen.tree import holds
from mcgen.validators import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.patching import Parsed
    from mcgen.source import Source
    from mcgen.tree import DataPath
    from mcgen.validators import Finding

_SERVICE_SETTINGS: Final = "serviceSettings"


def finder(mesh: Mesh, source: Source) -> Callable[[Finding], Said | None]:
    """Return what says where the blueprint has what a finding is about, None where mcgen has made it itself."""

    @cache
    def steps() -> dict[str, Step]:
        each = (step for _, chained in chain.whole(mesh) for step in chained if step.stage.rendered)
        return {f"{step.source}/{layout.ISTIO_OPERATOR}": step for step in each}

    def said(finding: Finding) -> Said | None:
        step = steps().get(finding.path)
        path = step and origin(mesh, step, finding.place)
        if not path:
            return None
        # What explains mistakes is no part of a build without any.
        from mcgen.validators.explain import place

        pos, length = source.span(path, key=finding.key)
        return Said(words=place(path), pos=pos, length=length)

    return said


def origin(mesh: Mesh, step: Step, place: DataPath) -> DataPath | None:
    """Return where the blueprint says what stands at a place of a step's IstioOperator; None where mcgen says it."""
    # By the render plugin's kustomize they are applied only later.
    if step.delivery != PLUGIN:
        for i, patch in reversed(tuple(enumerate(mesh.patches))):
            if applies(patch, step) and (found := _in_patch(patch.patch, place)) is not None:
                return ("patches", i, "patch", *found)
    if step.stage.name != stages.CONTROL_PLANE or place[:1] != ("spec",):
        return None
    section, rest = place[1:2], place[2:]
    if section == ("values",) and holds(mesh.istio.values, rest):
        return ("istio", "values", *rest)
    if section == ("meshConfig",):
        rest = _as_written(mesh, step, rest)
        return ("istio", "meshConfig", *rest) if holds(mesh.istio.mesh_config, rest) else None
    return None


def _as_written(mesh: Mesh, step: Step, rest: DataPath) -> DataPath:
    """Return a place in meshConfig as it is in the blueprint, before whose settings of Services stand mcgen's own."""
    match rest:
        case (key, int(index), *deeper) if key == _SERVICE_SETTINGS:
            all_of_them = istio_operator.document(mesh, step)["spec"]["meshConfig"][key]
            own = len(all_of_them) - len(mesh.istio.mesh_config.get(key) or ())
            return (key, index - own, *deeper)
    return rest


def _in_patch(patch: str | Any, place: DataPath) -> DataPath | None:
    """Return where in a patch stands what it puts at a place; () for one that is a text as a whole, None if nowhere."""
    parsed: Parsed = patching.parse(patch)
    found = _in_operations(parsed, place) if isinstance(parsed, list) else place if holds(parsed, place) else None
    return () if found is not None and isinstance(patch, str) else found


def _in_operations(operations: list[Any], place: DataPath) -> DataPath | None:
    for j, operation in reversed(tuple(enumerate(operations))):
        steps = patching.parts(operation["path"])
        rest = place[len(steps) :]
        # "-" is the item behind the last one, whichever that was.
        same = all(step in (str(at), "-") for step, at in zip(steps, place, strict=False))
        if len(steps) <= len(place) and same and holds(operation.get("value"), rest):
            return (j, "value", *rest)
    return None
