"""Questions to one cluster: each is asked with a time limit, and what cannot be answered becomes an unknown check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator  # noqa: TC003 - a dataclass's fields
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from mcgen import proc
from mcgen.bootstrap import kube
from mcgen.bootstrap.access import Access  # noqa: TC001 - a dataclass's field
from mcgen.bootstrap.kube import NoAnswer, Why
from mcgen.doctor.verdict import Check, unknown
from mcgen.problems import ToolError
from mcgen.tree import DataPath  # noqa: TC001 - a dataclass's field

if TYPE_CHECKING:
    from mcgen.bootstrap.retry import Retry
    from mcgen.tree import Data

# What kubectl says of a kind whose definition is not installed.
_NO_SUCH_KIND = "doesn't have a resource type"
# What comes of reading an answer as what it is not; orjson's own error is a ValueError.
ODD = (AttributeError, LookupError, TypeError, ValueError)
_ADVICE = {
    Why.FORBIDDEN: "ask with an identity that may read it",
    Why.UNREACHABLE: "reach the cluster, with --kubeconfig or another context, and ask again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How one cluster is asked; timeout: seconds for one request."""

    access: Access
    timeout: float

    def text(self, *arguments: str, timeout: float = 0, stdin: str = "") -> str:
        """Return what kubectl prints; raise ToolError. timeout: of this one, where it is another."""
        return kube.kubectl(self.access, *arguments, timeout=timeout or self.timeout, stdin=stdin)

    def get(self, kind: str, name: str, namespace: str = "") -> Data | None:
        """Return an object, None when it or its kind is not there; raise ToolError. Never a Secret."""
        where = [f"--namespace={namespace}"] if namespace else []
        return self._json("get", kind, name, *where)

    def all(self, kind: str, selector: str, namespace: str) -> list[Data]:
        """Return the objects with given labels; raise ToolError. Never Secrets."""
        found = self._json("get", kind, f"--selector={selector}", f"--namespace={namespace}")
        items: list[Data] = (found or {}).get("items") or []
        return items

    def _json(self, *arguments: str) -> Data | None:
        try:
            said = self.text(*arguments, "--output=json")
        except NoAnswer as error:
            if error.why is Why.NOT_FOUND or _NO_SUCH_KIND in str(error):
                return None
            raise
        found: Any = _loaded(said)
        if not isinstance(found, dict):
            raise ToolError(f"{self.access.cluster}: kubectl answered with something else than an object")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked in one go. whats: the checks that come of it, unknown when there is no answer.

    gate: whether nothing else need be asked when this cannot be.
    """

    whats: tuple[str, ...]
    ask: Callable[[], Iterable[Check]]
    gate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The questions to one place. where: "Argo CD", a cluster's name, or empty for this machine; title: in words.

    way: how it is reached, in words, empty where there is none. path: its place in the blueprint. refused: why nothing
    of it can be asked, empty when it can.
    """

    where: str
    title: str
    path: DataPath
    way: str = ""
    questions: tuple[Question, ...] = field(default=())
    refused: str = ""


@contextmanager
def understood() -> Iterator[None]:
    """Raise ToolError for an answer of another form than what was asked for: it must not keep others from being seen.

    A proxy in front of an API server, or an object that something else than Kubernetes has made, may answer anything.
    """
    try:
        yield
    except ODD as error:
        words = proc.words(f"{type(error).__name__}: {error}".encode())
        raise ToolError(f"the answer is of a form that mcgen does not know ({words})") from error


def ask(group: Group, retry: Retry) -> list[Check]:
    """Return what came of a group's questions, in their order; raises nothing but what no cluster is at fault for."""
    blocked, checks = group.refused, list[Check]()
    for question in group.questions:
        if retry.stopped:
            blocked = "interrupted"
        if blocked:
            checks += [replace(unknown(what, blocked), asked=False) for what in question.whats]
            continue
        try:
            with understood():
                checks += retry(lambda question=question: list(question.ask()))  # type: ignore[misc]
        except ToolError as error:
            why = error.why if isinstance(error, NoAnswer) else Why.OTHER
            checks += [unknown(what, str(error), _ADVICE.get(why, "")) for what in question.whats]
            if question.gate and why is not Why.FORBIDDEN:
                blocked = f"not asked: there was no answer to '{question.whats[0]}'"
    return [replace(check, where=group.where, path=group.path) for check in checks]


def _loaded(said: str) -> Any:
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise ToolError("kubectl answered with something else than JSON") from error
