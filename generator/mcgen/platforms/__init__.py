"""Who runs a cluster, and what its load balancers are told. One module per platform: a file here is one."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.blueprint import Cluster


class Platform(Protocol):
    """What a platform module offers.

    TITLE: its name for people. HEALTH_CHECK: how its load balancers find out whether a gateway lives.
    NEEDS: what somebody must have installed in its clusters, empty for nothing.
    FIREWALL: what the platform opens by itself for a gateway, and what somebody has to open.
    INTERNAL: the annotations that keep a load balancer inside of its network, each with the value that does.
    REACH: further annotations that only matter for who can reach it. ADDRESSES: those that give it a reserved address.
    FROM_START: those that a Service has when it is made or not at all.
    WEBHOOKS: the annotations with which the platform leaves the injector as it is.
    """

    TITLE: str
    HEALTH_CHECK: str
    NEEDS: str
    FIREWALL: str
    INTERNAL: Mapping[str, str]
    REACH: frozenset[str]
    ADDRESSES: frozenset[str]
    FROM_START: frozenset[str]
    WEBHOOKS: Mapping[str, str]

    def service_annotations(self, cluster: Cluster, ports: tuple[int, ...]) -> dict[str, str]:
        """Return the annotations of a gateway's Service: of the east-west one, and so that of an ingress."""

    def problems(self, cluster: Cluster, *, serves_remotes: bool) -> Iterator[tuple[str, str, str]]:
        """Yield (field of `gateway`, what cannot be had here, what to do)."""

    def api_server_ranges(self, context: str) -> str:
        """Return the command that shows who may call an API server; empty when its context does not name the cluster.

        context: of a kubeconfig, as the platform's own program calls it.
        """


def _found() -> dict[str, Platform]:
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: cast("Platform", import_module(f"{__name__}.{name}")) for name in names}


PLATFORMS = _found()

# Clouds, which people write where their Kubernetes is meant.
CLOUDS = {"amazon": "eks", "aws": "eks", "azure": "aks", "gcloud": "gke", "gcp": "gke", "google": "gke"}

DATA_PORTS: tuple[int, ...] = (15443,)
CONTROL_PORTS: tuple[int, ...] = (15012, 15017)
# Istio's own for an ingress gateway, beside that of its health.
INGRESS_PORTS: tuple[int, ...] = (80, 443)

# Of all platforms: a change from one to another is a change of these.
INTERNAL = {key: value for each in PLATFORMS.values() for key, value in each.INTERNAL.items()}
REACH = frozenset(INTERNAL).union(*(each.REACH for each in PLATFORMS.values()))
ADDRESSES: frozenset[str] = frozenset().union(*(each.ADDRESSES for each in PLATFORMS.values()))


def is_internal(annotations: Mapping[str, object]) -> bool:
    """Return whether a Service with these annotations gets a load balancer without a public address."""
    return any(annotations.get(key) == value for key, value in INTERNAL.items())


def ports(*, serves_remotes: bool) -> tuple[int, ...]:
    """Return the traffic ports of an east-west gateway: istiod's only where remotes are served."""
    return DATA_PORTS + (CONTROL_PORTS if serves_remotes else ())


def service_annotations(cluster: Cluster, *, serves_remotes: bool) -> dict[str, str]:
    """Return the annotations that the platform asks of the gateway's Service."""
    return PLATFORMS[cluster.platform].service_annotations(cluster, ports(serves_remotes=serves_remotes))


def ingress_annotations(cluster: Cluster) -> dict[str, str]:
    """Return the annotations of the ingress gateway's Service: a public load balancer that asks for its health.

    The fields of `gateway` are about the east-west one.
    """
    platform = PLATFORMS[cluster.platform]
    public = replace(cluster.gateway, scheme="public", reserved=[], resource_group=None)
    found = platform.service_annotations(replace(cluster, gateway=public), INGRESS_PORTS)
    # It was made without any annotations before; from such a Service GKE takes one of these off again, and Argo CD
    # would put it back for ever.
    return {key: value for key, value in found.items() if key not in platform.FROM_START}


def owned_annotations(cluster: Cluster) -> frozenset[str]:
    """Return the annotations that the gateway's other fields decide, whatever stands in them now."""
    found: set[str] = set()
    for scheme in ("public", "internal"):
        gateway = replace(cluster.gateway, scheme=scheme, reserved=["name"], resource_group="name")
        found |= service_annotations(replace(cluster, gateway=gateway), serves_remotes=True).keys()
    return frozenset(found)
