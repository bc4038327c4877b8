"""Watches the API servers of a lab and writes down what became true when: one time line for all clusters."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from tests.lab.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

TRACKING = "argocd.argoproj.io/tracking-id"
EXISTS, DELETED = "exists", "deleted"

# Kind -> where its objects are; a kind that a cluster does not know yet is asked for again.
PATHS = {
    "Application": "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications",
    "ConfigMap": "/api/v1/namespaces/istio-system/configmaps",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Deployment": "/apis/apps/v1/deployments",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/istio-system/endpointslices",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "Job": "/apis/batch/v1/jobs",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "Namespace": "/api/v1/namespaces",
    "SealedSecret": "/apis/bitnami.com/v1alpha1/sealedsecrets",
    "Secret": "/api/v1/namespaces/istio-system/secrets",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something became true of an object. at: seconds since the recording began; application: whose it is, if any's."""

    at: float
    cluster: str
    kind: str
    name: str
    what: str
    application: str = ""

    def __str__(self) -> str:
        owner = f"  [{self.application}]" if self.application else ""
        return f"{self.at:8.2f} s  {self.cluster}  {self.kind} {self.name}: {self.what}{owner}"


class Recorder:
    """Records while it is entered. kubeconfigs: cluster -> its administrator's kubeconfig."""

    def __init__(self, kubeconfigs: Mapping[str, Path]) -> None:
        self.apis = {name: Api(path) for name, path in kubeconfigs.items()}
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._start = time.monotonic()

    def __enter__(self) -> Recorder:
        for cluster, api in self.apis.items():
            for kind in PATHS:
                threading.Thread(target=self._watch, args=(cluster, api, kind), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened until now, in its order."""
        with self._lock:
            return tuple(self._events)

    def write(self, path: Path) -> None:
        """Write the time line."""
        path.write_text("".join(f"{event}\n" for event in self.events))

    def _watch(self, cluster: str, api: Api, kind: str) -> None:
        seen: dict[str, set[str]] = {}
        while not self._over.is_set():
            # Not there yet, or gone for a moment.
            with suppress(OSError, HTTPException, ValueError):
                listed, version = api.listed(PATHS[kind])
                present = {_name(each) for each in listed}
                for name in seen.keys() - present:
                    self._add(cluster, kind, {"metadata": {"name": name}}, {DELETED})
                    del seen[name]
                self._see(cluster, kind, listed, seen)
                for event in api.events(PATHS[kind], version):
                    if event["type"] == "DELETED":
                        seen.pop(_name(event["object"]), None)
                        self._add(cluster, kind, event["object"], {DELETED})
                    else:
                        self._see(cluster, kind, [event["object"]], seen)
            self._over.wait(0.2)

    def _see(self, cluster: str, kind: str, found: Iterable[dict[str, Any]], seen: dict[str, set[str]]) -> None:
        for each in found:
            true = statements(kind, each)
            self._add(cluster, kind, each, true - seen.get(_name(each), set()))
            seen[_name(each)] = true

    def _add(self, cluster: str, kind: str, found: dict[str, Any], new: set[str]) -> None:
        owner = found["metadata"].get("annotations", {}).get(TRACKING, "").partition(":")[0]
        with self._lock:
            at = time.monotonic() - self._start
            for what in sorted(new, key=lambda what: (what != EXISTS, what)):
                event = Event(at=at, cluster=cluster, kind=kind, name=_name(found), what=what, application=owner)
                self._events.append(event)


def statements(kind: str, found: dict[str, Any]) -> set[str]:
    """Return what is true of an object and worth a line of the time line."""
    status = found.get("status") or {}
    conditions = {each["type"]: each["status"] == "True" for each in status.get("conditions") or () if "status" in each}
    true = {EXISTS}
    match kind:
        case "Application":
            true |= _application(status)
        case "CustomResourceDefinition":
            true |= {"established"} if conditions.get("Established") else set()
        case "Deployment":
            true |= {"available"} if conditions.get("Available") else set()
        case "Job":
            true |= {"suspended"} if conditions.get("Suspended") else set()
        case "MutatingWebhookConfiguration":
            bundles = [webhook.get("clientConfig", {}).get("caBundle") for webhook in found.get("webhooks") or ()]
            true |= {"caBundle filled"} if bundles and all(bundles) else set()
        case "SealedSecret":
            true |= {"unsealed"} if conditions.get("Synced") else set()
        case "Service":
            true |= {"has an address"} if status.get("loadBalancer", {}).get("ingress") else set()
    return true


def _application(status: dict[str, Any]) -> set[str]:
    operation = status.get("operationState", {})
    true = {status.get("health", {}).get("status", ""), status.get("sync", {}).get("status", "")} - {""}
    if operation:
        true.add(f"sync started {operation.get('startedAt', '')}")
    if finished := operation.get("finishedAt"):
        true.add(f"sync {operation['phase'].lower()} {finished}")
    return true


def _name(found: dict[str, Any]) -> str:
    metadata = found["metadata"]
    return "/".join(filter(None, (metadata.get("namespace", ""), metadata["name"])))
