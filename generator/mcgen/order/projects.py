"""The AppProjects: root and chains in the one, stages in the other, each as wide as the tree needs and no wider."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcgen import layout
from mcgen.order import finding, istio, objects
from mcgen.order.bounds import made
from mcgen.order.table import HEALTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mcgen.order.argocd import Application, Project
    from mcgen.order.finding import Findings
    from mcgen.order.follow import Chain, Parent
    from mcgen.order.istio import Rendered
    from mcgen.order.objects import Obj

# What stages may hold; which of it is there depends on gates, policies and exports.
_STAGE_KINDS = istio.KINDS | (HEALTH.keys() - {objects.APPLICATION}) | {("networking.istio.io", "VirtualService")}
_PARENT_KINDS = {objects.APPLICATION, objects.APPLICATION_SET}


class _Used:
    """What the Applications of one project make use of."""

    def __init__(self) -> None:
        self.repositories: set[str] = set()
        self.destinations: set[tuple[str, str]] = set()
        self.namespaces: set[str] = set()
        self.kinds: set[objects.GroupKind] = set()


class _Permit(NamedTuple):
    """An AppProject, and what was used of it."""

    obj: Obj
    project: Project
    used: _Used


class Projects:
    """Compares what Applications need with what their projects allow."""

    def __init__(self, projects: Sequence[Obj], root: str, findings: Findings) -> None:
        permits = {obj.name: _Permit(obj, obj.facts, _Used()) for obj in projects}
        others = [name for name in permits if name != root]
        self._findings = findings
        self._parents = permits.get(root)
        self._stages = permits[others[0]] if len(others) == 1 else None
        if self._parents is None or self._stages is None:
            message = (
                f"there are the AppProjects {', '.join(sorted(permits)) or 'none'}, and not root's and one for stages"
            )
            findings.add(finding.UNREADABLE, layout.INSTALL, message)

    def check(self, parents: Iterable[Parent], chains: Iterable[Chain]) -> None:
        """Add a finding for each Application in a wrong project, for what is not allowed, and for what is needless."""
        if self._parents is None or self._stages is None:
            return
        for parent in parents:
            keys = [(obj.kind, obj.namespace or parent.app.namespace, obj.name) for obj in parent.built.objects]
            self._application(self._parents, parent.obj, parent.app, keys)
        for chain in chains:
            for step in chain.steps:
                self._application(self._stages, step.obj, step.app, [key for _, key in made(step)])
        self._needless(self._parents, _PARENT_KINDS)
        self._needless(self._stages, _STAGE_KINDS)

    def _application(self, permit: _Permit, obj: Obj, app: Application, keys: Iterable[Rendered]) -> None:
        project, used = permit.project, permit.used
        if app.project != permit.obj.name:
            message = f"it is in project '{app.project}' and belongs into '{permit.obj.name}'"
            self._findings.at(obj, finding.WRONG_PROJECT, message)
        used.repositories.add(app.repository)
        wanted: dict[tuple[str, str], None] = {(app.cluster, app.namespace): None}
        kinds: dict[tuple[str, str], str] = {}
        for kind, namespace, name in keys:
            if kind == objects.NAMESPACE:
                used.namespaces.add(name)
                used.destinations.add((app.cluster, name))
                if not _permits(project, kind, name):
                    self._refused(permit, obj, f"Namespace '{name}'")
                continue
            kinds[kind] = name
            if kind not in objects.CLUSTER_SCOPED:
                wanted[app.cluster, namespace] = None
        used.kinds.update(kinds)
        used.destinations.update(wanted)
        for cluster, namespace in wanted:
            if (cluster, namespace) not in project.destinations:
                self._refused(permit, obj, f"namespace '{namespace}' of cluster '{cluster}'")
        for kind, name in kinds.items():
            if not _permits(project, kind, name):
                self._refused(permit, obj, f"the kind {kind[1]} of group '{kind[0]}'")
        if app.repository not in project.repositories:
            self._refused(permit, obj, f"the repository {app.repository}")

    def _refused(self, permit: _Permit, obj: Obj, what: str) -> None:
        message = f"its project '{permit.obj.name}' ({permit.obj.path}) does not allow {what}"
        self._findings.at(obj, finding.NOT_PERMITTED, message)

    def _needless(self, permit: _Permit, known: Iterable[objects.GroupKind]) -> None:
        project, used = permit.project, permit.used
        kinds = used.kinds | set(known)
        needless = [f"repository {url}" for url in project.repositories - used.repositories]
        needless += [f"destination {'/'.join(place)}" for place in project.destinations - used.destinations]
        if project.kinds is None:
            needless.append("every namespaced kind")
        allowed = {(kind, "") for kind in project.kinds or ()}
        allowed |= {((group, kind), name) for group, kind, name in project.cluster_kinds}
        for kind, name in allowed:
            if kind == objects.NAMESPACE and name not in used.namespaces:
                needless.append(f"Namespace '{name}'" if name else "Namespaces of any name")
            elif kind != objects.NAMESPACE and kind not in kinds:
                needless.append(f"kind {kind[1]} of group '{kind[0]}'")
        for what in sorted(needless):
            self._findings.add(finding.TOO_WIDE, permit.obj.path, f"it allows {what}, which no stage needs",
                               index=permit.obj.index, title=permit.obj.title)  # fmt: skip


def _permits(project: Project, kind: objects.GroupKind, name: str) -> bool:
    if kind in objects.CLUSTER_SCOPED:
        return (*kind, "") in project.cluster_kinds or (*kind, name) in project.cluster_kinds
    return project.kinds is None or kind in project.kinds
