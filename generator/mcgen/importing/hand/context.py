"""What is known while manifests are read: the clusters, the draft, and what was said about the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcgen.importing import findings
from mcgen.importing.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.importing.documents import Document
    from mcgen.problems import Problem
    from mcgen.tree import Data, DataPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person said on the command line; empty where nothing. platforms: by cluster."""

    name: str = ""
    repo: str = ""
    version: str = ""
    platforms: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Seen:
    """A cluster. id: Istio's name of it. planes, gateways: its IstioOperators, those with a control plane and the
    others. annotations: of its east-west gateway's Service. ingress_told: whether the ingress gateway's Service has
    annotations of its own. fields: of the blueprint, beside name, platform and role.
    """

    name: str
    id: str
    remote: bool = False
    network: str = ""
    planes: list[Document] = field(default_factory=list)
    gateways: list[Document] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)
    address: str = ""
    pilot_address: str = ""
    primary: str = ""
    gateway: Data = field(default_factory=dict)
    ingress: bool = False
    ingress_told: bool = False


@dataclass(slots=True, kw_only=True)
class Context:
    """documents: all that were read. used: the places of those that a module has taken, by their identity."""

    told: Told
    documents: list[Document] = field(default_factory=list)
    clusters: dict[str, Seen] = field(default_factory=dict)
    draft: Draft = field(default_factory=Draft)
    problems: list[Problem] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def take(self, kind: str, group: str) -> Iterator[Document]:
        """Yield the documents of a kind, which are then nobody else's."""
        for document in self.documents:
            if document.kind == kind and document.group == group:
                self.used.add(id(document))
                yield document

    def tell(self, code: str, document: Document, path: DataPath, message: str, advice: str) -> None:
        """Say something about a place in a document."""
        self.problems.append(findings.found(code, document.pos(path), message, advice))

    def owner(self, document: Document) -> Seen | None:
        """Return the cluster that a document is of, None where it is not said: then it is of all."""
        from mcgen.importing.hand.belongs import owner

        return owner(document, self.clusters)

    @property
    def primaries(self) -> list[Seen]:
        """Return the clusters in which istiod runs."""
        return [cluster for cluster in self.clusters.values() if not cluster.remote]
