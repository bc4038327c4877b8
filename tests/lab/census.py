"""Every object of a cluster, and the way back to how it was: what came since is deleted, fast and completely."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.error import HTTPError

from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.api import Api

METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What others make of objects that are counted, or what passes by itself.
DERIVED = frozenset(
    {
        "apiservices",
        "certificatesigningrequests",
        "controllerrevisions",
        "endpoints",
        "endpointslices",
        "events",
        "ipaddresses",
        "leases",
        "nodes",
        "pods",
        "podtemplates",
        "replicasets",
    }
)
# In this order: what would make anew, answer or refuse what is deleted after it goes first, and kinds go last.
FIRST = (
    "applicationsets",
    "applications",
    "appprojects",
    "mutatingwebhookconfigurations",
    "validatingwebhookconfigurations",
    "validatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "cronjobs",
    "jobs",
    "deployments",
)
LAST = ("namespaces", "customresourcedefinitions")
# Of Argo CD, of jobs, of those who delete in the foreground: they wait for programs that a trial may have stopped.
UNBOUND: dict[str, Any] = {"metadata": {"finalizers": None}}


@dataclass(frozen=True, order=True)
class Object:
    """An object. path: of its kind in its API; plural: as the API calls the kind."""

    plural: str
    namespace: str
    name: str
    path: str

    def __str__(self) -> str:
        return f"{self.plural} {self.namespace}/{self.name}" if self.namespace else f"{self.plural} {self.name}"

    @property
    def url(self) -> str:
        where = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"{self.path}{where}/{self.plural}/{self.name}"


# Object -> what tells whether it is still the same: its uid, and its generation if its kind counts them.
Census: TypeAlias = Mapping[Object, tuple[str, int]]


def census(api: Api) -> Census:
    """Return every object that somebody has made in a cluster."""
    with ThreadPoolExecutor(4) as pool:
        listed = pool.map(lambda kind: _listed(api, *kind), _kinds(api))
        return {each: mark for found in listed for each, mark in found}


def differences(before: Census, after: Census) -> list[str]:
    """Return what is gone, new or not the same any more, a line each."""
    gone = [f"gone: {each}" for each in sorted(before.keys() - after.keys())]
    new = [f"new: {each}" for each in sorted(after.keys() - before.keys())]
    changed = [f"changed: {each}" for each in sorted(before.keys() & after.keys()) if before[each] != after[each]]
    return gone + new + changed


def clear(api: Api, before: Census, seconds: float = 120) -> None:
    """Delete all that came since, its pods at once, and wait until nothing of it is left; raise LabError."""

    def cleared() -> bool:
        new = census(api).keys() - before.keys()
        if not new:
            return True
        _end_pods(api, {each.name for each in new if each.plural == "namespaces"})
        for group in _groups(new):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda each: _delete(api, each), group))
        return False

    try:
        wait_for("a clean cluster", cleared, seconds=seconds, pause=0.3)
    except LabError as error:
        raise LabError(f"{error}: {', '.join(map(str, sorted(census(api).keys() - before.keys())))}") from error


def _groups(found: Iterable[Object]) -> list[list[Object]]:
    order = [*FIRST, "", *LAST]
    ranks: dict[int, list[Object]] = {}
    for each in found:
        ranks.setdefault(order.index(each.plural if each.plural in order else ""), []).append(each)
    return [ranks[rank] for rank in sorted(ranks)]


def _kinds(api: Api) -> list[tuple[str, str]]:
    """Return path and plural of every kind that can be listed and deleted."""
    with api.call("/apis") as answer:
        groups = json.load(answer)["groups"]
    paths = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups)]
    return [
        (path, each["name"])
        for path in paths
        for each in _get(api, path, "resources")
        if {"list", "delete"} <= set(each["verbs"]) and each["name"] not in DERIVED
    ]


def _get(api: Api, path: str, field: str, accept: str = "application/json") -> list[dict[str, Any]]:
    """Return a list that a path has, nothing for a kind that has just gone or whose server is away."""
    try:
        with api.call(path, accept=accept) as answer:
            found: list[dict[str, Any]] = json.load(answer)[field] or []
    except HTTPError as error:
        if error.code in (404, 503):
            return []
        raise
    return found


def _listed(api: Api, path: str, plural: str) -> list[tuple[Object, tuple[str, int]]]:
    found = []
    for each in _get(api, f"{path}/{plural}", "items", METADATA):
        metadata = each["metadata"]
        # Every namespace has them, from the API server's own controllers.
        if metadata["name"] in ("default", "kube-root-ca.crt") and plural in ("serviceaccounts", "configmaps"):
            continue
        one = Object(plural=plural, namespace=metadata.get("namespace", ""), name=metadata["name"], path=path)
        found.append((one, (metadata["uid"], metadata.get("generation", 0))))
    return found


def _delete(api: Api, each: Object) -> None:
    # Gone meanwhile, or going.
    with suppress(HTTPError):
        if each.plural not in LAST:
            api.call(each.url, UNBOUND).close()
        options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
        api.call(each.url, options, method="DELETE").close()


def _end_pods(api: Api, namespaces: set[str]) -> None:
    """Kill the pods of namespaces that go: proxies and sleepers take half a minute to end when asked."""
    for namespace in namespaces:
        with suppress(HTTPError):
            api.call(f"/api/v1/namespaces/{namespace}/pods", {"gracePeriodSeconds": 0}, method="DELETE").close()
