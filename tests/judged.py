"""What is wrong with a blueprint: everything that comes before the build, without the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mcgen.build
from mcgen import blueprint, rules, shape, source, validators
from mcgen.delivery import MANIFESTS
from mcgen.facts import Inputs
from mcgen.load import Loaded
from mcgen.mesh import resolve
from mcgen.problems import Problem, sort_problems

if TYPE_CHECKING:
    from mcgen.source import Source


def read(content: str | bytes, file: str = "blueprint.yaml") -> Source:
    return source.parse(content.encode() if isinstance(content, str) else content, file)


def problems(found: Source, inputs: Inputs | None = None) -> list[Problem]:
    """Return the problems of the first step that finds any: reading, the shape, the rules."""
    if found.problems:
        return list(found.problems)
    wrong = shape.check(found, shape.blueprint_schema())
    return sort_problems(wrong or rules.check(typed(found), inputs or Inputs(), found))


def typed(found: Source) -> blueprint.Blueprint:
    """Return the blueprint of a file that fits the schema."""
    return blueprint.convert(found.data)


def build(found: Source, inputs: Inputs | None = None) -> list[Problem]:
    """Return what is wrong with the tree of a blueprint in which no errors were found."""
    given = inputs or Inputs()
    mesh = resolve(typed(found), given)
    if mesh.istio.delivery == MANIFESTS:
        # Its objects come of istioctl, which the tests of its own have.
        return []
    loaded = Loaded(source=found, inputs=given, mesh=mesh, warnings=())
    return mcgen.build.build(loaded, validators.choose("embedded")).problems


def complaints(problem: Problem, found: Source) -> list[str]:
    """Return what is wrong with a problem itself: each has a place in the file, a message and a remedy."""
    pos = problem.pos
    line = found.lines[pos.line - 1] if 0 < pos.line <= len(found.lines) else None
    faults = {
        "it is in another file": pos.file != found.file,
        "its line is not in the file": line is None,
        "its column is not in the line": not 0 < pos.col <= len(line or "") + 1,
        "its marker is longer than the line": pos.col - 1 + problem.length > max(len(line or ""), pos.col),
        "it has no remedy": not problem.advice,
        "it ends with a full stop": problem.message.endswith(".") or problem.advice.endswith("."),
        "it is too long": len(problem.message) > 1000 or len(problem.advice) > 1000,
    }
    return [f"{problem}: {fault}" for fault, found_wrong in faults.items() if found_wrong]
