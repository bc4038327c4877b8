"""The whole examination: this machine, Argo CD and every cluster, several at once; none of them stops the others."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgen import phases
from mcgen.backends import EXTERNAL_SECRETS
from mcgen.bootstrap import access
from mcgen.bootstrap.access import Access
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.doctor import argocd, authority, cluster, consumer, fetching, job, kubernetes, machine, remote
from mcgen.doctor.ask import Client, Group, Question, ask
from mcgen.doctor.verdict import Check, Verdict
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcgen.load import Loaded
    from mcgen.mesh import Cluster, Mesh

# No cluster can be called so.
ARGOCD = "Argo CD"
_NOWHERE = (
    "where Argo CD runs is not known: say it with --argocd-context or --kubeconfig argocd=FILE, "
    "or in gitops.argocd.cluster when it runs in a cluster of the mesh"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How is asked. jobs: clusters at once; timeout: seconds for one request; retries: of what does not answer.

    kubeconfigs: files by cluster name. argocd_context, argocd_kubeconfig: the way to Argo CD, before the blueprint's.
    """

    jobs: int = 8
    timeout: float = 15.0
    retries: int = 1
    kubeconfigs: Mapping[str, str] = field(default_factory=dict)
    argocd_context: str = ""
    argocd_kubeconfig: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A group and what came of its questions."""

    group: Group
    checks: tuple[Check, ...]


def run(loaded: Loaded, options: Options, watch: Callable[[int], None] = lambda _: None) -> list[Examined]:
    """Return what all places answered, in the order of the blueprint; lets KeyboardInterrupt through.

    watch: told how many places have answered, of two more than there are clusters.
    """
    retry, seen = Retry(options.retries), dict[str, str]()
    groups = {group.where: group for group in _groups(loaded, options, seen)}
    found: dict[str, list[Check]] = {}
    for where, checks in each(lambda where: ask(groups[where], retry), groups, options.jobs, retry):
        found[where] = checks
        watch(len(found))
    own = loaded.mesh.gitops.argocd.cluster or ""
    # In the order of the blueprint, whoever answered first.
    identities = {where: seen[where] for where in groups if where in seen}
    for where, check in kubernetes.judge_identities(identities, ARGOCD, own):
        found[where] = [_instead(old, check) for old in found[where]]
    return [Examined(group=group, checks=tuple(found[where])) for where, group in groups.items()]


def way_to_argocd(mesh: Mesh, options: Options) -> Access | None:
    """Return the way to the cluster that Argo CD runs in, None when nobody says which it is."""
    if options.argocd_context or options.argocd_kubeconfig:
        return Access(cluster=ARGOCD, kubeconfig=options.argocd_kubeconfig, context=options.argocd_context)
    own = mesh.gitops.argocd.cluster
    if not own:
        return None
    return replace(access.of(mesh.by_name[own], options.kubeconfigs), cluster=ARGOCD)


def argocd_client(mesh: Mesh, options: Options) -> Client:
    """Return how Argo CD is asked; raise ToolError when nobody says where it is."""
    way = way_to_argocd(mesh, options)
    if way is None:
        raise ToolError(_NOWHERE)
    return Client(access=way, timeout=options.timeout)


def _groups(loaded: Loaded, options: Options, seen: dict[str, str]) -> Iterator[Group]:
    mesh = loaded.mesh
    yield Group(where="", title="this machine", path=("istio",), questions=tuple(machine.questions(mesh)))
    way = way_to_argocd(mesh, options)
    client = Client(access=way or Access(cluster=ARGOCD), timeout=options.timeout)
    yield Group(
        where=ARGOCD,
        title=ARGOCD,
        way=str(way or ""),
        path=("gitops", "argocd"),
        questions=tuple(_to_argocd(mesh, client, seen)),
        refused="" if way else _NOWHERE,
    )
    gateways = cluster.with_gateway(mesh)
    clients = {
        place.name: Client(access=access.of(place, options.kubeconfigs), timeout=options.timeout)
        for place in mesh.clusters
    }
    for place in mesh.clusters:
        client = clients[place.name]
        questions = [*_to_cluster(loaded, place, client, seen, gateway=place.name in gateways)]
        yield Group(
            where=place.name,
            title=f"{place.name}, {place.role}",
            way=str(client.access),
            path=place.origin,
            questions=(*questions, *authority.questions(mesh, place, clients)),
        )


def _to_argocd(mesh: Mesh, client: Client, seen: dict[str, str]) -> Iterator[Question]:
    yield Question(whats=(kubernetes.VERSION,), ask=lambda: cluster.version(client, ""), gate=True)
    yield Question(whats=(kubernetes.IDENTITY,), ask=lambda: cluster.identity(client, ARGOCD, seen))
    yield from argocd.questions(mesh, client)
    yield from job.questions(mesh, client)


def _to_cluster(
    loaded: Loaded, place: Cluster, client: Client, seen: dict[str, str], *, gateway: bool
) -> Iterator[Question]:
    yield from cluster.questions(loaded, place, client, seen, gateway=gateway)
    if place.opens and loaded.mesh.secrets.name == EXTERNAL_SECRETS:
        yield from fetching.questions(loaded, place, client)
    elif place.opens:
        yield from consumer.questions(loaded, place, client, Path(loaded.source.file).parent)
    # The last phase takes the reader identities.
    if place.state != phases.LAST:
        yield from remote.questions(loaded.mesh.readers(place.name), client)
    yield from job.rights(loaded.mesh, place, client)


def _instead(old: Check, check: Check) -> Check:
    """Return a check with what was found out about it later; what is unknown stays so."""
    if old.what != check.what or old.verdict is not Verdict.FINE:
        return old
    return replace(check, where=old.where, path=old.path)
