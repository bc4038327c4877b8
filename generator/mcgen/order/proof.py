"""Reads an emitted tree back and shows that its order holds; it knows neither the blueprint nor the generator's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.order import bounds, finding, kustomize, objects
from mcgen.order.edges import Edges
from mcgen.order.finding import Findings, OrderFinding
from mcgen.order.follow import Follower
from mcgen.order.kustomize import Kustomization, Kustomize
from mcgen.order.projects import Projects
from mcgen.order.setup import HOME, Setup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.order.objects import Obj


class OrderProof:
    """Takes in the tree file by file, in any order, and then says what is wrong with it."""

    def __init__(self) -> None:
        self._findings = Findings()
        self._files: dict[str, dict[str, tuple[Obj, ...]]] = {}
        self._kustomizations: dict[str, Kustomization] = {}
        self._setup = Setup()

    def add(self, path: str, documents: Sequence[Any]) -> None:
        """Take in one file: its path relative to the tree's root, and its documents as plain data."""
        folder, _, name = path.rpartition("/")
        try:
            if path.startswith(HOME):
                for document in documents:
                    self._setup.add(path, document)
            elif name == kustomize.FILE:
                (document,) = documents
                self._kustomizations[folder] = kustomize.kustomization(path, document)
            else:
                objs = tuple([objects.read(path, i, document) for i, document in enumerate(documents)])
                self._files.setdefault(folder, {})[name] = objs
        except ValueError as error:
            self._findings.add(finding.UNREADABLE, path, str(error))

    def finish(self) -> list[OrderFinding]:
        """Return everything that is wrong, by file."""
        findings = self._findings
        self._setup.check(findings)
        builder = Kustomize(self._files, self._kustomizations, findings)
        follower = Follower(self._files, builder, findings)
        chains = follower.chains()
        edges = Edges(findings)
        for number, chain in enumerate(chains):
            edges.check(number, chain)
            for step in chain.steps:
                bounds.stage(step, self._setup.plugins, findings)
        edges.finish()
        if chains:
            withheld = list(follower.withheld(chains))
            bounds.configuration(chains, withheld, findings)
            bounds.owners(chains, follower.parents, findings)
            for parent in follower.parents:
                read = parent.built.folders
                bounds.generate_paths(parent.obj, parent.app.paths, read[0], read, findings)
            Projects(follower.projects(), follower.parents[0].app.project, findings).check(follower.parents, chains)
        return findings.sorted()
