"""Whether every needed edge is held: what each object brings, what it needs, and in which wave each of them comes.

Edges hold inside a chain, by waves. Between chains there are two only, namespace and CRD for what another chain puts
there, and they hold without an order: what comes too early is refused by the API server and tried again, as long
as what it needs waits for nobody. Everything else that one chain needs of another (a remote's injector needs its
primary's istiod, gateway and exposure) shows in the health of its own wave: istiod writes the caBundle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mcgen.order import finding, kinds, kustomize, leaving, objects, tokens
from mcgen.order.table import EDGES

if TYPE_CHECKING:
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Step
    from mcgen.order.objects import Obj
    from mcgen.order.tokens import Token


class Brought(NamedTuple):
    """Who brings something."""

    step: Step
    obj: Obj


class Waiting(NamedTuple):
    """A step needs what its own chain does not bring, and another chain may."""

    step: Step
    chain: int
    token: Token


Here: TypeAlias = dict["Token", list[Brought]]


class Edges:
    """Checks chain after chain; finish looks at what one needs of another."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._brought: dict[Token, tuple[int, Brought]] = {}
        self._all: set[Token] = set()
        self._waiting: list[Waiting] = []

    def check(self, chain_number: int, chain: Chain) -> None:
        """Add a finding for each edge that the waves of a chain do not hold."""
        self._behind_gates(chain)
        here = _brought(chain)
        self._all.update(here)
        for token, found in here.items():
            if EDGES[token[0]].other_chain:
                self._brought[token] = chain_number, found[-1]
        injected, needless = _injected(chain), leaving.needless(chain.state)
        for step in chain.steps:
            for token, obj in tokens.needs(step, chain.cluster, injected).items():
                if token[0] not in needless:
                    self._check(chain_number, step, obj, token, here.get(token))

    def brings(self, token: Token) -> bool:
        """Return whether one of the chains that were checked brings something."""
        return token in self._all

    def finish(self) -> None:
        """Add a finding for each need that no chain meets, or only one that itself waits for another first."""
        # What is optional and brought by nobody was there before.
        needed = [one for one in self._waiting if one.token in self._brought or not EDGES[one.token[0]].optional]
        waits: dict[int, int] = {}
        for waiting in needed:
            waits[waiting.chain] = min(waiting.step.app.wave, waits.get(waiting.chain, waiting.step.app.wave))
        for step, _, token in needed:
            edge, (_, cluster, which) = EDGES[token[0]], token
            thing = edge.thing.format(which)
            if token not in self._brought:
                message = f"it needs {thing} in cluster '{cluster}', and no Application brings it"
                self._findings.at(step.obj, edge.code, message)
                continue
            chain, (other, _) = self._brought[token]
            if chain in waits and waits[chain] < other.app.wave:
                message = f"it needs {thing} of {other.place}, whose chain waits for another one before that"
                self._findings.at(step.obj, edge.code, message)

    def _check(self, chain: int, step: Step, obj: Obj, token: Token, brought: list[Brought] | None) -> None:
        edge = EDGES[token[0]]
        if not brought:
            if edge.other_chain:
                self._waiting.append(Waiting(step, chain, token))
            elif not edge.optional:
                message = f"{obj.title} needs {edge.thing.format(token[2])} first, and nothing in its chain brings it"
                self._findings.at(step.obj, edge.code, message)
            return
        for other, what in brought:
            aside = what.aside or (objects.OUT_OF_HEALTH if kustomize.ASIDE in other.built.touched else "")
            if aside:
                message = f"{aside} of {other.obj.title}, for which others wait"
                self._findings.at(what, finding.MEANINGLESS, message)
            if other.app.wave < step.app.wave:
                continue
            if edge.same_application and other is step and what.wave <= obj.wave:
                continue
            thing = edge.thing.format(token[2])
            message = f"{obj.title} is in wave {step.app.wave} and needs {thing} first, which is in {other.place}"
            self._findings.at(step.obj, edge.code, message)

    def _behind_gates(self, chain: Chain) -> None:
        for gate in chain.steps:
            if not gate.gate:
                continue
            for step in chain.steps:
                if step.app.wave > gate.app.wave:
                    message = f"wave {step.app.wave} is listed, behind the unopened gate in {gate.place}"
                    self._findings.at(step.obj, finding.BEHIND_GATE, message)


def _brought(chain: Chain) -> Here:
    here: Here = {}
    for step in chain.steps:
        cluster = step.cluster
        for obj in step.built.objects:
            brings = tokens.BRINGS.get(obj.kind)
            for token in brings(obj, cluster) if brings else ():
                here.setdefault(token, []).append(Brought(step, obj))
    return here


def _injected(chain: Chain) -> set[tuple[str, str]]:
    """Return the namespaces of a chain whose pods are injected."""
    return {
        (step.cluster, obj.name)
        for step in chain.steps
        if kinds.NAMESPACE in step.built.kinds
        for obj in step.built.objects
        if obj.kind == kinds.NAMESPACE and (obj.facts or kustomize.INJECTION in step.built.touched)
    }
