"""The whole verification: what runs is fetched first, then every cluster is looked at, several at once."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from mcgen.bootstrap import access
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.doctor import cluster
from mcgen.doctor.ask import Client, Group, ask
from mcgen.doctor.run import Examined
from mcgen.doctor.verdict import skipped
from mcgen.manifests.workloads import CURL_IMAGE
from mcgen.problems import ToolError
from mcgen.verify import inventory, membership, probes, seen, tried
from mcgen.verify.probes import Running
from mcgen.verify.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.doctor.ask import Question
    from mcgen.doctor.verdict import Check
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster
    from mcgen.verify.membership import Istiod
    from mcgen.verify.tried import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How is asked. jobs: clusters at once; timeout: seconds for one request; retries: of what does not answer.

    kubeconfigs: files by cluster name. probe: whether traffic is tried, by pods of this image.
    """

    jobs: int = 8
    timeout: float = 15.0
    retries: int = 1
    kubeconfigs: Mapping[str, str] = field(default_factory=dict)
    probe: bool = False
    image: str = ""


def run(loaded: Loaded, options: Options) -> list[Examined]:
    """Return what came of all checks, by cluster in the order of the blueprint; lets KeyboardInterrupt through."""
    retry = Retry(options.retries)
    world = _world(loaded, options, retry)
    plan = tried.plan(world)
    if not options.probe:
        return _asked(world, options, retry, partial(_not_tried, plan))
    with probes.running(world, plan.probes, options.image or CURL_IMAGE, options.jobs, retry) as running:
        verified = _asked(world, options, retry, partial(tried.questions, plan, running))
    return [replace(each, checks=(*each.checks, *_end(running, each))) for each in verified]


def _asked(
    world: World, options: Options, retry: Retry, more: Callable[[Cluster], Iterable[Question]]
) -> list[Examined]:
    groups = {
        place.name: Group(
            where=place.name,
            title=f"{place.name}, {place.role}",
            way=str(world.clients[place.name].access),
            path=place.origin,
            questions=(*seen.questions(world, place, retry), *more(place)),
        )
        for place in world.members
    }
    found = dict(each(lambda where: ask(groups[where], retry), groups, options.jobs, retry))
    return [Examined(group=group, checks=tuple(found[where])) for where, group in groups.items()]


def _not_tried(plan: Plan, place: Cluster) -> Iterator[Question]:
    """Yield what would be tried, as what was not: it needs --probe."""
    for question in tried.questions(plan, Running(), place):
        yield replace(question, ask=partial(_all_skipped, question.whats))


def _all_skipped(whats: tuple[str, ...]) -> list[Check]:
    return [skipped(what, "only traffic shows it: --probe") for what in whats]


def _end(running: Running, examined: Examined) -> Iterator[Check]:
    """Yield what became of the probes of a cluster."""
    if end := running.ends.get(examined.group.where):
        yield replace(end, where=examined.group.where, path=examined.group.path)


def _world(loaded: Loaded, options: Options, retry: Retry) -> World:
    mesh = loaded.mesh
    clients = {
        place.name: Client(access=access.of(place, options.kubeconfigs), timeout=options.timeout)
        for place in mesh.clusters
    }
    taken = dict(each(lambda name: inventory.take(clients[name], retry), clients, options.jobs, retry))

    def ask_istiods(name: str) -> list[Istiod] | ToolError:
        try:
            return membership.ask(clients[name], taken[name], retry)
        except ToolError as error:
            return error

    said = dict(each(ask_istiods, [place.name for place in mesh.primaries], options.jobs, retry))
    return World(mesh=mesh, clients=clients, inventories=taken, gateways=cluster.with_gateway(mesh), said=said)
