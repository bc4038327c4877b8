"""A mesh as planned, and a world in which it is there: what the pure functions of verify look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mcgen import blueprint
from mcgen.bootstrap.access import Access
from mcgen.doctor.ask import Client
from mcgen.facts import Inputs
from mcgen.mesh import resolve
from mcgen.verify.inventory import Endpoint, Inventory, Pod, Port, Service
from mcgen.verify.membership import Istiod
from mcgen.verify.world import World
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from mcgen.mesh import Mesh

NAMESPACE = "multi-cluster"
HTTP = Port(name="http", number=80, http=True)
GATEWAYS = {"gke": ("network1", "203.0.113.10"), "aks": ("network2", "203.0.113.20")}


def mesh(**changes: Any) -> Mesh:
    """Return the sample's mesh, with other sections."""
    data = yaml.safe_load((CHECKOUT / "blueprints/gke-aks.yaml").read_text())
    return resolve(blueprint.convert(data | changes), Inputs())


def pod(name: str, account: str, address: str, *, namespace: str = NAMESPACE, **labels: str) -> Pod:
    return Pod(
        namespace=namespace, name=name, account=account, address=address, labels=labels, runs=True, ready=True,
        proxy=True,
    )  # fmt: skip


def helloworld(*pods: Pod) -> Service:
    endpoints = tuple(Endpoint(pod=each.name, address=each.address, ports={"http": 5000}) for each in pods)
    return Service(namespace=NAMESPACE, name="helloworld", ports=(HTTP,), endpoints=endpoints)


def istiod(**changes: Any) -> Istiod:
    fields: dict[str, Any] = {
        "pod": "istiod-1",
        "clusters": {"cluster-gke": "synced", "cluster-aks": "synced"},
        "gateways": frozenset(GATEWAYS.values()),
        "proxies": frozenset(),
    }
    return Istiod(**(fields | changes))


def world(planned: Mesh | None = None, *, more: dict[str, list[Pod]] | None = None) -> World:
    """Return a world with helloworld v1 in gke, v2 in aks. more: further pods behind helloworld, by cluster."""
    planned = planned or mesh()
    inventories = {}
    for number, cluster in enumerate(planned.clusters, 1):
        version = "v1" if cluster.is_primary else "v2"
        own = pod(f"helloworld-{version}", "helloworld", f"10.{number}.0.1", app="helloworld", version=version)
        pods = [own, *(more or {}).get(cluster.name, [])]
        accounts = {f"{namespace.name}/default" for namespace in cluster.namespaces}
        accounts |= {f"{NAMESPACE}/helloworld", f"{NAMESPACE}/sleep-{cluster.name}"}
        parts = {"pods": tuple(pods), "services": (helloworld(*pods),), "accounts": frozenset(accounts)}
        inventories[cluster.name] = Inventory(parts)
    return World(
        mesh=planned,
        clients={name: Client(access=Access(cluster=name), timeout=1) for name in inventories},
        inventories=inventories,
        gateways=frozenset(inventories),
        said={"gke": [istiod()]},
    )
