"""Whether every istiod of a consumer reads a remote with the token that was sealed last.

istiod does not say which token it uses. What it does say: which remotes it has synced (its debug page, which
istioctl asks through a port-forward of each pod), when it started, and, in its log, when it took a remote secret up.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mcgen import images, names, proc
from mcgen.bootstrap.kube import NoAnswer, Why, kubectl, why
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.bootstrap.access import Access
    from mcgen.bootstrap.outcome import Options
    from mcgen.pairs import Pair

# Of a Secret all but its data.
_METADATA = (
    "{{with .metadata.annotations}}"
    f'{{{{with index . "{names.TOKEN}"}}}}{{{{.}}}}{{{{end}}}}'
    "{{end}} {{.metadata.creationTimestamp}}{{range .metadata.managedFields}} {{.time}}{{end}}"
)
_PODS = (
    "{{range .items}}{{.metadata.name}} {{range .status.containerStatuses}}"
    '{{if eq .name "discovery"}}{{.image}} {{with .state.running}}{{.startedAt}}{{end}}{{end}}{{end}}\n{{end}}'
)
_SYNCED = "synced"
# The clocks of an API server and of a node.
_SKEW = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One istiod pod. status: of the remote in it, empty when it does not know it; started: empty when not running."""

    pod: str
    version: str
    started: str
    status: str = ""


def replicas(consumer: Access, cluster_id: str, options: Options) -> list[Replica]:
    """Return the istiod pods of a consumer, and what each says of a remote; raise NoAnswer."""
    where = (f"--namespace={names.ISTIO_SYSTEM}", "--selector=app=istiod")
    listed = kubectl(consumer, "get", "pods", *where, f"--output=go-template={_PODS}", timeout=options.timeout)
    statuses = _statuses(consumer, cluster_id, options) if listed.strip() else {}
    found = []
    for line in listed.splitlines():
        pod, image, started = (*line.split(), "", "")[:3]
        found.append(Replica(pod=pod, version=images.tag(image), started=started, status=statuses.get(pod, "")))
    return found


def _statuses(consumer: Access, cluster_id: str, options: Options) -> dict[str, str]:
    """Return the status of a remote by istiod pod, as `istioctl remote-clusters` prints it."""
    argv = [options.istioctl, "remote-clusters", *consumer.options, f"--istioNamespace={names.ISTIO_SYSTEM}"]
    done = proc.run(argv, timeout=options.timeout, pass_fds=consumer.descriptors)
    if done.code:
        raise NoAnswer(why(done.words), f"istioctl remote-clusters in {consumer.cluster}: {done.words}")
    return parse_statuses(done.stdout.decode(errors="replace"), cluster_id)


def parse_statuses(table: str, cluster_id: str) -> dict[str, str]:
    """Return the status of one cluster by pod from the table NAME SECRET STATUS ISTIOD REVISION.

    The column SECRET is empty for istiod's own cluster, so columns are counted from STATUS.
    """
    head, *rows = table.splitlines() or [""]
    place = head.find("ISTIOD")
    status = head.find("STATUS")
    found = {}
    for row in rows:
        if place > 0 and row.split()[:1] == [cluster_id]:
            found[" ".join(row[place:].split()[:1])] = " ".join(row[status:place].split()[:1])
    return found


def lacking(pair: Pair, consumer: Access, options: Options) -> Iterator[str]:
    """Yield what keeps the old token from being revoked: every replica must be known to use the new one."""
    secret = names.remote_secret(pair.remote.id)
    try:
        found = kubectl(
            consumer,
            "get",
            "secret",
            secret,
            f"--namespace={names.ISTIO_SYSTEM}",
            "--show-managed-fields",
            f"--output=go-template={_METADATA}",
            timeout=options.timeout,
        )
    except NoAnswer as error:
        if error.why is not Why.NOT_FOUND:
            raise
        yield f"Secret {secret} is not in {pair.consumer.name}: is what makes it synced, and has it been made?"
        return
    token, _, times = found.partition(" ")
    if token != pair.tokens[-1]:
        yield (
            f"Secret {secret} in {pair.consumer.name} holds token {token or '(unknown)'}, not yet {pair.tokens[-1]}: "
            "commit what was made of it, and wait until Argo CD has synced that"
        )
        return
    changed = max(_time(text) for text in times.split())
    pods = replicas(consumer, pair.remote.id, options)
    if not pods:
        yield f"no istiod runs in {pair.consumer.name}: nobody can say which token is in use"
    for replica in pods:
        yield from _lacking(replica, pair, consumer, changed, options)


def _lacking(replica: Replica, pair: Pair, consumer: Access, changed: datetime, options: Options) -> Iterator[str]:
    if not replica.started:
        yield f"{replica.pod} is not running: wait for it, or until it is gone"
    elif replica.status != _SYNCED:
        yield f"{replica.pod} says of {pair.remote.id}: {replica.status or 'not known'}"
    elif _time(replica.started) <= changed and not _took_up(replica, pair, consumer, changed, timeout=options.timeout):
        yield (
            f"{replica.pod} does not show that it has taken the new secret up since {changed.isoformat()}: wait a "
            "moment, or restart it if its log goes back no further (kubectl rollout restart deployment)"
        )


def _took_up(replica: Replica, pair: Pair, consumer: Access, changed: datetime, *, timeout: float) -> bool:
    since = (changed - _SKEW).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = (f"--namespace={names.ISTIO_SYSTEM}", "--container=discovery", f"--since-time={since}")
    log = kubectl(consumer, "logs", replica.pod, *where, timeout=timeout)
    return any(took_up(line, pair.remote.id) for line in log.splitlines())


def took_up(line: str, cluster_id: str) -> bool:
    """Return whether a line of istiod's log says that it begins to use a remote secret for a cluster.

    pkg/kube/multicluster/secretcontroller.go of Istio: "Update cluster" or "Add cluster", labelled with the cluster.
    """
    if line.startswith("{"):
        try:
            entry: Any = json.loads(line)
        except ValueError:
            return False
        said = entry if isinstance(entry, dict) else {}
        return said.get("msg") in ("Update cluster", "Add cluster") and said.get("cluster") == cluster_id
    label = re.escape(cluster_id)
    return re.search(rf"\t(?:Update|Add) cluster\t(?:.*[ \t])?cluster={label}(?:[ \t]|$)", line) is not None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ToolError(f"'{text[:40]}' is no time") from error
