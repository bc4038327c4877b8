"""What a blueprint means: every default filled in, every decision made. No builder sees a blueprint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import addons, job, pairs, phases, platforms, upgrades
from mcgen.backends import BACKENDS
from mcgen.blueprint import Namespace as Declared
from mcgen.delivery import NOTHING_RENDERED, Rendered
from mcgen.networks import Callers, by_network, crossed, network_of, primary_of

if TYPE_CHECKING:
    from collections.abc import Set

    from mcgen import blueprint as bp
    from mcgen.backends import Backend, Held
    from mcgen.facts import Inputs
    from mcgen.job import Credentials, Job
    from mcgen.pairs import Pair
    from mcgen.tree import DataPath
    from mcgen.upgrades import Rollout


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace in one cluster; `origin` is its place in the blueprint."""

    name: str
    injection: bool
    exported: bool
    pod_security: str
    labels: dict[str, str]
    annotations: dict[str, str]
    everywhere: bool
    origin: DataPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An east-west gateway. annotations: the platform's and the team's; address: empty while unknown.

    from_others: whether `source_ranges` are what the other clusters call from, and not ranges of the team's own.
    crosses: whether clusters on other networks reach Services through it, or may come to do so. serves_remotes:
    whether remotes reach istiod through it.
    """

    address: str
    annotations: dict[str, str]
    source_ranges: tuple[str, ...]
    from_others: bool
    min_replicas: int
    max_replicas: int
    resources: dict[str, dict[str, str]]
    crosses: bool
    serves_remotes: bool

    @property
    def is_needed(self) -> bool:
        """Return whether anybody comes through it; a cluster has none otherwise."""
        return self.crosses or self.serves_remotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster. primary: the name of the cluster whose istiod serves it (its own, for a primary).

    ingress_annotations: of the ingress gateway's Service, the platform's; `gateway` is the east-west one.
    webhook_annotations: of the injector, the platform's.
    opens: whether secrets are read here: remote secrets, or the CA of the mesh. authority: what the inputs say of its
    CA under the shared root, None before the bootstrap has made it. credentials: of the bootstrap job, None when it
    has nothing to do here. state: how far it has left, see `phases`.
    """

    name: str
    id: str
    platform: str
    primary: str
    network: str
    cidrs: tuple[str, ...]
    egress: tuple[str, ...]
    gateway: Gateway
    ingress_gateway: bool
    ingress_annotations: dict[str, str]
    webhook_annotations: dict[str, str]
    opens: bool
    authority: Held | None
    namespaces: tuple[Namespace, ...]
    context: str
    server: str
    tls_server_name: str
    certificate: str
    credentials: Credentials | None
    origin: DataPath
    state: str = phases.MEMBER

    @property
    def is_primary(self) -> bool:
        """Return whether istiod runs here."""
        return self.primary == self.name

    @property
    def role(self) -> str:
        """Return the role in the mesh: primary or remote."""
        return "primary" if self.is_primary else "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """How secrets reach the clusters that read them.

    backend: its module. store, store_kind: of External Secrets, empty for the other one; prefix, property: of keys.
    """

    name: str
    backend: Backend
    store: str
    store_kind: str
    prefix: str
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The whole mesh: clusters in the order of the blueprint.

    pairs: each remote with the primary that serves it, by the remote's name. peers: of each cluster the primaries
    that read it as well. shares_root: whether every primary's CA is under one root, and comes with the tree.
    rotation: how far a change to another root is, see `roots`.
    rendered: what istioctl made of it, where the tree holds that.
    """

    name: str
    description: str
    id: str
    trust_domain: str
    gitops: bp.GitOps
    path: str
    blueprint: str
    istio: bp.Istio
    rollout: Rollout
    clusters: tuple[Cluster, ...]
    by_name: dict[str, Cluster]
    by_network: dict[str, tuple[Cluster, ...]]
    pairs: dict[str, Pair]
    peers: dict[str, tuple[Pair, ...]]
    shares_root: bool
    rotation: str
    policies: tuple[bp.Policy, ...]
    hardened: bool
    exported: tuple[str, ...]
    demo: str
    secrets: Secrets
    sealed_secrets: addons.SealedSecrets
    patches: tuple[bp.Patch, ...]
    job: Job | None
    rendered: Rendered = NOTHING_RENDERED

    @property
    def minor(self) -> str:
        """Return Istio's minor version, such as 1.31; during an upgrade the old one."""
        return self.rollout.old.minor

    @property
    def served_addresses(self) -> dict[str, str]:
        """Return the east-west addresses of the primaries that serve remotes, empty while one is unknown."""
        return {cluster.name: cluster.gateway.address for cluster in self.clusters if cluster.gateway.serves_remotes}

    @property
    def all_pairs(self) -> tuple[Pair, ...]:
        """Return every pair of a consumer and a cluster that it reads, by cluster, who serves it first."""
        return tuple(pair for cluster in self.clusters for pair in self.readers(cluster.name))

    def readers(self, cluster: str) -> tuple[Pair, ...]:
        """Return who reads a cluster, who serves it first."""
        own = self.pairs.get(cluster)
        return (*((own,) if own else ()), *self.peers.get(cluster, ()))

    def pair(self, consumer: str, cluster: str) -> Pair | None:
        """Return how one cluster's istiod reads another, None when it does not."""
        return next((pair for pair in self.readers(cluster) if pair.consumer.name == consumer), None)

    @property
    def consumers(self) -> tuple[Cluster, ...]:
        """Return the primaries that read other clusters."""
        return tuple(c for c in self.primaries if c.gateway.serves_remotes or len(self.primaries) > 1)

    def exposes(self, cluster: Cluster) -> bool:
        """Return whether the gateways that a primary configures let anything through: Services, or its istiod."""
        return bool(cluster.gateway.serves_remotes or (self.crosses and (self.exported or not self.hardened)))

    @property
    def crosses(self) -> bool:
        """Return whether calls between clusters go through gateways: there are several networks, or one cluster."""
        return crossed(cluster.network for cluster in self.clusters)

    def is_near(self, cluster: Cluster) -> bool:
        """Return whether a cluster is a remote on the network of its primary."""
        return not cluster.is_primary and self.by_name[cluster.primary].network == cluster.network

    def neighbours(self, cluster: Cluster) -> tuple[Cluster, ...]:
        """Return the other clusters on the network of one, whose pods it reaches directly."""
        return tuple(other for other in self.by_network[cluster.network] if other.name != cluster.name)

    @property
    def primaries(self) -> tuple[Cluster, ...]:
        """Return the clusters in which istiod runs."""
        return tuple(cluster for cluster in self.clusters if cluster.is_primary)

    @property
    def unsigned(self) -> tuple[str, ...]:
        """Return the primaries that wait for a CA under the shared root, which has not been given to them yet."""
        return tuple(c.name for c in self.primaries if self.shares_root and not (c.authority or c.state))

    @property
    def remotes(self) -> tuple[Cluster, ...]:
        """Return the clusters that a primary serves."""
        return tuple(cluster for cluster in self.clusters if not cluster.is_primary)


def resolve(blueprint: bp.Blueprint, inputs: Inputs) -> Mesh:
    """Return the mesh of a blueprint that the rules accept."""
    clusters, secrets = _clusters(blueprint, inputs), _secrets(blueprint)
    name = blueprint.metadata.name
    return Mesh(
        name=name,
        description=blueprint.metadata.description,
        id=blueprint.mesh.id or name,
        trust_domain=blueprint.mesh.trust_domain,
        gitops=blueprint.gitops,
        path=blueprint.gitops.path or f"output/{name}",
        blueprint=blueprint.gitops.blueprint or f"blueprints/{name}.yaml",
        istio=blueprint.istio,
        rollout=upgrades.rollout(blueprint.istio),
        clusters=clusters,
        by_name={cluster.name: cluster for cluster in clusters},
        by_network=by_network(clusters, lambda cluster: cluster.network),
        pairs=pairs.served(clusters, inputs, secrets.backend),
        peers=pairs.peers(clusters, inputs, secrets.backend),
        shares_root=blueprint.trust.mode == "cacerts",
        rotation=blueprint.trust.rotation or "",
        policies=tuple(blueprint.policies),
        hardened=blueprint.exposure.profile == "hardened",
        exported=tuple(ns.name for _, ns in all_namespaces(blueprint) if ns.exported),
        demo=blueprint.demo.namespace if blueprint.demo.enabled else "",
        secrets=secrets,
        sealed_secrets=addons.sealed_secrets(blueprint),
        patches=tuple(blueprint.patches),
        job=job.job(blueprint),
    )


def _secrets(blueprint: bp.Blueprint) -> Secrets:
    given = blueprint.secrets
    return Secrets(
        name=given.backend,
        backend=BACKENDS[given.backend],
        store=given.store.name if given.store else "",
        store_kind=given.store.kind if given.store else "",
        prefix=given.prefix or "",
        property=given.property or "",
    )


def all_namespaces(blueprint: bp.Blueprint) -> list[tuple[DataPath, bp.Namespace]]:
    """Return the namespaces and their places in the blueprint; the demo brings its own unless it is declared."""
    declared: list[tuple[DataPath, bp.Namespace]] = [
        (("namespaces", i), ns) for i, ns in enumerate(blueprint.namespaces)
    ]
    demo = blueprint.demo
    if demo.enabled and all(ns.name != demo.namespace for _, ns in declared):
        accounts = ["helloworld", *(f"sleep-{cluster.name}" for cluster in blueprint.clusters)]
        own = Declared(name=demo.namespace, exported=True, service_accounts=accounts)
        declared.append((("demo",), own))
    return declared


def served_primaries(blueprint: bp.Blueprint) -> set[str]:
    """Return the names of the clusters whose istiod serves remotes."""
    return {primary_of(cluster, blueprint) for cluster in blueprint.clusters if cluster.role == "remote"}


def consumers(blueprint: bp.Blueprint) -> set[str]:
    """Return the names of the clusters whose istiod reads others: its remotes, and its peers where there are any."""
    return set(blueprint.primaries) if len(blueprint.primaries) > 1 else served_primaries(blueprint)


def readers(cluster: bp.Cluster, blueprint: bp.Blueprint) -> set[str]:
    """Return the names of the clusters whose istiod reads this one: who serves it, and the other primaries."""
    return (set(blueprint.primaries) | {primary_of(cluster, blueprint)}) - {cluster.name}


def opening(blueprint: bp.Blueprint) -> set[str]:
    """Return the names of the clusters in which secrets are read: remote secrets, or the CA of the mesh."""
    return set(blueprint.primaries) if blueprint.trust.mode == "cacerts" else consumers(blueprint)


class _Tasks(NamedTuple):
    """The names of the clusters whose istiods serve remotes, read others, in which secrets are read; found once.

    callers: who comes through whose gateway.
    """

    serve: Set[str]
    read: Set[str]
    open: Set[str]
    callers: Callers


def _clusters(blueprint: bp.Blueprint, inputs: Inputs) -> tuple[Cluster, ...]:
    tasks = _Tasks(served_primaries(blueprint), consumers(blueprint), opening(blueprint), Callers(blueprint))
    local = _namespaces(blueprint, tasks.open)
    return tuple(
        _cluster(i, c, tuple(local[c.name]), blueprint, inputs, tasks) for i, c in enumerate(blueprint.clusters)
    )


def _namespaces(blueprint: bp.Blueprint, opens: Set[str]) -> dict[str, list[Namespace]]:
    """Return the namespaces of each cluster.

    A primary also has those for which it only keeps Istio configuration; where sealed secrets are opened, that of an
    addon.
    """
    configured = {policy.namespace for policy in blueprint.policies}
    found: dict[str, list[Namespace]] = {cluster.name: [] for cluster in blueprint.clusters}
    for path, declared in all_namespaces(blueprint):
        where = set(found if declared.clusters is None else declared.clusters)
        if declared.name in configured:
            where.update(blueprint.primaries)
        namespace = _namespace(path, declared)
        for name in where:
            found[name].append(namespace)
    addon = addons.sealed_secrets(blueprint)
    if addon.managed:
        own = _namespace(addons.SEALED_SECRETS, Declared(name=addon.namespace, clusters=[], injection=False))
        for name in opens:
            found[name].append(own)
    return found


def _cluster(
    index: int,
    cluster: bp.Cluster,
    namespaces: tuple[Namespace, ...],
    blueprint: bp.Blueprint,
    inputs: Inputs,
    tasks: _Tasks,
) -> Cluster:
    gateway, serves = cluster.gateway, cluster.name in tasks.serve
    ranges = tasks.callers.source_ranges(cluster)
    return Cluster(
        name=cluster.name,
        id=cluster.id or cluster.name,
        platform=cluster.platform,
        primary=primary_of(cluster, blueprint),
        network=network_of(cluster),
        cidrs=tuple(cluster.cidrs),
        egress=tuple(cluster.egress),
        gateway=Gateway(
            address=gateway.address or inputs.facts.addresses.get(cluster.name, ""),
            annotations=platforms.service_annotations(cluster, serves_remotes=serves) | gateway.annotations,
            source_ranges=ranges,
            from_others=bool(ranges) and not gateway.source_ranges,
            min_replicas=gateway.replicas.min,
            max_replicas=gateway.replicas.max,
            resources=_resources(gateway.resources),
            crosses=tasks.callers.crossed,
            serves_remotes=serves,
        ),
        ingress_gateway=cluster.ingress_gateway,
        ingress_annotations=platforms.ingress_annotations(cluster) if cluster.ingress_gateway else {},
        webhook_annotations=dict(platforms.PLATFORMS[cluster.platform].WEBHOOKS),
        opens=cluster.name in tasks.open,
        authority=BACKENDS[blueprint.secrets.backend].authority(inputs, cluster.name),
        namespaces=namespaces,
        context=cluster.bootstrap.context or cluster.name,
        server=cluster.bootstrap.server or "",
        tls_server_name=cluster.bootstrap.tls_server_name or "",
        certificate=cluster.bootstrap.certificate or "",
        credentials=job.credentials(cluster, blueprint, needed=cluster.role == "remote" or cluster.name in tasks.read),
        origin=("clusters", index),
        state=cluster.state or phases.MEMBER,
    )


def _resources(resources: bp.Resources) -> dict[str, dict[str, str]]:
    found: dict[str, Any] = {"requests": resources.requests, "limits": resources.limits}
    return {key: value for key, value in found.items() if value}


def _namespace(origin: DataPath, namespace: bp.Namespace) -> Namespace:
    # istio-init changes the pod's iptables; without Istio's CNI plugin that needs NET_ADMIN.
    default = "privileged" if namespace.injection else "restricted"
    return Namespace(
        name=namespace.name,
        injection=namespace.injection,
        exported=namespace.exported,
        pod_security=namespace.pod_security or default,
        labels=namespace.labels,
        annotations=namespace.annotations,
        everywhere=namespace.clusters is None,
        origin=origin,
    )
