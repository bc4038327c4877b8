"""What runs in a cluster: pods, Services and where they lead, and the service accounts; of pods only what is needed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcgen import names
from mcgen.bootstrap.kube import NoAnswer, Why
from mcgen.doctor.ask import understood
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor.ask import Client
    from mcgen.tree import Data

PROXY = "istio-proxy"
_FIELDS = (
    "{.metadata.namespace}",
    "{.metadata.name}",
    "{.metadata.labels}",
    "{.spec.serviceAccountName}",
    "{.status.phase}",
    "{.status.podIP}",
    "{.spec.hostNetwork}",
    "{.spec.containers[*].name} {.spec.initContainers[*].name}",
    '{.status.conditions[?(@.type=="Ready")].status}',
    "{.metadata.deletionTimestamp}",
)
PODS = "{range .items[*]}" + '{"\\t"}'.join(_FIELDS) + '{"\\n"}{end}'
_PARTS = ("pods", "services", "accounts")
_ACCOUNTS = '{range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod. ended: by itself; runs: whether it is there to stay; ready: as its cluster says.

    proxy: whether it has a sidecar or is one.
    """

    namespace: str
    name: str
    account: str
    address: str
    labels: dict[str, str]
    runs: bool
    ready: bool
    proxy: bool
    host_network: bool = False
    ended: bool = False

    def __str__(self) -> str:
        """Return namespace and name."""
        return f"{self.namespace}/{self.name}"

    def has(self, labels: dict[str, str]) -> bool:
        """Return whether it has all these labels."""
        return labels.items() <= self.labels.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A TCP port of a Service. http: whether Istio is told that HTTP is spoken there."""

    name: str
    number: int
    http: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a Service leads. ports: the pod's, by the name of the Service's."""

    pod: str
    address: str
    ports: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A Service with its ready endpoints in one cluster."""

    namespace: str
    name: str
    ports: tuple[Port, ...]
    endpoints: tuple[Endpoint, ...]

    @property
    def host(self) -> str:
        """Return its whole name."""
        return f"{self.name}.{self.namespace}.svc.cluster.local"


class Inventory:
    """What runs in one cluster, asked for once. Each part is what was found, or raises what was answered instead."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Return the pods of all namespaces but those that have ended, and probes; raise ToolError."""
        return tuple(pod for pod in self._part("pods") if not pod.ended and names.PROBE not in pod.labels)

    @property
    def probes(self) -> tuple[Pod, ...]:
        """Return the probe pods that an earlier run has left; raise ToolError."""
        return tuple(pod for pod in self._part("pods") if names.PROBE in pod.labels)

    @property
    def services(self) -> tuple[Service, ...]:
        """Return the Services of all namespaces, with their ready endpoints; raise ToolError."""
        found: tuple[Service, ...] = self._part("services")
        return found

    @property
    def accounts(self) -> frozenset[str]:
        """Return the service accounts as namespace/name; raise ToolError."""
        found: frozenset[str] = self._part("accounts")
        return found

    def _part(self, name: str) -> Any:
        found = self._parts[name]
        if isinstance(found, ToolError):
            raise found
        return found


def take(client: Client, retry: Retry) -> Inventory:
    """Return what runs in a cluster; raises nothing but what no cluster is at fault for."""
    parts: dict[str, Any] = {}
    for name, ask in (("pods", _pods), ("services", _services), ("accounts", _accounts)):
        try:
            with understood():
                parts[name] = retry(lambda ask=ask: ask(client))  # type: ignore[misc]
        except ToolError as error:
            parts[name] = error
            if isinstance(error, NoAnswer) and error.why is Why.FORBIDDEN:
                continue
            # One that does not answer would not answer the rest either.
            return Inventory(dict.fromkeys(_PARTS, error) | parts)
    return Inventory(parts)


def _pods(client: Client) -> tuple[Pod, ...]:
    return parse_pods(_list(client, "pods", f"jsonpath={PODS}"))


def _services(client: Client) -> tuple[Service, ...]:
    services, slices = (json.loads(_list(client, kind, "json")) for kind in ("services", "endpointslices"))
    return parse_services(services["items"], slices["items"])


def _accounts(client: Client) -> frozenset[str]:
    return frozenset(_list(client, "serviceaccounts", f"jsonpath={_ACCOUNTS}").split())


def _list(client: Client, kind: str, form: str) -> str:
    return client.text("get", kind, "--all-namespaces", f"--output={form}")


def parse_pods(lines: str) -> tuple[Pod, ...]:
    """Return what the template printed: a pod per line, fields between tabs."""
    found = []
    for line in lines.splitlines():
        namespace, name, labels, account, phase, address, host, containers, ready, deleted = line.split("\t")
        found.append(
            Pod(
                namespace=namespace,
                name=name,
                account=account or "default",
                address=address,
                labels=json.loads(labels or "{}"),
                runs=phase == "Running" and not deleted,
                ready=ready == "True" and not deleted,
                proxy=PROXY in containers.split(),
                host_network=host == "true",
                ended=phase in ("Succeeded", "Failed"),
            )
        )
    return tuple(found)


def parse_services(services: Iterable[Data], slices: Iterable[Data]) -> tuple[Service, ...]:
    """Return the Services that select pods and have an address, with their ready endpoints."""
    endpoints: dict[tuple[str, str], dict[str, Endpoint]] = {}
    for each in slices:
        metadata = each["metadata"]
        owner = (metadata.get("labels") or {}).get(names.SERVICE_NAME, "")
        ports = {str(port.get("name") or ""): int(port["port"]) for port in each.get("ports") or () if port.get("port")}
        known = endpoints.setdefault((metadata["namespace"], owner), {})
        for found in each.get("endpoints") or ():
            target = found.get("targetRef") or {}
            if (found.get("conditions") or {}).get("ready", True) and target.get("kind") == "Pod":
                address = str(found["addresses"][0])
                known[address] = Endpoint(pod=str(target["name"]), address=address, ports=ports)
    return tuple(
        Service(
            namespace=each["metadata"]["namespace"],
            name=each["metadata"]["name"],
            ports=_ports(each["spec"]),
            endpoints=tuple(endpoints.get((each["metadata"]["namespace"], each["metadata"]["name"]), {}).values()),
        )
        for each in services
        if each["spec"].get("selector") and each["spec"].get("clusterIP") not in (None, "None")
    )


def _ports(spec: Data) -> tuple[Port, ...]:
    return tuple(
        Port(name=str(port.get("name") or ""), number=int(port["port"]), http=_speaks_http(port))
        for port in spec.get("ports") or ()
        if port.get("protocol", "TCP") == "TCP"
    )


def _speaks_http(port: Data) -> bool:
    """Return whether Istio takes a port for HTTP without looking: pkg/config/protocol/instance.go."""
    said = str(port.get("appProtocol") or port.get("name") or "").lower()
    word = said.removeprefix("kubernetes.io/").partition("-")[0]
    return word in ("http", "http2", "grpc", "h2c", "ws")
