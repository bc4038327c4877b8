"""Whether every needed edge is held: what each object brings, what it needs, and in which wave each of them comes.

Edges hold inside a chain, by waves. Between chains there is one only, a namespace for what another chain puts
there, and it holds without an order: what comes too early is refused by the API server and tried again, as long
as the namespace waits for nobody. Everything else that one chain needs of another (a remote's injector needs its
primary's istiod, gateway and exposure) shows in the health of its own wave: istiod writes the caBundle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mcgen import names
from mcgen.order import finding, istio, kustomize, objects, table
from mcgen.order.table import EDGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Step
    from mcgen.order.objects import Obj

Token: TypeAlias = tuple[str, str, str]
"""What one object brings and another needs: the edge, the cluster ('' where it matters not), and which one."""

# Kinds of these groups come with Kubernetes, or with what has to be there before mcgen.
_PRESENT = {"", "apps", "autoscaling", "batch", "policy", "extensions", "bitnami.com", "argoproj.io"}
_POLICIES = EDGES[table.POLICIES].by


class Brought(NamedTuple):
    """Who brings something."""

    step: Step
    obj: Obj


class Waiting(NamedTuple):
    """A step needs what its own chain does not bring, and another chain may."""

    step: Step
    chain: int
    token: Token


class Edges:
    """Checks chain after chain; finish looks at what one needs of another."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._brought: dict[Token, tuple[int, Brought]] = {}
        self._waiting: list[Waiting] = []

    def check(self, number: int, chain: Chain) -> None:
        """Add a finding for each edge that the waves of a chain do not hold."""
        self._behind_gates(chain)
        here: dict[Token, list[Brought]] = {}
        injected = _injected(chain)
        for step in chain.steps:
            for obj in step.built.objects:
                for token in _brings(obj, step.cluster):
                    here.setdefault(token, []).append(Brought(step, obj))
                    if obj.aside or kustomize.ASIDE in step.built.touched:
                        message = f"{step.obj.name} is Healthy without it: an annotation takes it out of the health"
                        self._findings.at(obj, finding.MEANINGLESS, message)
        self._brought.update(
            {token: (number, found[-1]) for token, found in here.items() if token[0] == table.NAMESPACE}
        )
        for step in chain.steps:
            needed: dict[Token, Obj] = {}
            for obj in step.built.objects:
                for token in _needs(obj, step, chain, injected):
                    needed.setdefault(token, obj)
            for token, obj in needed.items():
                self._check(number, step, obj, token, here.get(token, []))

    def finish(self) -> None:
        """Add a finding for each need that no chain meets, or only one that itself waits for another first."""
        waits: dict[int, int] = {}
        for waiting in self._waiting:
            waits[waiting.chain] = min(waiting.step.app.wave, waits.get(waiting.chain, waiting.step.app.wave))
        for step, _, token in self._waiting:
            edge, (name, cluster, which) = EDGES[token[0]], token
            found = self._brought.get(token)
            if found is None:
                message = f"{edge.thing.format(which)} is needed in cluster '{cluster}', and no Application brings it"
                self._findings.at(step.obj, edge.code, message)
                continue
            number, (other, _) = found
            if number in waits and waits[number] <= other.app.wave:
                message = f"it needs the {name} of {other.place}, whose chain waits for yet another one before that"
                self._findings.at(step.obj, edge.code, message)

    def _check(self, number: int, step: Step, obj: Obj, token: Token, brought: list[Brought]) -> None:
        edge = EDGES[token[0]]
        thing = edge.thing.format(token[2])
        if not brought and edge.other_chain:
            self._waiting.append(Waiting(step, number, token))
        elif not brought and not edge.optional:
            message = f"{obj.title} needs {thing} first, and nothing in its chain brings it"
            self._findings.at(step.obj, edge.code, message)
        for other, what in brought:
            if other.app.wave < step.app.wave:
                continue
            if edge.same_application and other is step and what.wave <= obj.wave:
                continue
            message = f"{obj.title} is in {_wave(step)} and needs {thing} first, which is in {other.place}"
            self._findings.at(step.obj, edge.code, message)

    def _behind_gates(self, chain: Chain) -> None:
        for gate in chain.steps:
            if not gate.gate:
                continue
            for step in chain.steps:
                if step.app.wave > gate.app.wave:
                    message = f"{_wave(step)} is listed, behind the unopened gate in {gate.place}"
                    self._findings.at(step.obj, finding.BEHIND_GATE, message)


def _wave(step: Step) -> str:
    return f"wave {step.app.wave}"


def _injected(chain: Chain) -> set[tuple[str, str]]:
    """Return the namespaces of a chain whose pods are injected."""
    return {
        (step.cluster, obj.name)
        for step in chain.steps
        for obj in step.built.objects
        if obj.kind == objects.NAMESPACE and (obj.facts or kustomize.INJECTION in step.built.touched)
    }


def _brings(obj: Obj, cluster: str) -> Iterator[Token]:
    kind = obj.kind
    if kind == objects.NAMESPACE:
        yield table.NAMESPACE, cluster, obj.name
    elif kind == objects.OPERATOR:
        yield from _rendered_brings(obj.facts, cluster)
    elif kind == objects.SERVICE_ACCOUNT:
        yield table.READER, cluster, f"ServiceAccount '{obj.name}'"
    elif kind == objects.SECRET and obj.facts:
        yield table.READER, cluster, f"token of '{obj.facts}'"
    elif kind == objects.BINDING:
        for name in obj.facts:
            yield table.READER, cluster, f"rights of '{name}'"
    elif kind == objects.SEALED_SECRET and obj.facts:
        yield table.REMOTE_SECRET, "", obj.facts
    elif kind == objects.CRD:
        yield table.CRDS, cluster, _family(obj.name.partition(".")[2])
    elif kind in _POLICIES:
        yield table.POLICIES, cluster, "policies"


def _rendered_brings(operator: istio.Operator, cluster: str) -> Iterator[Token]:
    if operator.base:
        yield table.CRDS, cluster, istio.FAMILY
    if operator.control_plane:
        yield table.CONTROL_PLANE, cluster, "injector"
    for _, labels in operator.gateways:
        for label in labels:
            yield table.GATEWAY, cluster, label


def _needs(obj: Obj, step: Step, chain: Chain, injected: set[tuple[str, str]]) -> Iterator[Token]:
    kind, cluster = obj.kind, step.cluster
    if kind not in objects.CLUSTER_SCOPED:
        yield table.NAMESPACE, cluster, obj.namespace or step.app.namespace
    if kind[0] not in _PRESENT and not kind[0].endswith(".k8s.io") and kind != objects.OPERATOR:
        yield table.CRDS, cluster, _family(kind[0])
    if kind == objects.OPERATOR:
        yield from _rendered_needs(obj.facts, cluster)
    elif kind == objects.ISTIO_GATEWAY:
        for label in obj.facts:
            yield table.GATEWAY, cluster, label
    elif kind == objects.JOB:
        if obj.facts.suspended and cluster != chain.cluster:
            yield from _reader(cluster, chain.cluster)
        elif not obj.facts.suspended and _is_injected(obj, obj.facts.inject, step, injected):
            yield from _sidecar(cluster)
    elif kind == objects.SEALED_SECRET and obj.facts:
        yield from _reader(cluster, chain.cluster)
    elif kind in objects.WORKLOADS and _is_injected(obj, obj.facts, step, injected):
        yield from _sidecar(cluster)


def _rendered_needs(operator: istio.Operator, cluster: str) -> Iterator[Token]:
    if operator.control_plane:
        yield table.CRDS, cluster, istio.FAMILY
    if operator.profile == istio.REMOTE:
        yield table.REMOTE_SECRET, "", operator.cluster_id
    if operator.gateways:
        yield table.CONTROL_PLANE, cluster, "injector"


def _reader(consumer: str, remote: str) -> Iterator[Token]:
    name = names.reader(consumer)
    for part in (f"ServiceAccount '{name}'", f"token of '{name}'", f"rights of '{name}'"):
        yield table.READER, remote, part


def _sidecar(cluster: str) -> Iterator[Token]:
    yield table.CONTROL_PLANE, cluster, "injector"
    yield table.POLICIES, cluster, "policies"


def _is_injected(obj: Obj, asked: bool | None, step: Step, injected: set[tuple[str, str]]) -> bool:  # noqa: FBT001
    if asked is not None and kustomize.INJECTION not in step.built.touched:
        return asked
    home = (step.cluster, obj.namespace or step.app.namespace)
    return home in injected or kustomize.INJECTION in step.built.touched


def _family(group: str) -> str:
    return istio.FAMILY if group.endswith(f".{istio.FAMILY}") else group
