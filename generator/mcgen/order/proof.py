"""Reads an emitted tree back and shows that its order holds, without blueprint and without the generator's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.order import bounds, finding, kustomize, leaving, objects, primaries, projects, upgrading
from mcgen.order.edges import Edges
from mcgen.order.finding import Findings, OrderFinding
from mcgen.order.follow import Follower
from mcgen.order.kustomize import Kustomization, Kustomize
from mcgen.order.setup import HOME, Setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.order.follow import Chain
    from mcgen.order.objects import Obj


_ENDINGS = (".yaml", ".yml", ".json")


class OrderProof:
    """Takes in the tree file by file, in any order, and then says what is wrong with it."""

    def __init__(self) -> None:
        self._findings = Findings()
        self._files: dict[str, dict[str, tuple[Obj, ...]]] = {}
        self._kustomizations: dict[str, Kustomization] = {}
        self._setup = Setup()
        self._folders: set[str] = set()

    def add(self, path: str, documents: Sequence[Any]) -> None:
        """Take in one file: its path relative to the tree's root, and its documents as plain data, if it has any."""
        folder, _, name = path.rpartition("/")
        self._folders.add(folder)
        if not name.endswith(_ENDINGS):
            return
        try:
            if path.startswith(HOME):
                for document in documents:
                    self._setup.add(path, document)
            elif name == kustomize.FILE:
                (document,) = documents
                self._kustomizations[folder] = kustomize.kustomization(path, document)
            else:
                files = self._files.setdefault(folder, {})
                # Where a document cannot be read, the file is there all the same.
                files[name] = ()
                files[name] = tuple([objects.read(path, i, document) for i, document in enumerate(documents)])
        except ValueError as error:
            self._findings.add(finding.UNREADABLE, path, str(error))

    def finish(self) -> list[OrderFinding]:
        """Return everything that is wrong, by file."""
        findings = self._findings
        self._setup.check(findings)
        builder = Kustomize(self._files, self._kustomizations, findings)
        follower = Follower(self._files, builder, findings, self._folders)
        chains = follower.chains()
        rollout = upgrading.check(chains, upgrading.same(follower.sets, findings), findings)
        unused = leaving.unused(chains)
        edges = Edges(findings)
        for number, chain in enumerate(chains):
            edges.check(number, chain)
            leaving.chain(chain, rollout, unused, findings)
            for step in chain.steps:
                bounds.stage(step, self._setup.plugins, findings)
        edges.finish()
        primaries.peers(follower.peers, edges, self._setup.plugins, findings)
        leaving.peers(follower.peers, chains, findings)
        if follower.parents:
            withheld = list(follower.withheld(chains))
            follower.by_hand()
            bounds.configuration(chains, follower.peers, withheld, findings)
            bounds.parents(follower.parents, follower.peers, findings)
            primaries.one_root(chains, withheld, findings)
            self._places(follower, chains)
        return findings.sorted()

    def _places(self, follower: Follower, chains: Sequence[Chain]) -> None:
        """Compare where everything goes with the AppProjects and with where everything else goes."""
        permits = projects.permits(follower.projects(), follower.parents, self._findings)
        for cluster, steps in bounds.by_cluster(chains, follower.peers).items():
            owners = bounds.Owners(cluster, self._findings)
            for step in steps:
                made = bounds.made(step)
                owners.add(step, made)
                if permits:
                    permits[1].check(step.obj, step.app, [key for _, key in made])
        if permits:
            for parent in follower.parents:
                keys = [(obj.kind, obj.namespace or parent.app.namespace, obj.name) for obj in parent.built.objects]
                permits[0].check(parent.obj, parent.app, keys)
            for permit in permits:
                # Argo CD deletes only where the AppProject lets it.
                leave = {chain.cluster for chain in chains if chain.state}
                permit.needless(
                    leave, unseen=not any(bounds.is_rendered(step) for chain in chains for step in chain.steps)
                )
