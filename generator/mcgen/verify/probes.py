"""Probe pods: started where a request has to come from, and removed whatever happens.

Each ends by itself after a while, so that what a killed run leaves does no more than lie there; the next run finds it
by its label and removes it.
"""

from __future__ import annotations

import contextlib
import secrets
import signal
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import orjson

from mcgen import names
from mcgen.bootstrap.run import each
from mcgen.doctor.verdict import Check, finding, fine, unknown
from mcgen.manifests import restricted
from mcgen.problems import ToolError
from mcgen.verify.inventory import PODS, parse_pods
from mcgen.verify.send import CONTAINER, Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from mcgen.bootstrap.retry import Retry
    from mcgen.doctor.ask import Client
    from mcgen.tree import Data
    from mcgen.verify.inventory import Pod
    from mcgen.verify.world import World

LEFT = "probe pods are removed"
# Seconds: how long a probe lives at most, until it must be ready, and until it must be gone.
_LIFE, _START, _END = 1800, 120, 120
# What a pod waits for: a node, an image, its containers.
_WAITING = (
    '{range .status.conditions[?(@.status=="False")]}{.message}{"\\n"}{end}'
    '{range .status.initContainerStatuses[*]}{.state.waiting.reason}{"\\n"}{end}'
    '{range .status.containerStatuses[*]}{.state.waiting.reason}{"\\n"}{end}'
)
# The user of curl's image; any other will do.
_USER = 100


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Probe:
    """Where a request comes from. meshed: whether the pod has a sidecar."""

    cluster: str
    namespace: str
    account: str = "default"
    meshed: bool = True

    def __str__(self) -> str:
        """Return who it is, in words."""
        return f"{self.namespace}/{self.account}{'' if self.meshed else ' without a sidecar'} in {self.cluster}"


@dataclass(slots=True, kw_only=True)
class Running:
    """The probes of one run. refused: why there is none, by probe; ends: what became of the removal, by cluster."""

    run: str = field(default_factory=lambda: secrets.token_hex(4))
    senders: dict[Probe, Sender] = field(default_factory=dict)
    refused: dict[Probe, str] = field(default_factory=dict)
    ends: dict[str, Check] = field(default_factory=dict)
    found: dict[Probe, Pod] = field(default_factory=dict)

    def __getitem__(self, probe: Probe) -> Sender:
        """Return what sends requests from a probe; raise ToolError when it does not run."""
        if probe not in self.senders:
            raise ToolError(f"no probe runs as {probe}: {self.refused.get(probe, 'it was not started')}")
        return self.senders[probe]


def pod(probe: Probe, name: str, run: str, image: str) -> Data:
    """Return a probe's pod: it sleeps until it is told what to send, and ends by itself."""
    container = {
        "name": CONTAINER,
        "image": image,
        "command": ["sleep", str(_LIFE)],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": restricted.container(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": probe.namespace,
            "labels": {names.PROBE: run, names.INJECT: str(probe.meshed).lower()},
        },
        "spec": {
            "serviceAccountName": probe.account,
            # The sidecar brings a token of its own.
            "automountServiceAccountToken": False,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": _LIFE,
            "terminationGracePeriodSeconds": 1,
            "securityContext": restricted.pod(_USER),
            "containers": [container],
        },
    }


@contextlib.contextmanager
def running(world: World, wanted: Iterable[Probe], image: str, jobs: int, retry: Retry) -> Iterator[Running]:
    """Yield the probes that run; remove them afterwards, also when the run is interrupted or told to end."""
    by_cluster: dict[str, list[Probe]] = {}
    for probe in sorted(set(wanted)):
        by_cluster.setdefault(probe.cluster, []).append(probe)
    probes = Running()
    with _told_to_end():
        try:
            list(each(partial(_begin, world, probes, by_cluster, image), by_cluster, jobs, retry))
            yield probes
        finally:
            with _undisturbed():
                list(each(partial(_end, world, probes, by_cluster), by_cluster, jobs, retry))


def _begin(world: World, probes: Running, by_cluster: dict[str, list[Probe]], image: str, cluster: str) -> None:
    """Start the probes of one cluster, after removing what an earlier run has left there, and say which are ready."""
    client = world.clients[cluster]
    mine = {probe: f"mcgen-probe-{probes.run}-{number}" for number, probe in enumerate(by_cluster[cluster])}
    try:
        for namespace in sorted({left.namespace for left in world.inventories[cluster].probes}):
            client.text("delete", "pods", f"--namespace={namespace}", f"--selector={names.PROBE}", timeout=_END)
        listed = {"apiVersion": "v1", "kind": "List", "items": [pod(*each, probes.run, image) for each in mine.items()]}
        client.text("create", "--filename=-", stdin=orjson.dumps(listed).decode())
    except ToolError as error:
        # Some may have been made all the same.
        probes.refused |= dict.fromkeys(mine, str(error))
    try:
        found = _started(client, probes.run)
    except ToolError as error:
        probes.refused |= dict.fromkeys(mine, str(error))
        return
    for probe, name in mine.items():
        if name not in found:
            continue
        probes.found[probe] = found[name]
        if found[name].ready:
            probes.senders[probe] = Sender(client=client, namespace=probe.namespace, pod=name)
        else:
            why = _why(client, probe.namespace, name) or f"is the image {image} there?"
            probes.refused[probe] = f"it is not ready after {_START} seconds ({why})"


def _started(client: Client, run: str) -> dict[str, Pod]:
    """Return the pods of a run by their names, once they are ready or will hardly be; raise ToolError."""
    chosen = (f"--selector={names.PROBE}={run}", "--all-namespaces")
    with contextlib.suppress(ToolError):
        # Which of them are not is asked next.
        client.text("wait", "pods", *chosen, "--for=condition=Ready", f"--timeout={_START}s", timeout=3.0 * _START)
    return {each.name: each for each in parse_pods(client.text("get", "pods", *chosen, f"--output=jsonpath={PODS}"))}


def _why(client: Client, namespace: str, name: str) -> str:
    """Return what a pod that is not ready waits for, in its cluster's own words; nothing when it does not say."""
    try:
        said = client.text("get", "pod", name, f"--namespace={namespace}", f"--output=jsonpath={_WAITING}")
    except ToolError as error:
        return str(error)
    return "; ".join(dict.fromkeys(" ".join(line.split()) for line in said.splitlines() if line.strip()))


def _end(world: World, probes: Running, by_cluster: dict[str, list[Probe]], cluster: str) -> None:
    client = world.clients[cluster]
    failed = []
    for namespace in sorted({probe.namespace for probe in by_cluster[cluster]}):
        chosen = (f"--namespace={namespace}", f"--selector={names.PROBE}={probes.run}")
        try:
            client.text("delete", "pods", *chosen, "--ignore-not-found", timeout=_END)
        except ToolError as error:
            failed.append(str(error))
    started = sum(probe in probes.found for probe in by_cluster[cluster])
    probes.ends[cluster] = judge_end(started, failed)


def judge_end(started: int, failed: list[str]) -> Check:
    """Return whether the probes of a cluster are gone. failed: what was answered to their removal, if not that."""
    advice = f"kubectl delete pods --all-namespaces --selector={names.PROBE}"
    if not failed:
        return fine(LEFT, f"{started} were started")
    if started:
        return finding("MC815", LEFT, "; ".join(failed), advice)
    return unknown(LEFT, f"none is known to have been started; {'; '.join(failed)}", advice)


def what_injected(namespace: str) -> str:
    """Return the name of the check that new pods of a namespace get sidecars."""
    return f"a new pod in {namespace} gets a sidecar"


def judge_injected(probe: Probe, found: Pod | None, refused: str) -> Check:
    """Return whether a probe that wants a sidecar has got one. found: None when there is no pod; refused: why."""
    what = what_injected(probe.namespace)
    if found is None:
        if "failed calling webhook" in refused:
            return finding("MC809", what, refused, "the injector is istiod's: look at its webhook and at the way to it")
        return unknown(what, refused)
    if not found.proxy:
        advice = f"look at the labels of Namespace {probe.namespace} and at the webhook istio-sidecar-injector"
        return finding("MC809", what, "it has none", advice)
    return fine(what)


@contextlib.contextmanager
def _told_to_end() -> Iterator[None]:
    """Let a request to end be an interrupt, so that what was started is removed."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's interface
        raise KeyboardInterrupt

    with _handled({signal.SIGTERM: interrupt}):
        yield


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nobody interrupt what removes things; every step of it has a time limit."""
    with _handled({signal.SIGINT: signal.SIG_IGN, signal.SIGTERM: signal.SIG_IGN}):
        yield


@contextlib.contextmanager
def _handled(handlers: dict[signal.Signals, object]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
