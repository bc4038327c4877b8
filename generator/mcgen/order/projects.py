"""The AppProjects: root and chains in the one, stages in the other, each as wide as the tree needs and no wider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.order import finding, istio, kinds
from mcgen.order.table import HEALTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from mcgen.order.argocd import Application
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Parent
    from mcgen.order.istio import Rendered
    from mcgen.order.kinds import Kind
    from mcgen.order.objects import Obj

_PARENT_KINDS = {kinds.APPLICATION, kinds.APPLICATION_SET}
# What stages may hold; which of it is there depends on gates, policies and exports.
_STAGE_KINDS = istio.KINDS | (HEALTH.keys() - _PARENT_KINDS) | {kinds.VIRTUAL_SERVICE}


class Permit:
    """An AppProject, and what was used of it. known: the kinds that it may allow although nothing uses them."""

    def __init__(self, obj: Obj, known: Iterable[Kind], findings: Findings) -> None:
        self._obj = obj
        self._project = obj.facts
        self._findings = findings
        self._kinds = set(known)
        self._namespaces: set[str] = set()
        self._destinations: set[tuple[str, str]] = set()
        self._repositories: set[str] = set()

    def check(self, obj: Obj, app: Application, keys: Iterable[Rendered]) -> None:
        """Add a finding when an Application is in another project, and for what this one does not allow it."""
        if app.project != self._obj.name:
            message = f"it is in project '{app.project}' and belongs into '{self._obj.name}'"
            self._findings.at(obj, finding.WRONG_PROJECT, message)
        wanted: dict[tuple[str, str], None] = {(app.cluster, app.namespace): None}
        used: dict[Kind, str] = {}
        for kind, namespace, name in keys:
            if kind == kinds.NAMESPACE:
                self._namespaces.add(name)
                self._destinations.add((app.cluster, name))
                self._permit(obj, kind, name)
            else:
                used[kind] = name
                if namespace:
                    wanted[app.cluster, namespace] = None
        self._places(obj, wanted)
        self._kinds.update(used)
        for kind, name in used.items():
            self._permit(obj, kind, name)
        self._repositories.add(app.repository)
        if app.repository not in self._project.repositories:
            self._refuse(obj, f"the repository {app.repository}")

    def needless(self, leaving: Set[str], *, unseen: bool) -> None:
        """Add a finding for whatever the project allows and no Application needs.

        leaving: clusters that need all. unseen: whether every stage that could come of a chart waits behind a gate.
        """
        if unseen:
            self._repositories |= self._project.repositories
        places = [(at, name) for at, name in self._project.destinations if at in leaving]
        self._destinations.update(places)
        self._namespaces.update(name for _, name in places)
        for what in sorted(self._needless()):
            message = f"it allows {what}, which no Application of the tree needs"
            self._findings.add(
                finding.TOO_WIDE, self._obj.path, message, number=self._obj.number, title=f"{self._obj.title}: {what}"
            )

    def _places(self, obj: Obj, wanted: Iterable[tuple[str, str]]) -> None:
        self._destinations.update(wanted)
        for place in wanted:
            if place not in self._project.destinations:
                self._refuse(obj, f"namespace '{place[1]}' of cluster '{place[0]}'")

    def _permit(self, obj: Obj, kind: Kind, name: str) -> None:
        project = self._project
        if kind in kinds.CLUSTER_SCOPED:
            if (kind, "") not in project.cluster_kinds and (kind, name) not in project.cluster_kinds:
                self._refuse(obj, f"{_words(kind)} '{name}'")
        elif project.kinds is not None and kind not in project.kinds:
            self._refuse(obj, _words(kind))

    def _refuse(self, obj: Obj, what: str) -> None:
        message = f"its project '{self._obj.name}' ({self._obj.path}) does not allow {what}"
        self._findings.at(obj, finding.NOT_PERMITTED, message)

    def _needless(self) -> Iterator[str]:
        project = self._project
        yield from (f"the repository {url}" for url in project.repositories - self._repositories)
        yield from (f"namespace '{name}' of cluster '{at}'" for at, name in project.destinations - self._destinations)
        if project.kinds is None:
            yield "every kind that has a namespace"
        yield from (_words(kind) for kind in (project.kinds or set()) - self._kinds)
        for kind, name in project.cluster_kinds:
            if kind == kinds.NAMESPACE and name not in self._namespaces:
                yield f"Namespace '{name or '*'}'"
            elif kind != kinds.NAMESPACE and kind not in self._kinds:
                yield _words(kind)


def permits(projects: Sequence[Obj], parents: Sequence[Parent], findings: Findings) -> tuple[Permit, Permit] | None:
    """Return the permits of parents and of stages; add a finding and return None where there are not these two."""
    root = parents[0].app.project
    own = [obj for obj in projects if obj.name == root]
    others = [obj for obj in projects if obj.name != root]
    if (len(own), len(others)) == (1, 1):
        return Permit(own[0], _PARENT_KINDS, findings), Permit(others[0], _STAGE_KINDS, findings)
    there = ", ".join(sorted(obj.name for obj in projects)) or "none"
    message = f"the AppProjects here are {there}: there must be root's, '{root}', and one for the stages"
    findings.add(finding.UNREADABLE, layout.INSTALL, message)
    return None


def _words(kind: Kind) -> str:
    group, _, name = kind.rpartition("/")
    return f"{name} of group '{group}'"
