"""Which requests show that a policy is in force: one that must pass and one that must be refused, from whom, to where.

Pure: what is planned and what was found goes in. Only methods that change nothing are sent to people's applications.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mcgen.problems import ToolError
from mcgen.verify import decide
from mcgen.verify.decide import Request
from mcgen.verify.probes import Probe
from mcgen.verify.routes import Target, hosts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.blueprint import Policy
    from mcgen.mesh import Cluster
    from mcgen.verify.world import World

SAFE = ("GET", "HEAD", "OPTIONS")
_NOWHERE = "/mcgen-verify"
# The port that a request's host does not name.
_HTTP = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A request to a policy's workload. hosts: the endpoints behind which nothing but that workload is."""

    probe: Probe
    target: Target
    request: Request
    hosts: frozenset[str]

    def __str__(self) -> str:
        """Return the request in words."""
        return f"{self.request.method} {self.request.path} from {self.probe}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """What is tried of a policy at one target: a trial, or why there is none."""

    policy: Policy
    target: Target
    passes: Trial | str
    refuses: Trial | str

    @property
    def probes(self) -> Iterator[Probe]:
        """Yield the probes that are needed."""
        yield from (each.probe for each in (self.passes, self.refuses) if isinstance(each, Trial))


def of(world: World, policy: Policy, target: Target) -> Trials:
    """Return what is tried of a policy at a target: of all requests two that differ in as little as possible."""
    policies = [each for each in world.mesh.policies if decide.applies(each, target.service.namespace, target.labels)]
    others = [each for each in policies if each is not policy]
    candidates = list(_candidates(world, policies, target))
    refused = [each for each in candidates if _refused_by(policy, policies, others, each.request)]
    passing = [each for each in candidates if _passed_by(policy, policies, each.request)]
    idle = partial(_idle, policies, others)
    refuses = min(refused, key=idle, default=None)
    passes = min(passing, key=lambda each: (idle(each), _distance(refuses, each)), default=None)
    return Trials(
        policy=policy,
        target=target,
        passes=passes or _why_none(policy, policies, candidates),
        refuses=refuses or "no caller that can be started here is refused by it, and not by another one as well",
    )


def _idle(policies: Sequence[Policy], others: Sequence[Policy], trial: Trial) -> bool:
    """Return whether the others alone would decide the same, so that a trial does not show that a policy is there."""
    return decide.allowed(others, trial.request) == decide.allowed(policies, trial.request)


def _passed_by(policy: Policy, policies: Sequence[Policy], request: Request) -> bool:
    """Return whether a request passes; what a policy allows must be what this one is about."""
    about = policy.action == "DENY" or decide.matches(policy, request)
    return about is True and decide.allowed(policies, request) is True


def _refused_by(policy: Policy, policies: Sequence[Policy], others: Sequence[Policy], request: Request) -> bool:
    """Return whether a request is refused, and would not be but for policies of this one's kind."""
    if decide.allowed(policies, request) is not False:
        return False
    if policy.action == "DENY":
        return decide.allowed(others, request) is True
    denies = [each for each in policies if each.action == "DENY"]
    return decide.allowed(denies, request) is True


def _distance(trial: Trial | None, other: Trial) -> int:
    """Return in how many things two requests differ."""
    if trial is None:
        return 0
    return sum(getattr(trial.request, each) != getattr(other.request, each) for each in Request.__slots__)


def _why_none(policy: Policy, policies: Sequence[Policy], candidates: Sequence[Trial]) -> str:
    if not candidates:
        return "no caller can be started from which its workload alone is reached"
    methods = sorted({method for rule in policy.rules if rule.to for method in rule.to.methods} - set(SAFE))
    for trial, method in itertools.product(candidates, methods):
        if decide.allowed(policies, replace(trial.request, method=method)):
            return f"only {', '.join(methods)} would pass, and what may change something is not sent"
    return "by the blueprint's policies nobody that can be started here may pass"


def _candidates(world: World, policies: Sequence[Policy], target: Target) -> Iterator[Trial]:
    service = target.service
    paths = dict.fromkeys(["/", _NOWHERE, *(decide.example(pattern) for pattern in _patterns(policies))])
    suffix = "" if target.port.number == _HTTP else f":{target.port.number}"
    names = [f"{name}{suffix}" for name in (f"{service.name}.{service.namespace}", service.host)]
    for cluster in sorted(world.members, key=lambda each: _way(each, target)):
        behind = hosts(world, cluster, target)
        if not behind or not _knows(world, cluster, target):
            continue
        callers = _callers(world, cluster)
        for account, path, method, name in itertools.product(callers, paths, SAFE, names):
            namespace, _, own = account.partition("/")
            yield Trial(
                probe=Probe(cluster=cluster.name, namespace=namespace, account=own),
                target=target,
                request=Request(account=account, method=method, path=path, host=name, port=target.inside),
                hosts=behind,
            )


def _callers(world: World, cluster: Cluster) -> list[str]:
    """Return the accounts of a cluster that policies name, and those that nobody names: the default ones."""
    injected = world.injected(cluster)
    named = [
        account
        for policy in world.mesh.policies
        for rule in policy.rules
        if rule.from_
        for account in rule.from_.service_accounts
    ]
    wanted = dict.fromkeys([*named, *(f"{namespace}/default" for namespace in injected)])
    try:
        there = world.inventories[cluster.name].accounts
    except ToolError:
        return []
    return [each for each in wanted if each in there and each.partition("/")[0] in injected]


def _patterns(policies: Sequence[Policy]) -> Iterator[str]:
    for policy in policies:
        for rule in policy.rules:
            if rule.to:
                yield from (*rule.to.paths, *rule.to.not_paths)


def _knows(world: World, cluster: Cluster, target: Target) -> bool:
    """Return whether a cluster has the Service too: its DNS knows no others."""
    try:
        services = world.inventories[cluster.name].services
    except ToolError:
        return False
    return any(each.host == target.service.host for each in services)


def _way(cluster: Cluster, target: Target) -> int:
    """Return how far a cluster is from a target: in it, on its network, elsewhere."""
    if cluster.name == target.cluster.name:
        return 0
    return 1 if cluster.network == target.cluster.network else 2
