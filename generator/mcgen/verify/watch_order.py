"""Finds in a line of events what came before its turn: judged by what the stages do, not by Argo CD's word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import chain, names, stages
from mcgen.backends import around as secrets
from mcgen.verify.watch import ADDRESS, AVAILABLE, BUNDLE, ESTABLISHED, EXISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.chain import Step
    from mcgen.mesh import Mesh
    from mcgen.verify.watch import Event

_CRD = "CustomResourceDefinition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is true once a stage works."""

    cluster: str
    kind: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name} of {self.cluster}: {self.what}"

    def of(self, event: Event) -> bool:
        """Return whether an event says so."""
        return (event.cluster, event.kind, event.name, event.what) == (self.cluster, self.kind, self.name, self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The chain of a cluster as its order can be seen. stages: name -> what it has brought about when it is over."""

    name: str
    cluster: str
    stages: dict[str, tuple[Effect, ...]]

    def stage_of(self, event: Event) -> str:
        """Return the stage that an event's object belongs to, empty when it is none's of this chain."""
        # Argo CD writes into every object whose it is, but for CRDs.
        if (event.cluster, event.kind) == (self.cluster, _CRD) and event.name.endswith(".istio.io"):
            return stages.BASE
        mine = f"{self.name}-"
        found = event.application.removeprefix(mine) if event.application.startswith(mine) else ""
        return found if found in self.stages else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An object of a stage was there before an earlier stage of its chain worked. index: of the event in the line."""

    event: Event
    stage: str
    before: Effect
    index: int

    def __str__(self) -> str:
        return f"{self.event}: before {self.before}"


def chains(mesh: Mesh) -> tuple[Chain, ...]:
    """Return the chains of a mesh with the effects of their stages, gates or not."""
    return tuple(
        Chain(
            name=names.chain(mesh.name, cluster.name),
            cluster=cluster.name,
            stages={step.stage.name: tuple(_effects(mesh, step)) for step in steps},
        )
        for cluster, steps in chain.whole(mesh)
    )


class Order:
    """The order of one chain, as far as its effects were seen."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._over: set[Effect] = set()

    def note(self, event: Event) -> None:
        """Note what an event brings about."""
        self._over |= {effect for effects in self.chain.stages.values() for effect in effects if effect.of(event)}

    def too_early(self, event: Event) -> list[Effect]:
        """Return what should have been brought about before an event's object was there, empty when all was."""
        stage = self.chain.stage_of(event)
        if event.what != EXISTS or not stage:
            return []
        order = list(self.chain.stages)
        before = [effect for earlier in order[: order.index(stage)] for effect in self.chain.stages[earlier]]
        return [effect for effect in before if effect not in self._over]


def violations(events: Sequence[Event], chain: Chain) -> list[Violation]:
    """Return each appearance of an object of a stage before an earlier stage of the chain worked.

    What was so already when the watching began has no order among itself: it counts as having come in the right one,
    unless what should have come before is not there at all.
    """
    order, found = Order(chain), []
    for event in events:
        if event.initial:
            order.note(event)
    for index, event in enumerate(events):
        order.note(event)
        early = order.too_early(event)
        found += [Violation(event=event, stage=chain.stage_of(event), before=each, index=index) for each in early]
    return found


def around(events: Sequence[Event], violation: Violation, count: int = 5) -> list[str]:
    """Return the lines of the events around a violation, itself marked."""
    first = max(0, violation.index - count)
    near = enumerate(events[first : violation.index + count + 1], first)
    return [f"{'>' if index == violation.index else ' '} {event}" for index, event in near]


def missing(events: Sequence[Event], chain: Chain) -> list[str]:
    """Return what the line does not say of a chain that has come to its end: a line that shows nothing proves nothing.

    Each stage must have brought an object, and each effect must have been seen.
    """
    seen = {chain.stage_of(event) for event in events if event.what == EXISTS}
    stages_missing = [f"no object of stage {stage} of {chain.name}" for stage in chain.stages if stage not in seen]
    effects = [effect for effects in chain.stages.values() for effect in effects]
    return stages_missing + [f"never {effect}" for effect in effects if not any(effect.of(each) for each in events)]


def _effects(mesh: Mesh, step: Step) -> Iterator[Effect]:
    """Yield what is true in the cluster that a stage goes to when the stage works."""
    cluster, system = step.destination.name, names.ISTIO_SYSTEM

    def effect(kind: str, name: str, what: str, *, namespace: str = system) -> Effect:
        return Effect(cluster=cluster, kind=kind, name="/".join(filter(None, (namespace, name))), what=what)

    match step.stage.name:
        case stages.NAMESPACES:
            yield effect("Namespace", system, EXISTS, namespace="")
        case stages.SEALED_SECRETS:
            addon = mesh.sealed_secrets
            yield effect(_CRD, "sealedsecrets.bitnami.com", ESTABLISHED, namespace="")
            yield effect("Deployment", addon.controller, AVAILABLE, namespace=addon.namespace)
        case stages.TRUST | stages.REMOTE_SECRET:
            backend = mesh.secrets.backend
            yield effect(backend.KIND[1], secrets.secret(step), backend.MADE)
        case stages.BASE:
            yield effect(_CRD, "virtualservices.networking.istio.io", ESTABLISHED, namespace="")
        case stages.CONTROL_PLANE:
            if step.cluster.is_primary:
                yield effect("Deployment", names.ISTIOD, AVAILABLE)
            yield effect("MutatingWebhookConfiguration", names.INJECTOR, BUNDLE, namespace="")
            yield effect("ConfigMap", names.ROOT_CERTIFICATE, EXISTS)
        case stages.EAST_WEST_GATEWAY | stages.INGRESS_GATEWAY as stage:
            gateway = names.EAST_WEST_GATEWAY if stage == stages.EAST_WEST_GATEWAY else names.INGRESS_GATEWAY
            yield effect("Deployment", gateway, AVAILABLE)
            yield effect("Service", gateway, ADDRESS)
