"""What istioctl makes of an IstioOperator, as far as the order goes: names from renderings of Istio 1.31.

The end-to-end tests render every golden tree with the real istioctl; here is only what edges, owners and
AppProjects need to know without it.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

Rendered: TypeAlias = tuple[tuple[str, str], str, str]
"""Group and kind, namespace (empty for what belongs to the cluster), name."""

EMPTY, REMOTE = "empty", "remote"
PROFILES = (EMPTY, "minimal", REMOTE)
FAMILY = "istio.io"
"""Stands for the groups of all of Istio's CRDs, which come together."""

_INJECTION_PATH = re.compile("/cluster/([^/]+)")
_WEBHOOKS = "admissionregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"


class Operator(NamedTuple):
    """An IstioOperator.

    cluster_id: of a remote, empty for others; address: of the istiod that serves it; gateways: name and labels
    (`key=value`) of each.
    """

    profile: str
    cluster_id: str
    base: bool
    address: str
    gateways: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def control_plane(self) -> bool:
        """Return whether the injector is among what it renders."""
        return self.profile != EMPTY

    @property
    def has_istiod(self) -> bool:
        """Return whether istiod is among what it renders."""
        return self.profile not in (EMPTY, REMOTE)


def operator(document: Data) -> Operator:
    """Return what is remembered of an IstioOperator; raise TypeError for a profile that is not in the table."""
    spec = document["spec"]
    profile, components = spec["profile"], spec.get("components") or {}
    if profile not in PROFILES:
        raise TypeError(f"profile {profile!r} is none of {', '.join(PROFILES)}")
    values = spec.get("values") or {}
    base = (components.get("base") or {}).get("enabled", profile != EMPTY)
    gateways = tuple(
        (str(gateway["name"]), pairs({"istio": "ingressgateway"} | (gateway.get("label") or {})))
        for gateway in components.get("ingressGateways") or ()
        if gateway.get("enabled") is True
    )
    address = (values.get("global") or {}).get("remotePilotAddress", "")
    cluster_id = _cluster_id(values) if profile == REMOTE else ""
    return Operator(profile, cluster_id, base is True, str(address), gateways)


def pairs(labels: Mapping[str, Any]) -> tuple[str, ...]:
    """Return labels as texts `key=value`."""
    return tuple(f"{key}={value}" for key, value in labels.items())


def rendered(found: Operator, namespace: str) -> tuple[Rendered, ...]:
    """Return the objects that istioctl makes of an IstioOperator; all CRDs are one."""
    gateways = tuple(name for name, _ in found.gateways)
    return _rendered(found.profile, found.base, _is_ip(found.address), gateways, namespace)


@cache
def _rendered(
    profile: str,
    base: bool,
    by_address: bool,
    gateways: tuple[str, ...],
    namespace: str,  # noqa: FBT001 - a cache's key
) -> tuple[Rendered, ...]:
    kinds: list[tuple[str, str, str]] = []
    if base:
        kinds.append((*_CRD, f"*.{FAMILY}"))
    if profile != EMPTY:
        kinds += _CONTROL_PLANE
    if profile == REMOTE and by_address:
        kinds.append(("discovery.k8s.io", "EndpointSlice", "istiod"))
    if profile not in (EMPTY, REMOTE):
        kinds += _ISTIOD
        kinds += [(group, kind, f"{name}-{namespace}") for group, kind, name in _ISTIOD_BY_NAMESPACE]
    for name in gateways:
        kinds += [(group, kind, f"{name}{suffix}") for group, kind, suffix in _GATEWAY]
    return tuple(
        ((group, kind), "" if (group, kind) in _CLUSTER_SCOPED else namespace, name) for group, kind, name in kinds
    )


_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
_CONTROL_PLANE = (
    ("", "ConfigMap", "values"),
    ("", "Service", "istiod"),
    (_WEBHOOKS, "MutatingWebhookConfiguration", "istio-sidecar-injector"),
)
_ISTIOD_BY_NAMESPACE = (
    (_WEBHOOKS, "ValidatingWebhookConfiguration", "istio-validator"),
    (_RBAC, "ClusterRole", "istiod-clusterrole"),
    (_RBAC, "ClusterRole", "istiod-gateway-controller"),
    (_RBAC, "ClusterRoleBinding", "istiod-clusterrole"),
    (_RBAC, "ClusterRoleBinding", "istiod-gateway-controller"),
)
_ISTIOD = (
    ("", "ServiceAccount", "istiod"),
    ("", "ConfigMap", "istio"),
    ("", "ConfigMap", "istio-sidecar-injector"),
    ("apps", "Deployment", "istiod"),
    ("autoscaling", "HorizontalPodAutoscaler", "istiod"),
    ("policy", "PodDisruptionBudget", "istiod"),
    (_RBAC, "Role", "istiod"),
    (_RBAC, "RoleBinding", "istiod"),
)
_GATEWAY = (
    ("", "Service", ""),
    ("", "ServiceAccount", "-service-account"),
    ("apps", "Deployment", ""),
    ("autoscaling", "HorizontalPodAutoscaler", ""),
    ("policy", "PodDisruptionBudget", ""),
    (_RBAC, "Role", "-sds"),
    (_RBAC, "RoleBinding", "-sds"),
)
_CLUSTER_SCOPED = {
    _CRD,
    (_WEBHOOKS, "MutatingWebhookConfiguration"),
    (_WEBHOOKS, "ValidatingWebhookConfiguration"),
    (_RBAC, "ClusterRole"),
    (_RBAC, "ClusterRoleBinding"),
}
KINDS = frozenset(
    kind
    for profile in PROFILES
    for kind, _, _ in _rendered(profile, True, True, ("gateway",), "istio-system")  # noqa: FBT003
)
"""Every kind that a rendered stage may hold."""


def _cluster_id(values: Data) -> str:
    """Return the ID under which a remote asks its istiod for sidecars."""
    path = (values.get("istiodRemote") or {}).get("injectionPath", "")
    found = _INJECTION_PATH.search(path)
    if not found:
        raise TypeError(f"istiodRemote.injectionPath {path!r} names no cluster")
    return found[1]


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
