"""Watches Argo CD and the clusters of a mesh with kubectl: one line of events of what their API servers say.

A program per cluster and kind, since kubectl watches one kind at a time. Secrets are not among the kinds: what they
bring about can be seen without them.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from mcgen import names, proc
from mcgen.bootstrap import kube
from mcgen.doctor.ask import ODD
from mcgen.problems import ToolError
from mcgen.verify.watch import DELETED, EXISTS, Event, application, name, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mcgen.bootstrap.access import Access
    from mcgen.tree import Data

# Kind -> what kubectl is asked for.
KINDS = {
    "ConfigMap": (
        "configmaps",
        f"--namespace={names.ISTIO_SYSTEM}",
        f"--field-selector=metadata.name={names.ROOT_CERTIFICATE}",
    ),
    "CustomResourceDefinition": ("customresourcedefinitions.apiextensions.k8s.io",),
    "Deployment": ("deployments.apps", "--all-namespaces"),
    "ExternalSecret": ("externalsecrets.external-secrets.io", f"--namespace={names.ISTIO_SYSTEM}"),
    "Gateway": ("gateways.networking.istio.io", "--all-namespaces"),
    "MutatingWebhookConfiguration": ("mutatingwebhookconfigurations.admissionregistration.k8s.io",),
    "Namespace": ("namespaces",),
    "PeerAuthentication": ("peerauthentications.security.istio.io", "--all-namespaces"),
    "SealedSecret": ("sealedsecrets.bitnami.com", f"--namespace={names.ISTIO_SYSTEM}"),
    "Service": ("services", "--all-namespaces"),
    "ServiceAccount": ("serviceaccounts", "--all-namespaces"),
}
_AGAIN = 1.0
_UNKNOWN_KIND = "the server doesn't have a resource type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A cluster does not let a kind be watched, or does not answer; it is asked again until it does."""

    cluster: str
    kind: str
    why: str

    def __str__(self) -> str:
        return f"{self.cluster}: {self.kind} cannot be watched: {self.why}"


class Watching:
    """Everything that is watched, while it is entered. places: cluster -> the way to it; kinds: as `KINDS`.

    timeout: of a single request, in seconds. A watch that ends is begun again; what somebody deletes meanwhile is not
    told of.
    """

    def __init__(
        self, places: Mapping[str, Access], *, timeout: float, kinds: Mapping[str, tuple[str, ...]] = KINDS
    ) -> None:
        self.places = places
        self.kinds = kinds
        self.timeout = timeout
        self._start = time.monotonic()
        self._over = threading.Event()
        self._said: queue.Queue[Event | Trouble] = queue.Queue()
        self._seen: dict[tuple[str, str], dict[str, set[str]]] = {}

    def __enter__(self) -> Watching:
        self._start = time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        proc.stop_all()

    def initial(self) -> Iterator[Event | Trouble]:
        """Yield what is there already; then everything is watched."""
        pairs = [(cluster, kind) for cluster in self.places for kind in self.kinds]
        threads = [threading.Thread(target=self._list, args=pair, daemon=True) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        while not self._said.empty():
            yield self._said.get()
        for pair in pairs:
            threading.Thread(target=self._watch, args=pair, daemon=True).start()

    def next(self, seconds: float) -> Event | Trouble | None:
        """Return what happened next, None when nothing did for so long."""
        try:
            return self._said.get(timeout=seconds)
        except queue.Empty:
            return None

    def _list(self, cluster: str, kind: str) -> None:
        try:
            said = kube.kubectl(self.places[cluster], "get", *self.kinds[kind], "--output=json", timeout=self.timeout)
        except ToolError as error:
            self._trouble(cluster, kind, str(error))
            return
        try:
            found = list(orjson.loads(said)["items"])
        except ODD:
            self._trouble(cluster, kind, "its API server answers with no list")
            return
        for each in found:
            self._take(cluster, kind, each, initial=True)

    def _watch(self, cluster: str, kind: str) -> None:
        told = False
        while not self._over.is_set():
            try:
                for found, deleted in self._events(cluster, kind):
                    self._take(cluster, kind, found, deleted=deleted)
                    told = False
            except ToolError as error:
                if not told and not self._over.is_set():
                    self._trouble(cluster, kind, str(error))
                told = True
            self._over.wait(_AGAIN)

    def _events(self, cluster: str, kind: str) -> Iterator[tuple[Data, bool]]:
        """Yield objects and whether they are gone, until the watch ends; raise ToolError when it ends with an error."""
        access = self.places[cluster]
        how = ("--watch", "--output-watch-events", "--output=json")
        argv = ["kubectl", *access.options, "get", *self.kinds[kind], *how]
        try:
            for event in documents(proc.lines(argv, pass_fds=access.descriptors)):
                found, what = event["object"], event["type"]
                # A watch that is too old, which begins anew.
                if what == "ERROR":
                    raise ToolError(str(found.get("message", "the watch ended with an error")))
                yield found, what == "DELETED"
        except ODD as error:
            raise ToolError("its API server tells of no event") from error

    def _trouble(self, cluster: str, kind: str, why: str) -> None:
        # Its definition comes with the mesh.
        if _UNKNOWN_KIND not in why:
            self._said.put(Trouble(cluster=cluster, kind=kind, why=why))

    def _take(self, cluster: str, kind: str, found: Data, *, deleted: bool = False, initial: bool = False) -> None:
        """Tell of an object; one that cannot be read must not end the watch of all others."""
        try:
            self._tell(cluster, kind, found, deleted=deleted, initial=initial)
        except ODD:
            self._trouble(cluster, kind, "one of them is no object of this kind, and was not looked at")

    def _tell(self, cluster: str, kind: str, found: Data, *, deleted: bool = False, initial: bool = False) -> None:
        seen = self._seen.setdefault((cluster, kind), {})
        true = {DELETED} if deleted else statements(kind, found)
        # All of it is read before any of it counts as told.
        title, owner = name(found), application(found)
        new = true - seen.get(title, set())
        if deleted:
            seen.pop(title, None)
        else:
            seen[title] = true
        at = 0.0 if initial else time.monotonic() - self._start
        for what in sorted(new, key=lambda what: (what != EXISTS, what)):
            self._said.put(
                Event(
                    at=at,
                    cluster=cluster,
                    kind=kind,
                    name=title,
                    what=what,
                    application=owner,
                    initial=initial,
                )
            )


def documents(lines: Iterable[bytes]) -> Iterator[Data]:
    """Yield the JSON documents that kubectl prints one after the other; each ends with a bracket that stands alone."""
    text = bytearray()
    for line in lines:
        text += line
        if line.rstrip() == b"}":
            yield orjson.loads(text)
            text.clear()
