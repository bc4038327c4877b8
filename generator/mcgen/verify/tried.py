"""What is tried by traffic: which probes are needed, and the questions that they answer for each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.doctor import addresses
from mcgen.doctor.ask import Question
from mcgen.doctor.verdict import skipped
from mcgen.problems import ToolError
from mcgen.verify import crossing, decide, gateways, plaintext, policies, probes, routes, trials
from mcgen.verify.probes import Probe
from mcgen.verify.send import envoy_cluster
from mcgen.verify.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcgen.blueprint import Policy
    from mcgen.doctor.verdict import Check
    from mcgen.mesh import Cluster
    from mcgen.verify.inventory import Port, Service
    from mcgen.verify.probes import Running
    from mcgen.verify.send import Sent
    from mcgen.verify.trials import Trials
    from mcgen.verify.world import World

POLICIES = "every policy is tried"
SERVICES = "every Service is called"
TRAFFIC = "traffic is tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be tried. trials: of each policy at its targets; blocked: why no policy can be tried, if so."""

    world: World
    trials: tuple[Trials, ...]
    blocked: str = ""

    @property
    def probes(self) -> Iterator[Probe]:
        """Yield the probes that are needed, some several times."""
        for cluster in self.world.members:
            if own := self.world.injected(cluster):
                yield from (_probe(cluster, own[0]), _plain(cluster, own[0]))
        for each in self.trials:
            yield from each.probes


def plan(world: World) -> Plan:
    """Return what will be tried; nothing is asked of anybody."""
    try:
        made = [
            trials.of(world, policy, target)
            for policy in world.mesh.policies
            for target in routes.of_policy(world, policy)
        ]
    except ToolError as error:
        return Plan(world=world, trials=(), blocked=str(error))
    return Plan(world=world, trials=tuple(made))


def questions(plan: Plan, running: Running, cluster: Cluster) -> Iterator[Question]:
    """Yield the questions that are tried from a cluster, and of the policies those whose workloads it has."""
    world = plan.world
    injected = world.injected(cluster)
    if not injected:
        yield _skipped(TRAFFIC, "no namespace with injection, in which a probe could run")
        return
    whats = probes.what_injected(injected[0])
    yield Question(whats=(whats,), ask=partial(_injected, running, _probe(cluster, injected[0])))
    for other in world.members:
        if other.name != cluster.name and other.name in world.gateways and gateways.ports(cluster, other):
            ask = partial(_reached, world, running, cluster, other)
            yield Question(whats=(gateways.what_reached(other),), ask=ask)
    yield from _services(world, running, cluster)
    yield from _policies(plan, running, cluster)


def _services(world: World, running: Running, cluster: Cluster) -> Iterator[Question]:
    injected = world.injected(cluster)
    try:
        services = [each for each in world.inventories[cluster.name].services if each.namespace in injected]
    except ToolError as error:
        yield Question(whats=(SERVICES,), ask=_raising(error))
        return
    probe = _probe(cluster, injected[0])
    for service in services:
        for port in service.ports:
            if not port.http:
                yield _skipped(f"{service.name}.{service.namespace}:{port.number} is called", "it does not speak HTTP")
                continue
            exported = service.namespace in world.mesh.exported or not world.mesh.hardened
            for other in (each for each in world.members if each.name != cluster.name):
                # What is not exported is called all the same where no gateway stands in between.
                if exported or other.network == cluster.network:
                    yield from _crossing(world, running, probe, service, port, cluster, other)
            if service.endpoints:
                ask = partial(_refuses_plaintext, world, running, cluster, service, port)
                yield Question(whats=(plaintext.what(service, port),), ask=ask)


def _crossing(
    world: World, running: Running, probe: Probe, service: Service, port: Port, cluster: Cluster, other: Cluster
) -> Iterator[Question]:
    """Yield the question whether a Service is answered by another cluster, if that has ready pods of it."""
    whats = (crossing.what(service, other),)
    try:
        found = [each for each in world.inventories[other.name].services if each.host == service.host]
    except ToolError as error:
        yield Question(whats=whats, ask=_raising(error))
        return
    for there in (each for each in found if each.endpoints):
        own = other.network == cluster.network
        hosts = routes.of_service(there, port) if own else routes.gateways(world, cluster, other)
        yield Question(whats=whats, ask=partial(_calls, running, probe, service, port, other, hosts))


def _policies(plan: Plan, running: Running, cluster: Cluster) -> Iterator[Question]:
    if plan.blocked:
        yield Question(whats=(POLICIES,), ask=_raising(ToolError(plan.blocked)))
    for each in plan.trials:
        if each.target.cluster.name == cluster.name:
            for trial, what, judge in (
                (each.passes, policies.what_passes(each.policy), policies.judge_passes),
                (each.refuses, policies.what_refuses(each.policy), policies.judge_refuses),
            ):
                yield Question(whats=(what,), ask=partial(_tried, running, each, trial, what, judge))
    if cluster.is_primary and not plan.blocked:
        tried = [each.policy for each in plan.trials]
        for policy in (each for each in plan.world.mesh.policies if each not in tried):
            yield _untargeted(plan.world, policy)


def _untargeted(world: World, policy: Policy) -> Question:
    """Return the question about a policy that has no target: skipped where no pod is under it, unknown otherwise."""
    what = policies.what_refuses(policy)
    pods = (pod for cluster in world.members for pod in world.inventories[cluster.name].pods)
    if any(pod.runs and decide.applies(policy, pod.namespace, pod.labels) for pod in pods):
        why = "none of its pods is ready, has a proxy, and is behind a Service that speaks HTTP"
        return Question(whats=(what,), ask=_raising(ToolError(why)))
    return _skipped(what, "no pod is under it")


def _tried(
    running: Running, made: Trials, trial: Trial | str, what: str, judge: Callable[..., Check]
) -> Iterator[Check]:
    if untried := policies.untried(made, trial, what):
        yield untried
        return
    assert isinstance(trial, Trial)
    service, port, request = made.target.service, made.target.port, trial.request
    method = {"GET": (), "HEAD": ("--head",)}.get(request.method, ("--request", request.method))
    url = f"http://{request.host}{request.path}"
    sent = running[trial.probe].until(
        partial(policies.enough, trial), *method, url, envoy_cluster=envoy_cluster(service.host, port.number)
    )
    yield judge(made.policy, trial, sent)


def _injected(running: Running, probe: Probe) -> Iterator[Check]:
    yield probes.judge_injected(probe, running.found.get(probe), running.refused.get(probe, "it was not started"))


def _reached(world: World, running: Running, cluster: Cluster, other: Cluster) -> Iterator[Check]:
    live = addresses.of(world.clients[other.name].get("service", names.EAST_WEST_GATEWAY, names.ISTIO_SYSTEM))
    probe = running[_plain(cluster, world.injected(cluster)[0])]
    istiod = names.istiod_hosts(world.mesh.rollout.gateways.name)[0]
    tried = [
        (address, port, probe(*gateways.curl(address, port, istiod)).answers[0])
        for address in live
        for port in gateways.ports(cluster, other)
    ]
    yield gateways.judge_reached(cluster, other, tried)


def _calls(
    running: Running, probe: Probe, service: Service, port: Port, other: Cluster, hosts: frozenset[str]
) -> Iterator[Check]:
    sent = _send(running, probe, service, port, hosts)
    yield crossing.judge(service, other, sent, hosts)


def _send(running: Running, probe: Probe, service: Service, port: Port, hosts: frozenset[str]) -> Sent:
    """Send requests to a Service until one of the given endpoints has answered."""
    url = f"http://{service.host}:{port.number}/"
    name = envoy_cluster(service.host, port.number)
    return running[probe].until(partial(crossing.enough, hosts), url, envoy_cluster=name)


def _refuses_plaintext(
    world: World, running: Running, cluster: Cluster, service: Service, port: Port
) -> Iterator[Check]:
    pods = {str(pod): pod for pod in world.inventories[cluster.name].pods}
    behind = [each for each in service.endpoints if port.name in each.ports]
    own = [each for each in behind if (pod := pods.get(f"{service.namespace}/{each.pod}")) and pod.proxy]
    title = plaintext.what(service, port)
    if not own:
        yield skipped(title, "no pod behind it has a proxy")
        return
    namespace = world.injected(cluster)[0]
    address = routes.address(own[0], port)
    plain = running[_plain(cluster, namespace)]
    answer = plain(f"http://{address}/").answers[0]
    health = plain(plaintext.health(routes.bracketed(own[0].address))).answers[0]
    sent = _send(running, _probe(cluster, namespace), service, port, frozenset([address]))
    yield plaintext.judge(service, port, answer, health, meshed=crossing.enough(frozenset([address]), sent))


def _probe(cluster: Cluster, namespace: str) -> Probe:
    return Probe(cluster=cluster.name, namespace=namespace)


def _plain(cluster: Cluster, namespace: str) -> Probe:
    return Probe(cluster=cluster.name, namespace=namespace, meshed=False)


def _skipped(what: str, why: str) -> Question:
    return Question(whats=(what,), ask=lambda: [skipped(what, why)])


def _raising(error: ToolError) -> Callable[[], Iterator[Check]]:
    def ask() -> Iterator[Check]:
        raise error

    return ask
