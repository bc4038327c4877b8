"""Requests from probe pods: what is answered, and by which of the endpoints that the pod's own Envoy knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcgen.doctor.ask import Client

CONTAINER = "probe"
# Arguments: how many requests, the name of Envoy's cluster (empty for none), curl's arguments. Only what concerns that
# cluster leaves the pod: the page has all of a mesh.
_SCRIPT = """\
count=$1 name=$2; shift 2
headers='%header{content-length}|%header{x-envoy-upstream-service-time}'
hosts() {
  if [ -n "$name" ]; then
    curl -s --max-time 5 http://localhost:15000/clusters | grep -F "$name::" | grep -E '::(rq_total|cx_connect_fail)::'
  fi
  echo .
}
hosts
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  curl -s -k -o /dev/null --max-time 5 \
    -w "answer|%{http_code}|%{exitcode}|%{num_connects}|%{time_appconnect}|$headers\\n" "$@"
  hosts
done
true
"""
# What Envoy's filter answers, "RBAC: access denied", is so long; on HEAD only its length is seen.
_DENIED, _DENIED_LENGTH = 403, "19"
# What the own proxy answers when it gets no further, and others too.
_OWN = 503
_RESET = (35, 52, 56)
_BATCH, _BATCHES = 5, 8
# Seconds: of one batch in which nothing answers, and what kubectl needs besides.
_PATIENCE = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one request. code: HTTP's, 0 for none; exit: curl's; length: of the content, as the header has it.

    connected, secured: whether TCP and TLS came about. upstream: whether it came from further than the own proxy.
    hosts: the endpoints that got it; failed: those that could not be connected to.
    """

    code: int
    exit: int
    connected: bool = False
    secured: bool = False
    length: str = ""
    upstream: bool = False
    hosts: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()

    @property
    def denied(self) -> bool:
        """Return whether a proxy's policies refused the request."""
        return self.code == _DENIED and self.length == _DENIED_LENGTH

    @property
    def answered(self) -> bool:
        """Return whether the other side answered, be it that nobody works behind its proxy."""
        return self.upstream or self.code not in (0, _OWN)

    @property
    def reset(self) -> bool:
        """Return whether the other side ended the connection without an answer."""
        return self.code == 0 and self.connected and self.exit in _RESET


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Requests that were sent. known: the endpoints that the pod's Envoy has for the Service."""

    answers: tuple[Answer, ...]
    known: frozenset[str] = frozenset()

    def by(self, hosts: frozenset[str]) -> list[Answer]:
        """Return the answers that came from one of these endpoints, and from no other."""
        return [answer for answer in self.answers if answer.hosts and answer.hosts <= hosts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A probe pod that runs. lock: held while it sends, since its Envoy counts everybody's requests alike."""

    client: Client
    namespace: str
    pod: str
    lock: Lock = field(default_factory=Lock, compare=False, repr=False)

    def __call__(self, *curl: str, count: int = 1, envoy_cluster: str = "") -> Sent:
        """Send requests with curl's arguments; raise ToolError."""
        where = (f"--namespace={self.namespace}", f"--container={CONTAINER}", self.pod)
        argv = ("exec", *where, "--", "sh", "-c", _SCRIPT, "sh", str(count), envoy_cluster, *curl)
        with self.lock:
            sent = parse(self.client.text(*argv, timeout=max(self.client.timeout, _PATIENCE)))
        if len(sent.answers) != count:
            raise ToolError(f"the probe told of {len(sent.answers)} requests, and not of {count}")
        return sent

    def until(self, enough: Callable[[Sent], bool], *curl: str, envoy_cluster: str) -> Sent:
        """Send requests in batches until there are enough, or there is no use in more; raise ToolError."""
        sent = Sent(answers=())
        for _ in range(_BATCHES):
            more = self(*curl, count=_BATCH, envoy_cluster=envoy_cluster)
            sent = Sent(answers=(*sent.answers, *more.answers), known=more.known)
            if enough(sent) or not sent.known:
                break
        return sent


def envoy_cluster(host: str, port: int) -> str:
    """Return what Envoy calls the endpoints of a Service's port."""
    return f"outbound|{port}||{host}"


def parse(said: str) -> Sent:
    """Return what the script printed; raise ToolError when that is something else."""
    try:
        first, *rest = _blocks(said)
        before, answers = _counts(first), []
        for line, *hosts in rest:
            after = _counts(hosts)
            answers.append(_answer(line, before, after))
            before = after
    except ValueError as error:
        raise ToolError("the probe answered with something else than the outcome of its requests") from error
    return Sent(answers=tuple(answers), known=frozenset(before.get("rq_total", {})))


def _blocks(said: str) -> list[list[str]]:
    """Return the lines in front of each line that is a dot."""
    blocks: list[list[str]] = [[]]
    for line in said.splitlines():
        if line == ".":
            blocks.append([])
        else:
            blocks[-1].append(line)
    return blocks[:-1]


def _answer(line: str, before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> Answer:
    word, code, exit_code, connects, secure, length, upstream = line.split("|")
    if word != "answer":
        raise ValueError(line)
    return Answer(
        code=int(code),
        exit=int(exit_code),
        connected=int(connects) > 0,
        secured=float(secure) > 0,
        length=length,
        upstream=bool(upstream),
        hosts=frozenset(_grown("rq_total", before, after)),
        failed=frozenset(_grown("cx_connect_fail", before, after)),
    )


def _counts(lines: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return Envoy's counters of each endpoint: envoy's admin page /clusters, `cluster::address::counter::value`."""
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        if "::" in line:
            host, counter, value = line.partition("::")[2].rsplit("::", 2)
            found.setdefault(counter, {})[host] = int(value)
    return found


def _grown(counter: str, before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> Iterator[str]:
    old = before.get(counter, {})
    yield from (host for host, value in after.get(counter, {}).items() if value > old.get(host, 0))
