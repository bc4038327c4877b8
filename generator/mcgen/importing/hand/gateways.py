"""East-west gateways: their load balancers, bounds and resources, and patches for what has no field; the ingress."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings
from mcgen.importing.documents import items, mapping, texts, word, words
from mcgen.importing.hand.clusters import east_west
from mcgen.platforms import CONTROL_PORTS, DATA_PORTS
from mcgen.stages import EAST_WEST_GATEWAY, INGRESS_GATEWAY

if TYPE_CHECKING:
    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context, Seen
    from mcgen.tree import Data, DataPath

# No set: in a manifest there may be a mapping where a number belongs.
_PORTS = (names.STATUS_PORT, *DATA_PORTS, *CONTROL_PORTS)
_ADDRESS = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_ENV = {"ISTIO_META_REQUESTED_NETWORK_VIEW", "ISTIO_META_ROUTER_MODE"}
_K8S = {"env", "service", "serviceAnnotations", "hpaSpec", "resources", "replicaCount"}
_SERVICE = {"ports", "loadBalancerSourceRanges", "loadBalancerIP", "type"}
_LABELS = {"app", "istio", names.NETWORK, names.CLUSTER}
_COMPONENT = {"name", "enabled", "label", "k8s", "namespace"}


def read(context: Context) -> None:
    """Read the gateways of all clusters, and the Services of those that stand beside them."""
    for cluster in context.clusters.values():
        for document in (*cluster.planes[:1], *cluster.gateways):
            components = document.at("spec", "components", "ingressGateways")
            for i, component in enumerate(items(components)):
                if component.get("enabled") is not False:
                    _gateway(context, cluster, document, component, ("spec", "components", "ingressGateways", i))
        for document in cluster.gateways:
            _values(context, document)
    for document in context.take("Service", ""):
        _service(context, document)
    _addresses(context)


def _gateway(context: Context, cluster: Seen, document: Document, component: Data, path: DataPath) -> None:
    name = word(component.get("name"))
    stage, kubernetes = EAST_WEST_GATEWAY, mapping(component.get("k8s"))
    if not east_west(component):
        if name not in ("", names.INGRESS_GATEWAY):
            context.tell(
                findings.OBJECT,
                document,
                (*path, "name"),
                f'the gateway "{name}" has no place in a blueprint',
                "keep it beside the mesh, with an Application of your own that comes after the control plane",
            )
            return
        cluster.ingress = True
        cluster.ingress_told = bool(kubernetes.get("serviceAnnotations"))
        stage = INGRESS_GATEWAY
        _rest(context, cluster, stage, kubernetes, set())
        return
    if name != names.EAST_WEST_GATEWAY:
        context.tell(
            findings.DIFFERS,
            document,
            (*path, "name"),
            f'the east-west gateway "{name}" becomes another one, {names.EAST_WEST_GATEWAY}, with its own balancer',
            "let both run until all clusters know the address of the new one, then delete the old one; a reserved "
            "address (`gateway.reserved`) cannot be on both",
        )
    for key in component:
        if key not in _COMPONENT or (key == "namespace" and component[key] != names.ISTIO_SYSTEM):
            context.tell(
                findings.SETTING,
                document,
                (*path, key),
                f"`{key}` of the gateway has no field",
                "east-west gateways of mcgen run in istio-system; drop it",
            )
    _fields(context, cluster, document, kubernetes, (*path, "k8s"))
    _rest(context, cluster, stage, kubernetes, _K8S)
    for key, value in texts(component.get("label")).items():
        if key not in _LABELS:
            _patch(context, cluster, stage, f"label/{_escaped(key)}", value)


def _fields(context: Context, cluster: Seen, document: Document, kubernetes: Data, path: DataPath) -> None:
    """Read what has a field in a blueprint."""
    cluster.annotations |= texts(kubernetes.get("serviceAnnotations"))
    bounds, count = mapping(kubernetes.get("hpaSpec")), kubernetes.get("replicaCount")
    low = bounds.get("minReplicas", count if isinstance(count, int) else 2)
    high = bounds.get("maxReplicas", 5)
    if isinstance(low, int) and isinstance(high, int) and (low, high) != (2, 5):
        cluster.gateway["replicas"] = {"min": low, "max": max(low, high)}
    if isinstance(kubernetes.get("resources"), dict):
        cluster.gateway["resources"] = kubernetes["resources"]
    for key in bounds.keys() - {"minReplicas", "maxReplicas"}:
        context.tell(
            findings.SETTING,
            document,
            (*path, "hpaSpec", key),
            f"`hpaSpec.{key}` has no field",
            "put it under `patches` for stage east-west-gateway, or drop it",
        )
    for i, each in enumerate(items(kubernetes.get("env"))):
        if word(each.get("name")) not in _ENV:
            context.tell(
                findings.SETTING,
                document,
                (*path, "env", i),
                "this variable of the gateway has no field",
                "put it under `patches` for stage east-west-gateway, or drop it",
            )
    _balancer(context, cluster, document, mapping(kubernetes.get("service")), (*path, "service"))


def _balancer(context: Context, cluster: Seen, document: Document, service: Data, path: DataPath) -> None:
    """Read what a load balancer is told beside its annotations."""
    ranges = words(service.get("loadBalancerSourceRanges"))
    if ranges:
        cluster.gateway["sourceRanges"] = ranges
    cluster.address = cluster.address or word(service.get("loadBalancerIP"))
    for i, port in enumerate(items(service.get("ports"))):
        if port.get("port") not in _PORTS:
            context.tell(
                findings.SETTING,
                document,
                (*path, "ports", i),
                f"the east-west gateway has no port {port.get('port')} in mcgen",
                "it has 15021, 15443 and, where remotes are served, 15012 and 15017; keep another gateway beside it",
            )
        elif "nodePort" in port:
            context.tell(
                findings.SETTING,
                document,
                (*path, "ports", i, "nodePort"),
                "a fixed node port has no field",
                "put it under `patches`, or drop it",
            )
    if word(service.get("type")) not in ("", "LoadBalancer"):
        context.tell(
            findings.NOT_OFFERED,
            document,
            (*path, "type"),
            "an east-west gateway of mcgen has a load balancer",
            "the others must reach it at an address of its own: let something give it one",
        )
    known = {
        *_SERVICE,
        "selector",
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "sessionAffinity",
        "allocateLoadBalancerNodePorts",
        "internalTrafficPolicy",
        "healthCheckNodePort",
    }
    for key in service.keys() - known:
        context.tell(
            findings.SETTING,
            document,
            (*path, key),
            f"`{key}` of the gateway's Service has no field",
            "put it under `patches` for stage east-west-gateway, or drop it",
        )


def _rest(context: Context, cluster: Seen, stage: str, kubernetes: Data, known: set[str]) -> None:
    """Write a patch for each setting of a gateway that a blueprint has no field for."""
    for key, value in kubernetes.items():
        if key not in known and value not in (None, {}, []):
            _patch(context, cluster, stage, f"k8s/{_escaped(key)}", value)


def _patch(context: Context, cluster: Seen, stage: str, place: str, value: object) -> None:
    # A merge patch would replace the list of gateways as a whole: kustomize knows no schema for IstioOperator.
    operation = {"op": "add", "path": f"/spec/components/ingressGateways/0/{place}", "value": value}
    patches = list(context.draft.data.get("patches", []))
    same = [each for each in patches if each["stage"] == stage and each.get("clusters") == [cluster.name]]
    if same:
        same[0]["patch"].append(operation)
    else:
        target = {"kind": "IstioOperator"}
        patches.append({"stage": stage, "clusters": [cluster.name], "target": target, "patch": [operation]})
    context.draft.put(("patches",), patches)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _values(context: Context, document: Document) -> None:
    """Say what a gateway's IstioOperator sets beside its gateways: in mcgen, these follow the control plane."""
    spec = mapping(document.at("spec"))
    for key, value in mapping(spec.get("values")).items():
        known = {"global": {"network", "meshID", "multiCluster"}, "gateways": {names.INGRESS_GATEWAY}}.get(key, set())
        for inner in mapping(value):
            if inner not in known:
                context.tell(
                    findings.SETTING,
                    document,
                    ("spec", "values", key, inner),
                    f"values.{key}.{inner} of a gateway has no field",
                    "put it under `patches` for stage east-west-gateway, or drop it",
                )
    if spec.get("meshConfig"):
        context.tell(
            findings.SETTING,
            document,
            ("spec", "meshConfig"),
            "a gateway's IstioOperator needs no meshConfig",
            "istiod has it: say it in `istio.meshConfig`",
        )


def _service(context: Context, document: Document) -> None:
    """Read the Service of an east-west gateway; others are for the module of objects that have no place."""
    selector = mapping(document.at("spec", "selector"))
    if selector.get("istio") != names.EAST_WEST_SELECTOR["istio"] and document.name != names.EAST_WEST_GATEWAY:
        context.used.discard(id(document))
        return
    cluster = context.owner(document)
    if cluster is None:
        context.tell(
            findings.OBJECT,
            document,
            ("metadata", "name"),
            "it is not said which cluster this Service is of",
            "put it into the folder of its cluster, and import again",
        )
        return
    found = texts(document.at("metadata", "annotations"))
    cluster.annotations |= {key: value for key, value in found.items() if "kubectl.kubernetes.io/" not in key}
    _balancer(context, cluster, document, mapping(document.at("spec")), ("spec",))
    for entry in items(document.at("status", "loadBalancer", "ingress")):
        cluster.address = cluster.address or word(entry.get("ip")) or word(entry.get("hostname"))


def _addresses(context: Context) -> None:
    """Take the address of a primary's gateway from what its remotes are told."""
    for remote in (each for each in context.clusters.values() if each.remote and each.pilot_address):
        path = ("spec", "values", "global", "remotePilotAddress")
        if not _ADDRESS.fullmatch(remote.pilot_address):
            context.tell(
                findings.QUESTION,
                remote.planes[0],
                path,
                "the address of the primary's gateway is not filled in here",
                "write it into `gateway.address` of the primary, or let `mcgen bootstrap` find it",
            )
        elif len(context.primaries) == 1:
            _agree(context, context.primaries[0], remote)


def _agree(context: Context, primary: Seen, remote: Seen) -> None:
    if primary.address not in ("", remote.pilot_address):
        context.tell(
            findings.DIFFERS,
            remote.planes[0],
            ("spec", "values", "global", "remotePilotAddress"),
            f'"{remote.pilot_address}" is not the address of the gateway of "{primary.name}", {primary.address}',
            "write the right one into `gateway.address` of the primary",
        )
    primary.address = primary.address or remote.pilot_address
