"""The two steps of a rotation that change the facts file; what lies between them is a plain bootstrap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.backends import EXTERNAL_SECRETS
from mcgen.bootstrap import access, record, replicas, rotation
from mcgen.bootstrap.outcome import Outcome, State
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Mesh
    from mcgen.pairs import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of a pair's tokens, or why nothing does. unanswered: the refusal is for want of an answer."""

    pair: Pair
    suffixes: tuple[str, ...] = ()
    refused: str = ""
    unanswered: bool = False

    def outcome(self, *, dry_run: bool) -> Outcome:
        """Return the step as an outcome."""
        state = State.FAILED if self.unanswered else State.REFUSED
        if not self.refused:
            state = State.PLANNED if dry_run else State.CHANGED
        words = self.refused or f"tokens {', '.join(self.pair.tokens)} -> {', '.join(self.suffixes)}"
        return Outcome(consumer=self.pair.consumer.name, remote=self.pair.remote.name, state=state, words=words)


def rotate(loaded: Loaded, name: str, options: Options) -> list[Step]:
    """Return the new suffixes of one remote, or of all that can be rotated; raise ToolError on a lossy istiod."""
    if rotation.loses_endpoints(loaded.mesh.istio.version):
        raise ToolError(_lossy(f"Istio {loaded.mesh.istio.version} of the blueprint"))
    pairs = rotation.chosen(loaded.mesh, name)
    _refuse_lossy(loaded.mesh, pairs, options)
    return [_step(pair, rotation.rotated) for pair in pairs]


def revoke(loaded: Loaded, name: str, options: Options) -> list[Step]:
    """Return the suffixes without the old ones, for the pairs whose every istiod is known to use the new token."""
    retry = Retry(options.retries)

    def judge(pair: Pair) -> Step:
        step = _step(pair, rotation.revoked)
        if step.refused:
            return step
        way = access.of(pair.consumer, options.kubeconfigs)
        try:
            missing = retry(lambda: list(replicas.lacking(pair, way, options)))
        except ToolError as error:
            return Step(pair=pair, refused=str(error), unanswered=True)
        return Step(pair=pair, refused="; ".join(missing)) if missing else step

    return [step for _, step in each(judge, rotation.chosen(loaded.mesh, name), options.jobs, retry)]


def take(out: Path, steps: Iterable[Step]) -> bool:
    """Write the suffixes of all steps that are not refused; return whether anything changed."""
    good = [step for step in steps if not step.refused]

    def change(document: object) -> None:
        for step in good:
            record.set_tokens(document, step.pair.consumer.name, step.pair.remote.name, step.suffixes)

    return bool(good) and record.change_facts(out, change)


def _step(pair: Pair, change: Callable[[Pair], tuple[str, ...]]) -> Step:
    try:
        return Step(pair=pair, suffixes=change(pair))
    except ToolError as error:
        return Step(pair=pair, refused=str(error))


def _refuse_lossy(mesh: Mesh, pairs: list[Pair], options: Options) -> None:
    """Raise ToolError when an istiod that runs is older than the blueprint says, and loses endpoints."""
    for name in dict.fromkeys(pair.consumer.name for pair in pairs):
        way = access.of(mesh.by_name[name], options.kubeconfigs)
        for replica in replicas.replicas(way, "", options):
            if rotation.loses_endpoints(replica.version):
                raise ToolError(_lossy(f"{replica.pod} in {name}, which is Istio {replica.version},"))


def _lossy(who: str) -> str:
    return (
        f"{who} can lose all endpoints of a remote when its remote secret changes, until istiod is restarted "
        "(Istio's release note 61043; repaired in 1.30.4 and 1.31.0): upgrade istiod first"
    )


def next_steps(action: str, mesh: Mesh, options: Options, steps: Iterable[Step]) -> str:
    """Return what a person does after a step."""
    good = [step for step in steps if not step.refused]
    if not good:
        return ""
    command, external = options.command, mesh.secrets.name == EXTERNAL_SECRETS
    if action == "rotate":
        does = f"{command} --push COMMAND` pushes" if external else f"{command}` seals"
        return (
            f"next: commit; once Argo CD has synced, `{does} the new token; commit again; then `{command} --revoke`\n"
        )
    left = "; keys with a lower number can be deleted from the provider" if external else ""
    return f"next: commit; once Argo CD has synced, the API server refuses the old tokens{left}\n"
