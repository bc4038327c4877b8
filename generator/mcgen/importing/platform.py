"""Who runs a cluster, and what a load balancer was told: a gateway's fields from the annotations of its Service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.blueprint import Cluster, Gateway
from mcgen.platforms import INTERNAL, PLATFORMS, ingress_annotations, is_internal, service_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mcgen.tree import Data

_AWS = "service.beta.kubernetes.io/aws-load-balancer"
# How the annotations of a platform's load balancers begin, those that mcgen does not write too.
_BEGINNINGS = {
    "aks": ("service.beta.kubernetes.io/azure-", "service.beta.kubernetes.io/port_"),
    "eks": (_AWS, "service.beta.kubernetes.io/aws-", "eks.amazonaws.com/"),
    "gke": ("networking.gke.io/", "cloud.google.com/"),
}
_GROUP = "-resource-group"


def detected(annotations: Iterable[str]) -> set[str]:
    """Return the platforms whose annotations these are."""
    return {name for name, starts in _BEGINNINGS.items() for key in annotations if key.startswith(starts)}


def gateway(platform: str, annotations: Mapping[str, str], *, serves_remotes: bool) -> Data:
    """Return the fields of a blueprint's gateway that give these annotations, `annotations` for what is left."""
    fields: Data = {}
    internal = is_internal(annotations)
    if internal and platform != "generic":
        fields["scheme"] = "internal"
    for key, value in annotations.items():
        if key in PLATFORMS[platform].ADDRESSES:
            if key.endswith(_GROUP):
                fields["resourceGroup"] = value
            else:
                fields["reserved"] = value.split(",")
    made = _made(platform, fields, serves_remotes=serves_remotes)
    rest = {key: value for key, value in annotations.items() if made.get(key) != value}
    return fields | ({"annotations": rest} if rest else {})


def opens_ingress(platform: str) -> bool:
    """Return whether an ingress gateway has a public address only because mcgen asks for one."""
    return not INTERNAL.keys().isdisjoint(ingress_annotations(Cluster(name="any", platform=platform, role="primary")))


def too_late(platform: str, gateway: Data, annotations: Mapping[str, str]) -> list[str]:
    """Return the annotations that a gateway with these has not and would get, and that its platform takes off again."""
    made = _made(platform, gateway, serves_remotes=False)
    return sorted(key for key in PLATFORMS[platform].FROM_START & made.keys() if key not in annotations)


def _made(platform: str, fields: Data, *, serves_remotes: bool) -> dict[str, str]:
    asked = Gateway(
        scheme=fields.get("scheme", "public"),
        reserved=fields.get("reserved", []),
        resource_group=fields.get("resourceGroup"),
    )
    cluster = Cluster(name="any", platform=platform, role="primary", gateway=asked)
    return service_annotations(cluster, serves_remotes=serves_remotes)
