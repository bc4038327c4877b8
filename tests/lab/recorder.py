"""Watches the API servers of a lab and writes down what became true when: one time line for all clusters."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from mcgen.verify.watch import DELETED, EXISTS, Event, application, name, statements
from tests.lab.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

# Kind -> where its objects are; a kind that a cluster does not know yet is asked for again.
PATHS = {
    "Application": "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications",
    "ConfigMap": "/api/v1/namespaces/istio-system/configmaps",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Deployment": "/apis/apps/v1/deployments",
    "EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/istio-system/endpointslices",
    "Gateway": "/apis/networking.istio.io/v1/gateways",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "Job": "/apis/batch/v1/jobs",
    "MutatingWebhookConfiguration": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "Namespace": "/api/v1/namespaces",
    "PeerAuthentication": "/apis/security.istio.io/v1/peerauthentications",
    "SealedSecret": "/apis/bitnami.com/v1alpha1/sealedsecrets",
    "Secret": "/api/v1/namespaces/istio-system/secrets",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
}


def standing(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return what still is so at the end of a line, for another line that begins there."""
    found: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        of = found.setdefault((event.cluster, event.kind, event.name), [])
        if event.what == DELETED:
            of.clear()
        else:
            of.append(replace(event, initial=True))
    return tuple(event for of in found.values() for event in of)


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
                present = {name(each) for each in listed}
                for gone in seen.keys() - present:
                    self._add(cluster, kind, {"metadata": {"name": gone}}, {DELETED})
                    del seen[gone]
                self._see(cluster, kind, listed, seen)
                for event in api.events(PATHS[kind], version):
                    if event["type"] == "DELETED":
                        seen.pop(name(event["object"]), None)
                        self._add(cluster, kind, event["object"], {DELETED})
                    else:
                        self._see(cluster, kind, [event["object"]], seen)
            self._over.wait(0.2)

    def _see(self, cluster: str, kind: str, found: Iterable[dict[str, Any]], seen: dict[str, set[str]]) -> None:
        for each in found:
            true = statements(kind, each)
            self._add(cluster, kind, each, true - seen.get(name(each), set()))
            seen[name(each)] = true

    def _add(self, cluster: str, kind: str, found: dict[str, Any], new: set[str]) -> None:
        owner = application(found)
        with self._lock:
            at = time.monotonic() - self._start
            for what in sorted(new, key=lambda what: (what != EXISTS, what)):
                event = Event(at=at, cluster=cluster, kind=kind, name=name(found), what=what, application=owner)
                self._events.append(event)
