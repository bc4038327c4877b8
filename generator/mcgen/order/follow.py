"""Follows the tree as Argo CD does: root, ApplicationSets, chains, stages, and what their folders hold."""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING, NamedTuple

from mcgen import layout, phases
from mcgen.order import argocd, finding, kinds, kustomize, leaving

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from mcgen.order.argocd import Application
    from mcgen.order.finding import Findings
    from mcgen.order.kustomize import Built, Kustomize
    from mcgen.order.objects import Obj

# Objects here are not for any cluster: an administrator applies them, or overlays read them.
_APART = (*(f"{folder}/" for folder in layout.BY_HAND), "bases/", ".mcgen/")


class Step(NamedTuple):
    """One Application of a chain. gate: whether it is a gate that nobody opened.

    made: what the tree holds of what istioctl made, `built` then being the IstioOperator beside it; None where the
    objects come of `built` as it is.
    """

    obj: Obj
    app: Application
    folder: str
    built: Built
    gate: bool
    made: tuple[Obj, ...] | None = None

    @property
    def cluster(self) -> str:
        """Return where its objects go."""
        return self.app.cluster

    @property
    def place(self) -> str:
        """Return wave and file, for messages."""
        return f"wave {self.app.wave} ({self.obj.path})"


class Chain(NamedTuple):
    """The chain of a cluster, its steps in the order of their waves.

    home: the folder around its own. state: how far the cluster has left.
    """

    cluster: str
    home: str
    state: str
    steps: tuple[Step, ...]

    @property
    def waits(self) -> bool:
        """Return whether it has a gate that nobody opened."""
        return any(step.gate for step in self.steps)


class Peer(NamedTuple):
    """What a primary is told of a cluster that it does not serve, beside all chains.

    name: of the Application. state: how far the cluster has left, as its element says.
    """

    name: str
    cluster: str
    step: Step
    state: str


class Parent(NamedTuple):
    """An Application that applies Applications or ApplicationSets; obj: where it stands in the tree."""

    obj: Obj
    name: str
    app: Application
    built: Built


class Follower:
    """Finds root and everything that it leads to; adds a finding for each thing that it cannot follow."""

    def __init__(
        self,
        files: Mapping[str, Mapping[str, tuple[Obj, ...]]],
        kustomize: Kustomize,
        findings: Findings,
        folders: Set[str],
    ) -> None:
        """Take the tree. folders: all that have files, whatever is in them."""
        self._files = files
        self._kustomize = kustomize
        self._findings = findings
        self._there = folders
        self._prefix = ""
        self._root: Application | None = None
        self.parents: list[Parent] = []
        self.sets: list[Obj] = []
        self.peers: list[Peer] = []

    def chains(self) -> list[Chain]:
        """Return all chains; none where there is no root to start from."""
        roots = [obj for obj in self._installed() if obj.kind == kinds.APPLICATION]
        if len(roots) != 1:
            message = f"there are {len(roots)} Applications here, and root must be the only one"
            self._findings.add(finding.UNREADABLE, layout.INSTALL, message)
            return []
        root = roots[0]
        self._root = root.facts
        self._faults(root, root.facts.faults)
        leaving.parent(root, root.facts, (), self._findings)
        folder = self._find(root.facts.folder)
        if folder is None:
            self._findings.at(root, finding.NO_SUCH_PATH, f"its path '{root.facts.folder}' is not in the tree")
            return []
        built = self._parent(root, root.name, root.facts, folder)
        self.sets = [obj for obj in built.objects if obj.kind == kinds.APPLICATION_SET]
        chains: list[Chain] = []
        for obj in self.sets:
            # What has a stage itself is no chain of stages.
            if obj.facts.template.stage:
                self.peers += self._peers(obj)
            else:
                chains += self._set(obj)
        return chains

    def projects(self) -> list[Obj]:
        """Return the AppProjects that an administrator applies."""
        return [obj for obj in self._installed() if obj.kind == kinds.APP_PROJECT]

    def by_hand(self) -> None:
        """Add a finding for each folder that a person applies and that an Application leads to all the same."""
        for folder in sorted(self._kustomize.read):
            if any(f"{folder}/".startswith(f"{apart}/") for apart in layout.BY_HAND):
                self._findings.add(finding.SYNCED, folder, "an Application leads here, and a person applies it")

    def withheld(self, chains: Sequence[Chain]) -> Iterator[tuple[Chain, Built]]:
        """Yield what comes out of each folder that waits behind a gate; add a finding for any other unreached one."""
        homes = {chain.home: chain for chain in chains}
        for folder in self._unreached():
            if leaving.is_left_over(folder, chains):
                continue
            chain = next((homes[up] for up in _upwards(folder) if up in homes), None)
            built = self._kustomize.build(folder)
            mine = [obj for obj in built.objects if obj.kind in (kinds.APPLICATION, kinds.APPLICATION_SET)]
            if chain is not None and chain.waits and not mine:
                yield chain, built
                continue
            why = "no Application leads here" if chain is None else f"the chain in {chain.home} does not list it"
            gate = "" if chain is None or chain.waits else ", and waits at no gate"
            self._findings.add(finding.UNREACHED, folder, f"{why}{gate}")

    def _installed(self) -> list[Obj]:
        return [obj for objs in self._files.get(layout.INSTALL, {}).values() for obj in objs]

    def _unreached(self) -> list[str]:
        folders = self._kustomize.folders() - self._kustomize.read
        return sorted(folder for folder in folders if not f"{folder}/".startswith(_APART))

    def _find(self, path: str) -> str | None:
        """Return root's folder in the tree, and learn where the tree lies in the repository."""
        parts = normpath(path).split("/")
        for i in range(len(parts)):
            folder = "/".join(parts[i:])
            if folder in self._kustomize.folders():
                self._prefix = "/".join([*parts[:i], ""])
                return folder
        return None

    def _parent(self, obj: Obj, name: str, app: Application, folder: str) -> Built:
        built = self._kustomize.build(folder)
        self.parents.append(Parent(obj, name, app, built))
        return built

    def _set(self, obj: Obj) -> Iterator[Chain]:
        self._faults(obj, obj.facts.faults)
        self._faults(obj, obj.facts.template.faults)
        try:
            found = list(argocd.generated(obj.facts))
            leaving.parent(obj, obj.facts.template, [one.state for one in found], self._findings)
            for name, cluster, state, app in found:
                if not leaving.known(obj, state, self._findings):
                    continue
                folder = self._folder(obj, app, empty=state == phases.LAST)
                if folder is not None:
                    built = self._parent(obj, name, app, folder)
                    yield Chain(cluster, folder.rpartition("/")[0], state, tuple(self._steps(built)))
        except (KeyError, TypeError) as error:
            self._findings.at(obj, finding.UNREADABLE, f"its template cannot be filled in ({error})")

    def _peers(self, obj: Obj) -> Iterator[Peer]:
        self._faults(obj, obj.facts.faults)
        self._faults(obj, obj.facts.template.faults)
        leaving.parent(obj, obj.facts.template, (), self._findings)
        try:
            for name, cluster, state, app in argocd.generated(obj.facts):
                folder = self._folder(obj, app)
                if folder is not None:
                    built = self._kustomize.build(folder)
                    yield Peer(name, cluster, Step(obj, app, folder, built, self._is_gate(built)), state)
        except (KeyError, TypeError) as error:
            self._findings.at(obj, finding.UNREADABLE, f"its template cannot be filled in ({error})")

    def _steps(self, built: Built) -> list[Step]:
        steps = [self._step(obj) for obj in built.objects if obj.kind == kinds.APPLICATION]
        return sorted(filter(None, steps), key=lambda step: (step.app.wave, step.obj.path))

    def _step(self, obj: Obj) -> Step | None:
        app: Application = obj.facts
        self._faults(obj, app.faults)
        if obj.aside:
            self._findings.at(obj, finding.MEANINGLESS, "an annotation takes it out of its chain's health")
        if not app.stage:
            self._findings.at(obj, finding.MEANINGLESS, "without its stage label no health check looks at it")
        # A chart's source names no folder of the tree; the IstioOperator that says the same stands beside the chain.
        folder = layout.stage_of(obj.path) if app.charted else self._folder(obj, app)
        if folder is None:
            return None
        built = self._kustomize.build(folder)
        if not built.objects:
            self._findings.at(obj, finding.MEANINGLESS, f"nothing comes out of {folder}: it is Healthy at once")
        gate = self._is_gate(built)
        if gate or not layout.is_manifests(folder):
            return Step(obj, app, folder, built, gate)
        beside = self._kustomize.build(layout.rendered_from(folder))
        return Step(obj, app, folder, built._replace(objects=beside.objects, kinds=beside.kinds), gate, built.objects)

    def _is_gate(self, built: Built) -> bool:
        if kinds.JOB not in built.kinds:
            return False
        jobs = [obj for obj in built.objects if obj.kind == kinds.JOB and obj.facts.suspended]
        for obj in jobs:
            if obj.aside or built.touched & {kustomize.ASIDE, kustomize.SUSPENSION}:
                message = "an annotation or a patch keeps this gate from holding anything"
                self._findings.at(obj, finding.MEANINGLESS, message)
                return False
        return bool(jobs)

    def _folder(self, obj: Obj, app: Application, *, empty: bool = False) -> str | None:
        """Return an Application's folder in the tree; add a finding and return None when there is none.

        empty: whether one will do in which there are no objects.
        """
        root = self._root
        if root is not None and (app.repository, app.revision) != (root.repository, root.revision):
            message = (
                f"it reads {app.repository} at {app.revision}, and root reads {root.repository} at {root.revision}"
            )
            self._findings.at(obj, finding.UNREADABLE, message)
        folder = app.folder.removeprefix(self._prefix)
        there = self._there if empty else self._kustomize.folders()
        if app.folder.startswith(self._prefix) and folder in there:
            return folder
        self._findings.at(obj, finding.NO_SUCH_PATH, f"its path '{app.folder}' is not in the tree")
        return None

    def _faults(self, obj: Obj, faults: Iterable[argocd.Fault]) -> None:
        for code, message in faults:
            self._findings.at(obj, code, message)


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
