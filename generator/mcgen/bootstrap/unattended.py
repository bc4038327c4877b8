"""The bootstrap job: clone, seal, build, commit, push; again from the clone when somebody else was faster."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from mcgen import __version__, layout, load, names, store
from mcgen.bootstrap import branch, git, keeping, programs, record, run, show, ways
from mcgen.bootstrap.outcome import State
from mcgen.prepare import prepare
from mcgen.problems import ToolError
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcgen.bootstrap.outcome import Options
    from mcgen.bootstrap.run import Result
    from mcgen.job import Job
    from mcgen.mesh import Mesh
    from mcgen.prepare import Prepared
    from mcgen.validators import Choice

_ATTEMPTS = 3

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the job is told by its command line; the rest stands in the blueprint that it clones.

    blueprint: its path in the repository. git_folder: with the key and the known hosts. here: the pod, None to
    find it in the environment.
    """

    blueprint: str
    url: str
    revision: str
    choice: Choice
    options: Options
    git_folder: str = names.GIT_FOLDER
    here: ways.Pod | None = None


def work(order: Order, environment: Mapping[str, str], say: Callable[[str], None]) -> bool:
    """Do all of it and return whether nothing failed; raise ToolError and ProblemsFound when it cannot be done.

    say: takes what is to be printed, line by line.
    """
    here = order.here or ways.pod(environment)
    with tempfile.TemporaryDirectory(prefix="mcgen-") as folder:
        told = git.environment(environment, order.git_folder)
        clone = git.Clone.make(order.url, order.revision, Path(folder) / "clone", told)
        with contextlib.chdir(clone.folder):
            for number in range(1, _ATTEMPTS + 1):
                try:
                    return _attempt(order, here, clone, say)
                except git.Rejected as error:
                    if number == _ATTEMPTS:
                        raise ToolError(f"{error}; given up after {number} attempts") from error
                    say(f"somebody else pushed in between: beginning again ({printable(str(error))})")
    raise AssertionError("the last attempt returns or raises")


def _attempt(order: Order, here: ways.Pod, clone: git.Clone, say: Callable[[str], None]) -> bool:
    target = clone.fetch(order.revision)
    if not target:
        raise ToolError(f"{order.url} has no branch '{order.revision}' any more")
    clone.checkout(target)
    mesh = _loaded(order).loaded.mesh
    if mesh.gitops.revision != order.revision:
        said = f"{order.blueprint} on {order.revision} says that Argo CD follows '{mesh.gitops.revision}'"
        raise ToolError(f"{said}: apply the folder bootstrap/ of the tree there again")
    job = _job(mesh)
    clone = clone.as_whom((job.user, job.email), mesh.name)
    branches = _branches(order, clone, job, target)
    start = _start(order, clone, branches, mesh)
    result = _sealed(order, here, start.made, say)
    return _published(order, clone, start, result, say)


def _branches(order: Order, clone: git.Clone, job: Job, target: str) -> branch.Branches:
    tip = clone.fetch(job.branch)
    return branch.Branches(
        revision=order.revision,
        target=target,
        branch=job.branch,
        tip=tip,
        ahead=tuple(clone.ahead(tip, target)) if tip else (),
        current=bool(tip) and clone.contains(tip, target),
    )


def _job(mesh: Mesh) -> Job:
    if mesh.job is None:
        raise ToolError(f"{mesh.blueprint} has no section `bootstrap`: add it, build, and apply the folder bootstrap/")
    return mesh.job


def _loaded(order: Order) -> Prepared:
    """Return what a build of the tree that is checked out would do."""
    given = load.read(order.blueprint)
    path = given.blueprint.gitops.path or str(given.folder)
    return prepare(given, Path(path), order.choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """The commit that is checked out, and its tree."""

    branches: branch.Branches
    commit: str
    made: Prepared

    @property
    def mesh(self) -> Mesh:
        return self.made.loaded.mesh


def _start(order: Order, clone: git.Clone, branches: branch.Branches, mesh: Mesh) -> _Start:
    """Check the commit out from which to go on; raise ToolError when none is good. The target is checked out now."""
    decisive = _decisive(order, mesh)
    refused = ""
    for commit in branch.starts(branches):
        clone.checkout(commit)
        where = branches.branch if commit == branches.tip else branches.revision
        if _decisive(order, mesh) != decisive:
            refused = refused or (
                f"the branch {where} changes the blueprint or a certificate beside it, and the job takes both from "
                f"{branches.revision} alone: merge that change first"
            )
            continue
        made = _loaded(order)
        if made.plan.up_to_date:
            return _Start(branches=branches, commit=commit, made=made)
        refused = refused or _stale(made, where)
    raise ToolError(refused)


def _decisive(order: Order, mesh: Mesh) -> dict[str, bytes]:
    """Return what decides for whom tokens are sealed: the blueprint, and the certificates beside it.

    Whoever may push the job's branch could otherwise have tokens sealed for somebody else.
    """
    folder = Path(order.blueprint).parent
    beside = [
        cluster.certificate for cluster in mesh.clusters if cluster.certificate and "://" not in cluster.certificate
    ]
    return {path: _content(Path(path)) for path in (order.blueprint, *(str(folder / name) for name in beside))}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _stale(made: Prepared, where: str) -> str:
    lines = made.plan.lines()
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return (
        f"the tree {made.loaded.mesh.path} on {where} is not what this mcgen ({__version__}) builds: "
        f"{', '.join(lines[:3])}{more}; build it with the version of the job's image, or renew the image"
    )


def _sealed(order: Order, here: ways.Pod, made: Prepared, say: Callable[[str], None]) -> Result:
    """Seal what is missing, and build again."""
    mesh, out = made.loaded.mesh, made.plan.out
    program = programs.check(mesh.minor)
    keeping.of(made.loaded, order.options).check(needed=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(record.locked(out))
        found = ways.ways(mesh, _job(mesh), here, order.options, stack)
        result = run.run(made.loaded, out, replace(order.options, kubeconfigs=found, istioctl=program))
    say(show.summary(result).rstrip("\n"))
    if result.wrote:
        store.apply(_loaded(order).plan)
    return result


def _published(order: Order, clone: git.Clone, start: _Start, result: Result, say: Callable[[str], None]) -> bool:
    """Commit and push what changed, and say where it is; return whether nothing failed."""
    branches, job = start.branches, _job(start.mesh)
    if lost := _lost(clone, start, result):
        say(f"{branches.branch} stays as it is: it holds the secret of {', '.join(lost)}, which failed this time")
        return False
    new = clone.commit(start.mesh.path, message(start.mesh, result)) if result.wrote else ""
    if new:
        clone.push(new, branches.branch, branches.tip)
        say(f"pushed {new[:12]} to {branches.branch}")
    if new or (branches.ahead and start.commit == branches.tip):
        say(_next(job, order.revision))
    elif branches.ahead and all(outcome.state is State.SKIPPED for outcome in result.outcomes):
        say(f"nothing to commit; {branches.branch} has nothing that {branches.revision} lacks, and can be deleted")
    else:
        say("nothing to commit")
    return not result.failed


def _lost(clone: git.Clone, start: _Start, result: Result) -> list[str]:
    """Return the remotes whose secret is on the branch that is to be replaced, and could not be sealed anew."""
    if start.commit != start.branches.target or not start.branches.ahead:
        return []
    failed = [outcome for outcome in result.outcomes if outcome.remote and outcome.state is State.FAILED]
    paths = [(out.remote, f"{start.mesh.path}/{layout.sealed_secret(out.consumer, out.remote)}") for out in failed]
    return list(dict.fromkeys(remote for remote, path in paths if clone.holds(start.branches.tip, path)))


def message(mesh: Mesh, result: Result) -> str:
    """Return the commit's message: what was sealed, pair by pair, and the trailer by which it is known again."""
    sealed = [outcome for outcome in result.outcomes if outcome.state is State.SEALED]
    subject = "Seal remote secrets" if sealed else "Note what was found on the clusters"
    lines = [f"{outcome.remote} for {outcome.consumer}: {outcome.words}" for outcome in sealed]
    lines += list(result.notes)
    body = "".join(f"{line}\n" for line in lines)
    return f"{subject} of the mesh {mesh.name}\n\n{body}\n{names.BOOTSTRAP_TRAILER}: {mesh.name}\n"


def _next(job: Job, revision: str) -> str:
    if not job.pull_request:
        return f"next: merge {job.branch} into {revision}"
    url = job.pull_request.replace("{branch}", quote(job.branch)).replace("{revision}", quote(revision))
    return f"next: merge {job.branch} into {revision}: {url}"
