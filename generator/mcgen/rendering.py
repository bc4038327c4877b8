"""Where the tree holds what istioctl makes: it is run here, before the build, which is a function of what it gave.

Without istioctl, objects stay as they were committed, as long as the IstioOperator beside them is still the one that is
wanted and nobody has changed either.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen import chain, delivery, go_yaml, handed, istioctl, layout, stages, store, unquoted, validators
from mcgen.manifest import digest
from mcgen.manifests import istio_operator, rendered
from mcgen.problems import Problem, Severity, ToolError, has_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mcgen.chain import Step
    from mcgen.istioctl import Program
    from mcgen.load import Loaded
    from mcgen.manifest import Manifest
    from mcgen.mesh import Mesh
    from mcgen.problems import Pos
    from mcgen.tree import Data, DataPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One IstioOperator, and the steps that have it."""

    operator: Data
    steps: list[Step]

    @property
    def version(self) -> str:
        """Return of which version istioctl must be."""
        return str(self.operator["spec"]["tag"])


def complete(loaded: Loaded, tree: Path) -> tuple[Loaded, list[Problem]]:
    """Return the mesh with what istioctl makes of it, where the tree is to hold that, and problems.

    tree: the folder in which it lies already, or not. Raises ToolError where istioctl is needed and not there.
    """
    if loaded.mesh.istio.delivery != delivery.MANIFESTS:
        return loaded, []
    wanted = _wanted(loaded.mesh)
    problems = list(_malformed(wanted.values(), loaded))
    if problems:
        return loaded, problems
    programs = {version: istioctl.find(version) for version in sorted({one.version for one in wanted.values()})}
    objects: dict[str, tuple[Data, ...]] = {}
    lacking = {text: one for text, one in wanted.items() if isinstance(programs[one.version], str)}
    for text, found in _rendered({text: one for text, one in wanted.items() if text not in lacking}, programs):
        if isinstance(found, str):
            problems.append(_refused(wanted[text].steps[0], found, loaded.source.pos))
        else:
            objects[text] = tuple(sorted(map(istioctl.plain, found), key=_order))
            problems += _unbuildable(wanted[text].steps[0], objects[text], loaded.source.pos)
    objects |= _kept(lacking, tree, programs)
    problems += _warnings(programs, lacking, loaded.source.pos)
    if has_errors(problems):
        return loaded, problems
    bases = {text: len(one.steps) for text, one in wanted.items() if one.steps[0].stage.name == stages.BASE}
    shared = max(bases, key=lambda text: bases[text], default="")
    mesh = replace(loaded.mesh, rendered=delivery.Rendered(objects=objects, shared=shared))
    return replace(loaded, mesh=mesh), problems


def _wanted(mesh: Mesh) -> dict[str, Wanted]:
    """Return each IstioOperator that the tree has, by its text; those of the first cluster first."""
    found: dict[str, Wanted] = {}
    for _, steps in chain.chains(mesh):
        for step in steps:
            if step.stage.rendered and not step.gate:
                operator = istio_operator.patched(mesh, step)
                found.setdefault(delivery.text(operator), Wanted(operator=operator, steps=[])).steps.append(step)
    return found


def _malformed(wanted: Iterable[Wanted], loaded: Loaded) -> Iterator[Problem]:
    """Yield what the schema has against the operators: istioctl says less, and does not say where."""
    check = validators.checker(validators.Choice(embedded=True, kubeconform=None))
    origins = {f"{step.source}/{layout.ISTIO_OPERATOR}": step.origin for one in wanted for step in one.steps[:1]}
    findings = [
        finding
        for one in wanted
        for finding in check((one.operator,), f"{one.steps[0].source}/{layout.ISTIO_OPERATOR}")
    ]
    said = handed.finder(loaded.mesh, loaded.source)
    yield from validators.problems(findings, lambda path: loaded.source.pos(origins[path]), said)


def _rendered(wanted: dict[str, Wanted], programs: dict[str, Program | str]) -> Iterator[tuple[str, list[Data] | str]]:
    from concurrent.futures import ThreadPoolExecutor

    def run(item: tuple[str, Wanted]) -> tuple[str, list[Data] | str]:
        program = programs[item[1].version]
        return item[0], program if isinstance(program, str) else istioctl.generate(program, item[0])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(run, wanted.items())


def _order(document: Data) -> tuple[str, str, str, str]:
    """Return by what the objects are sorted: istioctl's own order is that of its code."""
    metadata = document["metadata"]
    return document["kind"].lower(), metadata["name"], metadata.get("namespace", ""), document["apiVersion"]


def _refused(step: Step, words: str, pos: Callable[[DataPath], Pos]) -> Problem:
    return Problem(
        code="MC404",
        message=f"istioctl does not render stage {step.name} of {step.cluster.name}: {words}",
        pos=pos(step.origin),
        advice="correct what the blueprint hands through (istio.values, istio.meshConfig, patches)",
    )


def _unbuildable(step: Step, objects: Iterable[Data], pos: Callable[[DataPath], Pos]) -> Iterator[Problem]:
    """MC279: kustomize builds what istioctl made, with the annotations that values gave it."""
    for document in objects:
        for key, what in unquoted.broken(document):
            yield Problem(
                code="MC279",
                message=f"stage {step.name} of {step.cluster.name}, {document['kind']}/{document['metadata']['name']}: "
                f"{unquoted.words(key, what)}",
                pos=pos(step.origin),
                advice=f"{unquoted.ADVICE}, in what the blueprint hands through (istio.values, patches)",
            )


def _kept(lacking: dict[str, Wanted], tree: Path, programs: dict[str, Program | str]) -> dict[str, tuple[Data, ...]]:
    """Return what the tree holds of that for which there is no istioctl; raise ToolError where that is too little."""
    if not lacking:
        return {}
    manifest, problems = store.load_manifest(tree)
    there = _There(tree, manifest if not has_errors(problems) else None)
    kept = {text: found for text, one in lacking.items() if (found := there.objects(one)) is not None}
    missing = [one for text, one in lacking.items() if text not in kept]
    if missing:
        step, version = missing[0].steps[0], missing[0].version
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ToolError(
            f"istioctl {version} is needed to render stage {step.name} of {step.cluster.name}{more}, which the tree "
            f"does not hold as they are to be: {programs[version]}. Put istioctl {version} on PATH (as istioctl, "
            f"istioctl-{version} or istioctl-{version.rpartition('.')[0]}), or choose another istio.delivery"
        )
    return kept


class _There:
    """What a tree holds of earlier renderings, as far as it is what was built."""

    def __init__(self, tree: Path, manifest: Manifest | None) -> None:
        self._tree = tree
        self._files = manifest.files if manifest else {}

    def objects(self, wanted: Wanted) -> tuple[Data, ...] | None:
        """Return what came out of the same IstioOperator; None when it is not there, or not as it was built."""
        for step in wanted.steps:
            if self._read(f"{step.source}/{layout.ISTIO_OPERATOR}") == [wanted.operator]:
                found = self._folder(step.path)
                if found is None and step.stage.name == stages.BASE:
                    found = self._folder(rendered.BASE)
                if found:
                    return found
        return None

    def _folder(self, folder: str) -> tuple[Data, ...] | None:
        names = [path for path in sorted(self._files) if path.rpartition("/")[0] == folder]
        read = [self._read(path) for path in names if not path.endswith(f"/{layout.KUSTOMIZATION}")]
        if not read or None in read:
            return None
        return tuple(sorted((document for documents in read for document in documents or ()), key=_order))

    def _read(self, path: str) -> list[Data] | None:
        """Return the documents of a file that is as it was built, None for others."""
        try:
            raw = (self._tree / path).read_bytes()
            return go_yaml.documents(raw) if self._files.get(path) == digest(raw) else None
        except (OSError, ValueError):
            return None


def _warnings(
    programs: dict[str, Program | str], lacking: dict[str, Wanted], pos: Callable[[DataPath], Pos]
) -> Iterator[Problem]:
    where = pos(("istio", "version"))
    for version, program in programs.items():
        kept = [one for one in lacking.values() if one.version == version]
        if isinstance(program, str):
            yield Problem(
                code="MC405",
                message=f"without istioctl {version}, {sum(len(one.steps) for one in kept)} stages stay as they were "
                f"rendered before ({program})",
                pos=where,
                advice="nothing is wrong as long as those who commit and those who check have it",
                severity=Severity.WARNING,
            )
        elif not program.exact:
            yield Problem(
                code="MC406",
                message=f"{program.path} says that it is {program.says}, without a patch, and is taken for {version}",
                pos=where,
                advice=f"use the istioctl of the release {version}",
                severity=Severity.WARNING,
            )
