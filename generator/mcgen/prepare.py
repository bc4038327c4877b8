"""From a blueprint to what would be written: read, build, check, compare; nothing is changed yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import build, check, load, rendering, roots, store
from mcgen.lifecycle import guard
from mcgen.problems import ProblemsFound, Severity, has_errors

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mcgen.build import Watch
    from mcgen.load import Loaded, Read
    from mcgen.problems import Problem
    from mcgen.store import Plan
    from mcgen.tree import DataPath
    from mcgen.validators import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A tree that is good to be written, what writing it would do, and the warnings; origins: as in `build.Built`."""

    loaded: Loaded
    plan: Plan
    problems: list[Problem]
    origins: dict[str, DataPath]


def prepare(
    given: Read,
    out: Path,
    choice: Choice,
    *,
    inputs: Path | None = None,
    force: bool = False,
    forget: Collection[str] = (),
    strict: bool = False,
    watch: Watch = iter,
) -> Prepared:
    """Return what a build of a blueprint would do to a folder; raise ProblemsFound at the first step with errors.

    forget: clusters that the tree has and the blueprint has not, and that may stay as they are. strict: files of others
    that change what Argo CD applies are errors.
    """
    loaded = load.load(given, inputs or out)
    manifest, damages = store.load_manifest(out)
    problems = [*loaded.warnings, *load.lost_stages(loaded, manifest, damages), *roots.behind(loaded)]
    problems += guard.taken_out(loaded, out, manifest, forget)
    _stop_on_errors(problems)
    loaded, found = rendering.complete(loaded, out)
    problems += found
    _stop_on_errors(problems)
    built = build.build(loaded, choice, watch)
    problems += built.problems
    _stop_on_errors(problems)
    plan = store.plan(out, built.files, loaded.inputs.files, mesh=loaded.mesh.name, force=force)
    problems += plan.problems
    problems += guard.stages_gone(loaded, out, manifest, plan.manifest)
    # What is pruned now was mcgen's.
    owned = plan.before.files.keys() | plan.manifest.files.keys()
    problems += check.foreign(out, owned, Severity.ERROR if strict else Severity.WARNING)
    problems += check.overriding(out, owned) if strict else []
    if plan.raw is None:
        # Git is asked, which most builds do without.
        from mcgen import history

        problems += history.closed_again(out, plan.manifest, {each.name: each.state for each in loaded.mesh.clusters})
    _stop_on_errors(problems)
    return Prepared(loaded=loaded, plan=plan, problems=problems, origins=built.origins)


def _stop_on_errors(problems: list[Problem]) -> None:
    if has_errors(problems):
        raise ProblemsFound(problems)
