"""What the proof remembers of Argo CD's objects, and what is wrong with one taken alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mcgen import names, phases
from mcgen.order import finding, istio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.order.kinds import Kind
    from mcgen.tree import Data

Fault: TypeAlias = tuple[str, str]
"""A code and a message."""

_FIELD = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")
_SOURCE = {"repoURL", "targetRevision", "path", "plugin"}
_CHARTED = {"repoURL", "targetRevision", "chart", "helm"}
_TEMPLATED = ("project", "repository", "revision", "folder", "plugin", "cluster", "namespace", "stage", "paths")


class Application(NamedTuple):
    """An Application.

    folder: the path of its source in the repository; cluster: its destination, a name or a URL;
    charted: what a chart of Istio makes, where the source is one and not a folder;
    stage: the label by which the health check knows that it is one of a chain; paths: its
    manifest-generate-paths; deletes: whether its objects go when it does; allow_empty: whether all it has may be
    pruned; faults: what is wrong with it wherever it stands.
    """

    project: str
    repository: str
    revision: str
    folder: str
    plugin: str
    cluster: str
    namespace: str
    wave: int
    stage: str
    paths: str
    deletes: bool
    allow_empty: bool
    faults: tuple[Fault, ...]
    charted: istio.Operator | None = None


class ApplicationSet(NamedTuple):
    """An ApplicationSet with a list generator.

    name: of what it generates, with the fields still in it. patched: whether what is about a cluster that leaves gets a
    finalizer. upgrade: its step, from which revision, and to which; empty where there is none.
    """

    name: str
    template: Application
    elements: tuple[Mapping[str, Any], ...]
    patched: bool
    upgrade: tuple[str, str, str]
    faults: tuple[Fault, ...]


class Project(NamedTuple):
    """An AppProject. kinds is None where every namespaced kind is allowed; a cluster kind comes with a name or ''."""

    repositories: frozenset[str]
    destinations: frozenset[tuple[str, str]]
    cluster_kinds: frozenset[tuple[Kind, str]]
    kinds: frozenset[Kind] | None


def text(value: Any) -> str:
    """Return a value that must be text; raise TypeError when it is not."""
    if type(value) is not str:
        raise TypeError(f"{value!r} is not text")
    return value


def wave(annotations: Mapping[str, Any]) -> int | None:
    """Return the sync wave, None when it is no number (Argo CD then takes it for 0)."""
    if names.SYNC_WAVE not in annotations:
        return 0
    found = annotations[names.SYNC_WAVE]
    try:
        return int(text(found))
    except (TypeError, ValueError):
        return None


def application(document: Data) -> Application:
    """Return what is remembered of an Application."""
    return _application(document["metadata"], document["spec"])


def application_set(document: Data) -> ApplicationSet:
    """Return what is remembered of an ApplicationSet."""
    spec = document["spec"]
    faults: list[Fault] = []
    generators = spec["generators"]
    if len(generators) != 1 or generators[0].keys() != {"list"} or generators[0]["list"].keys() != {"elements"}:
        faults.append((finding.UNREADABLE, "it has other generators than one plain list"))
        generators = [{"list": {"elements": []}}]
    patch = spec.get("templatePatch")
    if spec.get("goTemplate") is not True or patch not in (None, names.PEER_PATCH):
        faults.append((finding.UNREADABLE, "it is not a plain Go template"))
    if "strategy" in spec:
        faults.append((finding.SYNC_POLICY, "spec.strategy switches automated sync off"))
    if (spec.get("syncPolicy") or {}).get("preserveResourcesOnDeletion") is not True:
        faults.append((finding.DELETES, "without preserveResourcesOnDeletion: true its Applications get a finalizer"))
    if document["metadata"].get("finalizers"):
        faults.append((finding.DELETES, "it has a finalizer"))
    template = spec["template"]
    elements = tuple(dict(element) for element in generators[0]["list"]["elements"])
    name = text(template["metadata"]["name"])
    said = document["metadata"].get("annotations") or {}
    step, old, new = (text(said.get(key, "")) for key in (names.UPGRADE_STEP, names.UPGRADE_FROM, names.UPGRADE_TO))
    app = _application(template["metadata"], template["spec"])
    return ApplicationSet(name, app, elements, patch is not None, (step, old, new), tuple(faults))


class Generated(NamedTuple):
    """What an ApplicationSet makes of one element. name: of the Application; state: how far the cluster has left."""

    name: str
    cluster: str
    state: str
    app: Application


def generated(found: ApplicationSet) -> Iterator[Generated]:
    """Yield what comes of each element; raise KeyError for an unknown field."""
    template = found.template
    filled = [field for field in _TEMPLATED if "{{" in getattr(template, field)]
    for element in found.elements:
        fields: dict[str, Any] = {field: _fill(getattr(template, field), element) for field in filled}
        name, state = _fill(found.name, element), text(element.get(names.STATE, phases.MEMBER))
        deletes = template.deletes or (found.patched and bool(state))
        yield Generated(name, text(element["cluster"]), state, template._replace(**fields, deletes=deletes))


def project(document: Data) -> Project:
    """Return what is remembered of an AppProject."""
    spec = document["spec"]
    kinds = spec.get("namespaceResourceWhitelist")
    return Project(
        frozenset(text(url) for url in spec.get("sourceRepos") or ()),
        frozenset((_cluster(place), text(place["namespace"])) for place in spec.get("destinations") or ()),
        frozenset((_kind(kind), text(kind.get("name", ""))) for kind in spec.get("clusterResourceWhitelist") or ()),
        None if kinds is None else frozenset(_kind(kind) for kind in kinds),
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    return f"{text(entry['group'])}/{text(entry['kind'])}"


def _fill(template: str, element: Mapping[str, Any]) -> str:
    filled = _FIELD.sub(lambda match: text(element[match[1]]), template)
    if "{{" in filled:
        raise KeyError(template)
    return filled


def _cluster(destination: Mapping[str, Any]) -> str:
    return text(destination.get("name") or destination["server"])


def _application(metadata: Data, spec: Data) -> Application:
    source, destination = spec["source"], spec["destination"]
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    faults = list(_faults(metadata, spec, source))
    number = wave(annotations)
    if number is None:
        faults.append((finding.MEANINGLESS, f"its sync wave '{annotations[names.SYNC_WAVE]}' is no number"))
    return Application(
        text(spec["project"]),
        text(source["repoURL"]),
        text(source["targetRevision"]),
        text(source["path"]) if "chart" not in source else "",
        text((source.get("plugin") or {}).get("name", "")),
        _cluster(destination),
        text(destination.get("namespace", "")),
        number or 0,
        text(labels.get(names.STAGE, "")),
        text(annotations.get(names.GENERATE_PATHS, "")),
        bool(metadata.get("finalizers")),
        ((spec.get("syncPolicy") or {}).get("automated") or {}).get("allowEmpty") is True,
        tuple(faults),
        istio.charted(source) if "chart" in source else None,
    )


def _faults(metadata: Data, spec: Data, source: Data) -> Iterator[Fault]:
    policy = spec.get("syncPolicy") or {}
    if metadata.get("finalizers") not in (None, [], [names.FINALIZER]):
        yield finding.UNREADABLE, f"it has other finalizers than {names.FINALIZER}"
    if "sources" in spec or not source.keys() <= (_CHARTED if "chart" in source else _SOURCE):
        yield finding.UNREADABLE, "its source is more than a folder of the tree, or a chart"
    automated = policy.get("automated") or {}
    for key in ("prune", "selfHeal"):
        if automated.get(key) is not True:
            yield finding.SYNC_POLICY, f"syncPolicy.automated.{key} is not true"
    if automated.get("enabled", True) is not True:
        yield finding.SYNC_POLICY, "syncPolicy.automated.enabled is not true"
    retry = policy.get("retry") or {}
    if retry.get("limit") != -1:
        yield finding.SYNC_POLICY, f"syncPolicy.retry.limit is {retry.get('limit', 5)} and not -1 (no limit)"
    if retry.get("refresh") is not True:
        yield finding.SYNC_POLICY, "syncPolicy.retry.refresh is not true: it would retry an old revision for ever"
    options = policy.get("syncOptions") or ()
    if "FailOnSharedResource=true" not in options:
        yield finding.SYNC_POLICY, "FailOnSharedResource=true is missing from its syncOptions"
    if "CreateNamespace=true" in options or "managedNamespaceMetadata" in policy:
        yield finding.MAKES_NAMESPACE, "it creates its destination's namespace by itself"
