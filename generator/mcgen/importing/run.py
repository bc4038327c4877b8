"""An import from what was gathered to a blueprint's text and what is said about it; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgen import blueprint, load, rules, shape, source
from mcgen.facts import Inputs
from mcgen.importing import findings, hand, own, secrets, written
from mcgen.importing.own import compare
from mcgen.mesh import resolve
from mcgen.problems import Pos, ProblemsFound, Severity, UsageError, has_errors, sort_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.importing.gather import Gathered
    from mcgen.importing.hand import Told
    from mcgen.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """text: of the blueprint. problems: all that is left over. lines: of the files in which they are, to be shown."""

    text: str
    problems: list[Problem]
    lines: Mapping[str, tuple[str, ...]]
    clusters: int


def run(gathered: Gathered, told: Told, file: str) -> Imported:
    """Return the blueprint of what was gathered. told: what a person said; file: where the blueprint will be.

    Raises ProblemsFound when there is no mesh in it, UsageError when it has none of the clusters that were told of.
    """
    return _own(gathered, file) if gathered.own else _hand(gathered, told, file)


def _own(gathered: Gathered, file: str) -> Imported:
    try:
        inputs = load.read_inputs(Path(gathered.folder))
    except ProblemsFound as damaged:
        # Somebody may have put a plain Secret where a sealed one belongs.
        raise ProblemsFound(map(secrets.scrubbed, damaged.problems)) from None
    draft, tree = own.read(gathered.folder, gathered.files, inputs)
    if tree.problems or not draft.data.get("clusters"):
        nothing = findings.found(
            findings.NO_MESH,
            Pos(file=tree.name("README.md")),
            "README.md and argocd/install do not say which clusters the mesh of this tree has",
            "restore the files of the tree (`git checkout -- FOLDER`), and import again",
        )
        raise ProblemsFound([*map(secrets.scrubbed, tree.problems), nothing])
    text = written.text(draft, gathered.folder)
    problems = _judged(text, file, inputs)
    if not problems:
        found = source.parse(text.encode(), file)
        typed = blueprint.convert(found.data)
        loaded = load.Loaded(source=found, inputs=inputs, mesh=resolve(typed, inputs), warnings=())
        problems += compare.differences(tree, loaded, Path(gathered.folder))
    return Imported(
        text=text,
        problems=sort_problems(problems),
        lines=_lines(gathered, problems),
        clusters=len(draft.data["clusters"]),
    )


def _hand(gathered: Gathered, told: Told, file: str) -> Imported:
    draft, problems = hand.read(gathered.files, told, gathered.folder)
    if has_errors(problems) and not draft.data.get("clusters"):
        raise ProblemsFound(problems, _lines(gathered, problems))
    there = [cluster["name"] for cluster in draft.data["clusters"]]
    for name in told.platforms:
        if name not in there:
            raise UsageError(f"--platform {name}=…: the manifests have no such cluster; there are {', '.join(there)}")
    text = written.text(draft, gathered.folder)
    problems += _judged(text, file, Inputs())
    lines = _lines(gathered, problems) | {file: tuple(text.split("\n"))}
    return Imported(text=text, problems=sort_problems(problems), lines=lines, clusters=len(draft.data["clusters"]))


def _judged(text: str, file: str, inputs: Inputs) -> list[Problem]:
    """Return why the blueprint would not be built as it is, at the place where what is wrong was read."""
    found = source.parse(text.encode(), file)
    problems = [*found.problems, *shape.check(found, shape.blueprint_schema())]
    if not problems:
        problems = rules.check(blueprint.convert(found.data), inputs, found)
    return [
        findings.found(
            findings.REFUSED,
            problem.pos,
            f"the blueprint cannot be built like this: {problem.message} ({problem.code})",
            problem.advice,
        )
        for problem in problems
        if problem.severity is Severity.ERROR
    ]


def _lines(gathered: Gathered, problems: list[Problem]) -> dict[str, tuple[str, ...]]:
    """Return the lines of the files with findings, but of those that may hold a secret."""
    prefix = f"{gathered.folder}/" if gathered.own else ""
    wanted = {problem.pos.file for problem in problems if problem.pos.line}
    files = {name: gathered.files.get(name.removeprefix(prefix), b"") for name in wanted}
    return {name: source.parse(content, name).lines for name, content in files.items() if not secrets.may_hold(content)}
