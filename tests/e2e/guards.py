"""Whether NetworkPolicies fit what they stand before: judged from the objects of one cluster, as rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Thing = dict[str, Any]

# The agent's merged metrics, health, and Envoy's own metrics: what the gateway's chart adds to the Service's ports.
AGENT = {15020, names.STATUS_PORT, 15090}
# istiod's debug and readiness page, xDS in plain text and with TLS, monitoring, webhooks. The chart still lists 15011.
ISTIOD = {8080, 15010, 15011, names.ISTIOD_PORT, 15014, names.WEBHOOK_PORT}


class Guard(NamedTuple):
    """A Deployment of istiod or a gateway, and the ports that its NetworkPolicies admit from everywhere."""

    name: str
    ports: frozenset[int]


def guards(objects: Iterable[Thing]) -> list[Guard]:
    """Return every Deployment that a NetworkPolicy selects; raise AssertionError for a policy that says more."""
    things = list(objects)
    return [
        Guard(thing["metadata"]["name"], frozenset(port for policy in found for port in _ports(policy)))
        for thing in _kind(things, "Deployment")
        if (found := [policy for policy in _kind(things, "NetworkPolicy") if _selects(policy, _pod(thing))])
    ]


def faults(objects: Iterable[Thing]) -> Iterator[str]:
    """Yield what is wrong with the NetworkPolicies of a cluster whose mesh is hardened."""
    things = list(objects)
    there = {guard.name: guard.ports for guard in guards(things)}
    for thing in _kind(things, "Deployment"):
        name, pod = thing["metadata"]["name"], _pod(thing)
        istiod = pod.get("app") == "istiod"
        if not istiod and not pod.get("istio", "").endswith("gateway"):
            if name in there:
                yield f"{name} is no part of Istio, and a NetworkPolicy selects it"
        elif name not in there:
            yield f"{name} has no NetworkPolicy"
        else:
            led = {port for service in _kind(things, "Service") for port in _leads(service, pod)}
            wanted = ISTIOD if istiod else led | AGENT
            yield from (f"{name}: {port} is admitted for nothing" for port in sorted(there[name] - wanted))
            yield from (f"{name}: {port} is cut off" for port in sorted((wanted | led | _probed(thing)) - there[name]))


def _kind(things: list[Thing], kind: str) -> list[Thing]:
    return [thing for thing in things if thing["kind"] == kind and thing["metadata"].get("namespace")]


def _pod(deployment: Thing) -> dict[str, str]:
    labels: dict[str, str] = deployment["spec"]["template"]["metadata"]["labels"]
    return {"namespace of the pod": deployment["metadata"]["namespace"], **labels}


def _selects(thing: Thing, pod: dict[str, str]) -> bool:
    spec = thing["spec"]
    labels = spec["podSelector"]["matchLabels"] if thing["kind"] == "NetworkPolicy" else spec.get("selector")
    # A selector without labels is one for all pods, and a Service without a selector leads to none.
    return bool(labels) and {"namespace of the pod": thing["metadata"]["namespace"], **labels}.items() <= pod.items()


def _ports(policy: Thing) -> Iterator[int]:
    spec = policy["spec"]
    assert spec["podSelector"].keys() == {"matchLabels"}
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    assert spec["egress"] == [{}], "it cuts off calls of the pods themselves"
    for rule in spec["ingress"]:
        assert rule.keys() == {"ports"}, "it names from where"
        for port in rule["ports"]:
            assert port.keys() == {"port", "protocol"}
            assert port["protocol"] == "TCP"
            yield port["port"]


def _leads(service: Thing, pod: dict[str, str]) -> set[int]:
    ports = service["spec"].get("ports", []) if _selects(service, pod) else []
    return {port.get("targetPort", port["port"]) for port in ports}


def _probed(deployment: Thing) -> set[int]:
    """Return the ports that the kubelet asks."""
    containers = deployment["spec"]["template"]["spec"]["containers"]
    probes = [one[kind] for one in containers for kind in ("readinessProbe", "livenessProbe") if kind in one]
    return {probe["httpGet"]["port"] for probe in probes if "httpGet" in probe}
