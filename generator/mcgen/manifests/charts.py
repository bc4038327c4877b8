"""Istio's charts in place of istioctl: what an IstioOperator says, as a chart and its values.

Istiod and the CRDs come of the very charts that istioctl has in it (manifests/charts of istio/istio), so their objects
are the same. The gateways of an IstioOperator come of the chart istio-ingress, which is in no repository; the chart
`gateway` makes others of the same names. docs/delivery.md lists what differs, and a test compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.merge import merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

BASE, ISTIOD, GATEWAY = "base", "istiod", "gateway"
# istioctl calls its release so, and the charts write it into labels.
_RELEASE = "istio"
_SPEC = {"profile", "hub", "tag", "revision", "meshConfig", "values", "unvalidatedValues", "components"}
_COMPONENT = {"name", "enabled", "label", "k8s"}
_KUBERNETES = {"env", "hpaSpec", "resources", "service", "serviceAnnotations"}
# What istioctl's profiles set over the chart's own values (manifests/profiles/default.yaml).
_PROFILE: Data = {"defaultRevision": "", "global": {"configValidation": True, "istioNamespace": names.ISTIO_SYSTEM}}
# As the chart istio-ingress has it; the chart `gateway` would open ports below 1024 by a sysctl.
_PORTS = [
    {"name": "status-port", "port": names.STATUS_PORT, "targetPort": names.STATUS_PORT, "protocol": "TCP"},
    {"name": "http2", "port": 80, "targetPort": 8080, "protocol": "TCP"},
    {"name": "https", "port": 443, "targetPort": 8443, "protocol": "TCP"},
]
_POD = {"runAsGroup": 1337, "runAsNonRoot": True, "runAsUser": 1337}
_CONTAINER: Data = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
}


def source(repository: str, operator: Data) -> Data:
    """Return the source of an Application; raise ValueError for what no value of a chart can say."""
    chart, values = chart_and_values(operator)
    return {
        "repoURL": repository,
        "chart": chart,
        "targetRevision": operator["spec"]["tag"],
        "helm": {"releaseName": _RELEASE, "valuesObject": values},
    }


def chart_and_values(operator: Data) -> tuple[str, Data]:
    """Return the chart that an IstioOperator stands for, and its values; raise ValueError as `source` does."""
    spec: Data = operator["spec"]
    components = spec.get("components") or {}
    _known("spec", spec, _SPEC)
    _known("spec.components", components, {"base", "ingressGateways", "pilot"})
    gateways = components.get("ingressGateways") or []
    if gateways:
        if len(gateways) != 1:
            raise ValueError("spec.components.ingressGateways must have one gateway")
        return GATEWAY, _gateway(spec, gateways[0])
    if (components.get("base") or {}).get("enabled"):
        return BASE, merge(_head(spec), merge({"defaultRevision": ""}, spec.get("values") or {}))
    values = merge(_PROFILE, merge(_head(spec), spec.get("values") or {}))
    values = merge(values, spec.get("unvalidatedValues") or {})
    if spec["profile"] == "remote":
        values["profile"] = "remote"
    if spec.get("meshConfig"):
        values["meshConfig"] = spec["meshConfig"]
    pilot = components.get("pilot") or {}
    _known("spec.components.pilot", pilot, {"enabled", "k8s"})
    _known("spec.components.pilot.k8s", pilot.get("k8s") or {}, {"podAnnotations"})
    return ISTIOD, merge(values, pilot.get("k8s") or {})


def _head(spec: Data) -> Data:
    revision = {"revision": spec["revision"]} if spec.get("revision") else {}
    return {"global": {"hub": spec["hub"], "tag": spec["tag"]}} | revision


def _known(path: str, found: Mapping[str, Any], known: set[str]) -> None:
    for key in found:
        if key not in known:
            raise ValueError(f"{path}.{key}")


def _gateway(spec: Data, component: Data) -> Data:
    path, name = "spec.components.ingressGateways[0]", component["name"]
    kubernetes = component.get("k8s") or {}
    _known(path, component, _COMPONENT)
    _known(f"{path}.k8s", kubernetes, _KUBERNETES)
    options = ((spec.get("values") or {}).get("gateways") or {}).get(names.INGRESS_GATEWAY) or {}
    shared = (spec.get("values") or {}).get("global") or {}
    _known("spec.values", spec.get("values") or {}, {"gateways", "global"})
    _known("spec.values.global", shared, {"networkPolicy"})
    _known(f"spec.values.gateways.{names.INGRESS_GATEWAY}", options, {"injectionTemplate", "autoscaleMin"})
    service = kubernetes.get("service") or {}
    _known(f"{path}.k8s.service", service, {"ports", "loadBalancerSourceRanges"})
    _known(f"{path}.k8s.hpaSpec", kubernetes.get("hpaSpec") or {}, {"minReplicas", "maxReplicas"})
    labels = component.get("label") or {"app": name, "istio": name.removeprefix("istio-")}
    own = {key: value for key, value in labels.items() if key not in ("app", "istio")}
    return {
        "name": name,
        **({"revision": spec["revision"]} if spec.get("revision") else {}),
        **({"global": shared} if shared else {}),
        "labels": labels,
        # Names that the objects have already where istioctl made them.
        "serviceAccount": {"name": f"{name}-service-account"},
        "service": {
            "ports": service.get("ports") or _PORTS,
            **({"annotations": found} if (found := kubernetes.get("serviceAnnotations")) else {}),
            **({"loadBalancerSourceRanges": ranges} if (ranges := service.get("loadBalancerSourceRanges")) else {}),
            **({"selectorLabels": own} if own else {}),
        },
        "autoscaling": kubernetes.get("hpaSpec") or {},
        "podDisruptionBudget": {"minAvailable": 1},
        "env": {one["name"]: one["value"] for one in kubernetes.get("env") or []}
        | {"ISTIO_META_UNPRIVILEGED_POD": "true"},
        "securityContext": _POD,
        "containerSecurityContext": _CONTAINER,
        "strategy": {"rollingUpdate": {"maxSurge": "100%", "maxUnavailable": "25%"}},
        **({"resources": found} if (found := kubernetes.get("resources")) else {}),
    }
