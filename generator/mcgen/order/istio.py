"""What istioctl makes of an IstioOperator, as far as the order goes: names from renderings of Istio 1.30 and 1.31.

The end-to-end tests render every golden tree with the real istioctl; here is only what edges, owners and
AppProjects need to know without it.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mcgen import names
from mcgen.manifests import charts
from mcgen.order import kinds
from mcgen.order.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

Rendered: TypeAlias = tuple[Kind, str, str]
"""Kind, namespace (empty for what belongs to the cluster), name."""

EMPTY, REMOTE = "empty", "remote"
PROFILES = (EMPTY, "minimal", REMOTE)
FAMILY = "istio.io"
"""Stands for the groups of all of Istio's CRDs, which come together."""

_INJECTION_PATH = re.compile("/cluster/([^/]+)")


class Operator(NamedTuple):
    """An IstioOperator.

    cluster_id: of a remote, empty for others; address: of the istiod that serves it; gateways: name and labels
    (`key=value`) of each. version: of what comes out. revision: empty for none. injects: whether the injector is its
    own, and not left to a tag. guarded: whether its pods get a NetworkPolicy. network: of a control plane's proxies.
    """

    profile: str
    cluster_id: str
    base: bool
    address: str
    gateways: tuple[tuple[str, tuple[str, ...]], ...]
    version: str = ""
    revision: str = ""
    injects: bool = True
    guarded: bool = False
    network: str = ""

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
    shared = values.get("global") or {}
    address = shared.get("remotePilotAddress", "")
    cluster_id = _cluster_id(values) if profile == REMOTE else ""
    injects = shared.get("operatorManageWebhooks") is not True
    version, revision = str(spec.get("tag", "")), str(spec.get("revision", ""))
    found = Operator(profile, cluster_id, base is True, str(address), gateways, version, revision, injects)
    return found._replace(guarded=_guarded(shared), network=_network(values))


def charted(source: Data) -> Operator:
    """Return what is remembered of an Application's source that is one of Istio's charts.

    Raises TypeError for another chart, or values that are not in its Application.
    """
    chart, version, helm = source["chart"], str(source["targetRevision"]), source["helm"]
    if helm.keys() != {"releaseName", "valuesObject"}:
        raise TypeError("its values do not stand in it as `valuesObject`, or not only there")
    values = helm["valuesObject"]
    shared, revision = values.get("global") or {}, str(values.get("revision", ""))
    guarded = _guarded(shared)
    if chart == charts.BASE:
        return Operator(EMPTY, "", base=True, address="", gateways=(), version=version)
    if chart == charts.GATEWAY:
        gateway = (str(values["name"]), pairs(values.get("labels") or {}))
        found = Operator(EMPTY, "", base=False, address="", gateways=(gateway,), version=version, revision=revision)
        return found._replace(guarded=guarded)
    if chart != charts.ISTIOD or str(shared.get("tag")) != version:
        raise TypeError(f"chart {chart!r} in version {version} is none of Istio's with images of that version")
    remote = values.get("profile") == REMOTE
    return Operator(
        REMOTE if remote else "minimal",
        _cluster_id(values) if remote else "",
        base=False,
        address=str(shared.get("remotePilotAddress", "")),
        gateways=(),
        version=version,
        revision=revision,
        injects=shared.get("operatorManageWebhooks") is not True,
        guarded=guarded,
        network=_network(values),
    )


def _network(values: Data) -> str:
    """Return the network of a control plane's proxies, empty where it names none."""
    path = str((values.get("istiodRemote") or {}).get("injectionPath", ""))
    return path.partition("/net/")[2] or str((values.get("global") or {}).get("network", ""))


def _guarded(shared: Data) -> bool:
    """Return whether the values that charts share have them make NetworkPolicies."""
    return (shared.get("networkPolicy") or {}).get("enabled") is True


def agree(operator: Operator, chart: Operator) -> bool:
    """Return whether a chart makes what an IstioOperator says; its gateway may have labels besides."""
    if [name for name, _ in operator.gateways] != [name for name, _ in chart.gateways]:
        return False
    both = zip(operator.gateways, chart.gateways, strict=True)
    return operator._replace(gateways=()) == chart._replace(gateways=()) and all(
        set(wanted) <= set(labels) for (_, wanted), (_, labels) in both
    )


def pairs(labels: Mapping[str, Any]) -> tuple[str, ...]:
    """Return labels as texts `key=value`."""
    return tuple(f"{key}={value}" for key, value in labels.items())


def rendered(found: Operator, namespace: str) -> tuple[Rendered, ...]:
    """Return the objects that istioctl makes of an IstioOperator; all CRDs are one."""
    gateways = tuple(name for name, _ in found.gateways)
    by_address = _is_ip(found.address)
    flags = (found.base, by_address, found.injects, found.guarded)
    return _rendered(found.profile, *flags, found.revision, gateways, namespace)


@cache
def _rendered(
    profile: str,
    base: bool,  # noqa: FBT001 - it is part of a cache's key
    by_address: bool,  # noqa: FBT001 - it is part of a cache's key
    injects: bool,  # noqa: FBT001 - it is part of a cache's key
    guarded: bool,  # noqa: FBT001 - it is part of a cache's key
    revision: str,
    gateways: tuple[str, ...],
    namespace: str,
) -> tuple[Rendered, ...]:
    found: list[tuple[Kind, str]] = []
    if base:
        found.append((kinds.CRD, f"*.{FAMILY}"))
    if profile != EMPTY:
        found += [(kind, names.revised(name, revision)) for kind, name in _CONTROL_PLANE]
    if profile != EMPTY and injects:
        found.append((kinds.MUTATING_WEBHOOK, names.revised("istio-sidecar-injector", revision)))
    if profile != EMPTY and guarded:
        found.append((kinds.NETWORK_POLICY, names.istiod(revision)))
    if profile == REMOTE and by_address:
        found.append((kinds.ENDPOINT_SLICE, names.istiod(revision)))
    if profile not in (EMPTY, REMOTE):
        found += [(kind, names.revised(name, revision)) for kind, name in _ISTIOD]
        found += [(kind, f"{names.revised(name, revision)}-{namespace}") for kind, name in _ISTIOD_BY_NAMESPACE]
    for gateway in gateways:
        found += [(kind, f"{gateway}{suffix}") for kind, suffix in _GATEWAY]
        if guarded:
            # Alone of a gateway's objects it has the revision in its name.
            found.append((kinds.NETWORK_POLICY, names.revised(gateway, revision)))
    return tuple((kind, "" if kind in kinds.CLUSTER_SCOPED else namespace, name) for kind, name in found)


_CONTROL_PLANE = (
    (kinds.CONFIG_MAP, "values"),
    (kinds.SERVICE, "istiod"),
)
_ISTIOD = (
    (kinds.SERVICE_ACCOUNT, "istiod"),
    (kinds.CONFIG_MAP, "istio"),
    (kinds.CONFIG_MAP, "istio-sidecar-injector"),
    (kinds.DEPLOYMENT, "istiod"),
    (kinds.POD_AUTOSCALER, "istiod"),
    (kinds.DISRUPTION_BUDGET, "istiod"),
    (kinds.ROLE, "istiod"),
    (kinds.ROLE_BINDING, "istiod"),
)
_ISTIOD_BY_NAMESPACE = (
    (kinds.VALIDATING_WEBHOOK, "istio-validator"),
    (kinds.CLUSTER_ROLE, "istiod-clusterrole"),
    (kinds.CLUSTER_ROLE, "istiod-gateway-controller"),
    (kinds.BINDING, "istiod-clusterrole"),
    (kinds.BINDING, "istiod-gateway-controller"),
)
_GATEWAY = (
    (kinds.SERVICE, ""),
    (kinds.SERVICE_ACCOUNT, "-service-account"),
    (kinds.DEPLOYMENT, ""),
    (kinds.POD_AUTOSCALER, ""),
    (kinds.DISRUPTION_BUDGET, ""),
    (kinds.ROLE, "-sds"),
    (kinds.ROLE_BINDING, "-sds"),
)
KINDS = frozenset(
    kind
    for profile in PROFILES
    for kind, _, _ in _rendered(
        profile,
        base=True,
        by_address=True,
        injects=True,
        guarded=True,
        revision="",
        gateways=("gateway",),
        namespace="istio-system",
    )
)
"""Every kind that a rendered stage may hold."""


def _cluster_id(values: Data) -> str:
    """Return the ID under which a remote asks its istiod for sidecars."""
    path = (values.get("istiodRemote") or {}).get("injectionPath", "")
    found = _INJECTION_PATH.search(path)
    if not found:
        raise TypeError(f"istiodRemote.injectionPath {path!r} names no cluster")
    return found[1]


@lru_cache
def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
