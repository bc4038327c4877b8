"""The whole verification: what runs is fetched first, then every cluster is looked at, several at once."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcgen.bootstrap import access
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.doctor import cluster
from mcgen.doctor.ask import Client, Group, ask
from mcgen.doctor.run import Examined
from mcgen.problems import ToolError
from mcgen.verify import inventory, membership, seen
from mcgen.verify.world import World

if TYPE_CHECKING:
    from mcgen.load import Loaded
    from mcgen.verify.membership import Istiod


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
    groups = {
        place.name: Group(
            where=place.name,
            title=f"{place.name}, {place.role} ({world.clients[place.name].access})",
            path=place.origin,
            questions=tuple(seen.questions(world, place, retry)),
        )
        for place in world.members
    }
    found = dict(each(lambda where: ask(groups[where], retry), groups, options.jobs, retry))
    return [Examined(group=group, checks=tuple(found[where])) for where, group in groups.items()]


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
