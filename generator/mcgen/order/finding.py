"""What the proof finds, and what to do about each code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcgen.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.order.objects import Obj
    from mcgen.problems import Pos

UNREADABLE = "MC501"
NO_SUCH_PATH = "MC502"
UNREACHED = "MC503"
SETUP = "MC504"
MEANINGLESS = "MC505"
BEHIND_GATE = "MC506"
NAMESPACE_LATE = "MC507"
CRDS_LATE = "MC508"
SECRET_LATE = "MC509"  # noqa: S105 - a code
READER_LATE = "MC510"
CONTROL_PLANE_LATE = "MC511"
GATEWAY_LATE = "MC512"
POLICY_LATE = "MC513"
UNREAD_CONFIGURATION = "MC514"
TWO_OWNERS = "MC515"
SYNC_POLICY = "MC516"
DELETES = "MC517"
WRONG_PROJECT = "MC518"
NOT_PERMITTED = "MC519"
GENERATE_PATHS = "MC520"
MAKES_NAMESPACE = "MC521"
RENDERING = "MC522"
TOO_WIDE = "MC523"
PHASE = "MC524"
STEP = "MC525"
AUTHORITY_LATE = "MC526"
PEER = "MC527"
SYNCED = "MC530"

_LOWER = "give what is needed a lower sync wave, or what needs it a higher one"
ADVICE = {
    UNREADABLE: "write it in a form that the proof can follow",
    NO_SUCH_PATH: "add what is missing, or take the line out",
    UNREACHED: "list it in the chain of its cluster, or take it out of the tree",
    SETUP: "build argocd/setup again and apply it, otherwise no sync wave waits for anything",
    MEANINGLESS: "take the cause away: Argo CD goes on to the next wave without having waited",
    BEHIND_GATE: "take it out of the chain until the gate is open",
    NAMESPACE_LATE: _LOWER,
    CRDS_LATE: _LOWER,
    SECRET_LATE: f"{_LOWER}: until istiod can ask the remote who a workload is, no proxy there gets a certificate",
    READER_LATE: f"{_LOWER}: the remote secret holds a token of this identity",
    CONTROL_PLANE_LATE: f"{_LOWER}: a pod that starts before the injector works has no sidecar",
    GATEWAY_LATE: _LOWER,
    POLICY_LATE: f"{_LOWER}: the workload would answer anybody for a while",
    UNREAD_CONFIGURATION: "put it into the overlay of the primary whose istiod reads it",
    TWO_OWNERS: "leave the object in one of the two",
    SYNC_POLICY: "restore the syncPolicy: Argo CD never tries a revision again whose sync has failed for good",
    DELETES: "take it out: a line that is lost must leave objects behind and never delete any",
    WRONG_PROJECT: "name the mesh's own AppProject",
    NOT_PERMITTED: "extend the AppProject in argocd/install, and let an administrator of Argo CD apply it",
    GENERATE_PATHS: "list the folders that the kustomization reads, and no others",
    MAKES_NAMESPACE: "leave namespaces to the stage namespaces",
    RENDERING: "let the render plugin, and only it, have the IstioOperator",
    TOO_WIDE: "take out of the AppProject what the tree does not need",
    PHASE: "build the tree again: what leaves with a cluster, and when, is the same for all",
    STEP: "build the tree again: what an upgrade changes in a step is the same in all clusters",
    AUTHORITY_LATE: f"{_LOWER}: the workloads of one primary trust those of another under the same root only",
    PEER: "seal the remote secret with `mcgen bootstrap`, or take the line out of the list",
    SYNCED: "take the line out: an administrator applies this folder, and nobody who writes to Git alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFinding:
    """What is wrong with the document `number` (from 0) of a file of the tree; `object` is its kind and name."""

    code: str
    path: str
    number: int = 0
    object: str = ""
    message: str

    @property
    def advice(self) -> str:
        """Return what to do."""
        return ADVICE[self.code]


class Findings:
    """Collects findings; what many clusters share and repeat is reported once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, str], tuple[OrderFinding, int]] = {}

    def add(self, code: str, path: str, message: str, *, number: int = 0, title: str = "") -> None:
        """Add a finding about a place; a further one with the same code in the same place is only counted."""
        key = (code, path, number, title or message)
        first, count = self._found.get(key, (None, 0))
        first = first or OrderFinding(code=code, path=path, number=number, object=title, message=message)
        self._found[key] = (first, count + (first.message != message or not count))

    def at(self, obj: Obj, code: str, message: str) -> None:
        """Add a finding about an object."""
        self.add(code, obj.path, message, number=obj.number, title=obj.title)

    def sorted(self) -> list[OrderFinding]:
        """Return the findings by file, document and code."""
        found = [
            replace(first, message=f"{first.message} (and {count - 1} more like this)") if count > 1 else first
            for first, count in self._found.values()
        ]
        return sorted(found, key=lambda finding: (finding.path, finding.number, finding.code, finding.message))


def order_problems(findings: Iterable[OrderFinding], place: Callable[[str], Pos]) -> Iterator[Problem]:
    """Yield one problem per finding, at the place that `place` gives for its file."""
    for found in findings:
        parts = (found.path, found.object, found.message)
        yield Problem(
            code=found.code, message=": ".join(filter(None, parts)), pos=place(found.path), advice=found.advice
        )
