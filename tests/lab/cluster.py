"""One cluster of the lab: brings its programs up and down, and is what tests talk to."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from string import Template
from typing import TYPE_CHECKING, Any

from tests.lab import certificates, cleanup, control_plane, node
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.plan import LabError
from tests.lab.process import Process, alive, run, start, stop, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.lab.plan import ClusterPlan

MANIFESTS = CHECKOUT / "tests/lab/manifests"

# From the outside in: what makes work stops first.
STOP = ("balancer", "kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager")
STOP_LAST = ("containerd", "kube-apiserver", "etcd")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster. folder: its files; logs: what its programs and pods print; registry: address that serves images.

    As a context manager it is up inside.
    """

    plan: ClusterPlan
    folder: Path
    logs: Path
    registry: str
    python: str

    def __enter__(self) -> Cluster:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.down()

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; its context is called like the cluster."""
        return self.folder / "pki/admin.kubeconfig"

    @property
    def records(self) -> Path:
        return self.folder / "records"

    def up(self) -> None:
        """Start everything and wait until the node is ready and answers names; raise LabError when that fails."""
        certificates.write(self.plan, self.folder / "pki")
        needed = [self._start("etcd", control_plane.etcd(self.folder))]
        needed.append(self._start("kube-apiserver", control_plane.api_server(self.plan, self.folder)))
        wait_for(f"API server of {self.name}", partial(self.says, "get", "--raw=/readyz"), seconds=120, needs=needed)
        needed.append(self._start("kube-controller-manager", control_plane.controller_manager(self.folder)))
        addresses = [str(address) for address in self.plan.balancers]
        balancer = [self.python, "-m", "tests.lab.balancer", str(self.kubeconfig), *addresses]
        needed.append(self._start("balancer", ["env", f"PYTHONPATH={CHECKOUT}", *balancer]))
        if self.plan.node:
            self._up_node(needed)

    def _up_node(self, needed: list[Process]) -> None:
        node.prepare(self.plan, self.folder, self.logs, self.registry)
        containerd = self._start("containerd", node.containerd(self.folder))
        needed += [containerd, self._start("kube-scheduler", control_plane.scheduler(self.folder))]
        wait_for("containerd", node.socket(self.folder).exists, seconds=30, needs=needed)
        needed.append(self._start("kubelet", node.kubelet(self.plan, self.folder, containerd)))
        needed.append(self._start("kube-proxy", node.proxy(self.plan, self.folder)))
        self.apply(Template((MANIFESTS / "coredns.yaml").read_text()).substitute(dns=self.plan.dns_address))
        wait_for(f"ready node of {self.name}", self.ready, seconds=90, needs=needed)
        self.rolled_out("kube-system", "coredns")

    @contextmanager
    def without_api(self) -> Iterator[None]:
        """Have no API server inside, as when its machine died; what it knew stays."""
        stop(self.records / "kube-apiserver.stat", first=signal.SIGKILL)
        try:
            yield
        finally:
            server = self._start("kube-apiserver", control_plane.api_server(self.plan, self.folder))
            ready = partial(self.says, "get", "--raw=/readyz")
            wait_for(f"API server of {self.name}", ready, seconds=120, needs=[server])

    def down(self) -> None:
        """Stop everything that `up` started, whoever did, and remove what it made but the logs."""
        for name in STOP:
            self._stop(name)
        cleanup.end_pods(self.plan.namespace)
        for name in STOP_LAST:
            self._stop(name)
        cleanup.remove_cgroups(self.plan.namespace)
        cleanup.remove(self.folder)

    def processes(self) -> tuple[Process, ...]:
        """Return the programs that were started, running or not."""
        found = sorted(self.records.glob("*.stat"))
        return tuple(Process(record, self.logs / f"{record.stem}.log") for record in found)

    def ready(self) -> bool:
        """Tell whether the node says that it is ready."""
        path = "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
        return self.kubectl("get", "nodes", f"--output={path}").split() == ["True"]

    def kubectl(self, *argv: str, stdin: str = "", timeout: float = 120) -> str:
        """Run kubectl as the administrator, from outside the cluster; raise LabError when it fails."""
        # What a server of this address can do is not what the next one can: the cache goes with the cluster.
        mine = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.kubeconfig.parent}/cache"]
        command = [f"{TOOLS}/kubectl", *mine, *argv]
        return run(command, stdin=stdin, timeout=timeout)

    def says(self, *argv: str) -> bool:
        """Tell whether kubectl succeeds."""
        try:
            self.kubectl(*argv)
        except LabError:
            return False
        return True

    def apply(self, text: str, *more: str) -> None:
        """Apply documents, as a client that owns every field it names."""
        self.kubectl("apply", "--server-side", "--force-conflicts", *more, "--filename=-", stdin=text)

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """Return an object; raise LabError when it is not there."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, f"--namespace={namespace}", "--output=json"))
        return found

    def balancer(self, namespace: str, service: str) -> str:
        """Return the address of a Service's load balancer."""
        address: str = self.get("service", service, namespace)["status"]["loadBalancer"]["ingress"][0]["ip"]
        return address

    def pods(self, namespace: str, selector: str) -> tuple[str, ...]:
        """Return the names of the pods with these labels that are ready and that nobody has deleted, youngest first."""
        listed = self.kubectl("get", "pods", f"--namespace={namespace}", f"--selector={selector}", "--output=json")
        found = [each for each in json.loads(listed)["items"] if _stays(each)]
        found.sort(key=lambda each: each["metadata"]["creationTimestamp"], reverse=True)
        return tuple(each["metadata"]["name"] for each in found)

    def rolled_out(self, namespace: str, deployment: str, seconds: float = 120) -> None:
        """Wait until every pod of a Deployment is ready; raise LabError with the pods' states when that fails."""
        where = f"--namespace={namespace}"
        try:
            self.kubectl("rollout", "status", where, f"deployment/{deployment}", f"--timeout={seconds:.0f}s")
        except LabError as error:
            raise LabError(f"{error}\n{self.kubectl('describe', 'pods', where)[-4000:]}") from error

    def execute(self, namespace: str, target: str, *argv: str, stdin: str = "") -> str:
        """Run a command in a pod and return what it printed; raise LabError when it fails."""
        interactive = ["--stdin"] if stdin else []
        return self.kubectl("exec", f"--namespace={namespace}", *interactive, target, "--", *argv, stdin=stdin)

    def _start(self, name: str, argv: Sequence[str]) -> Process:
        record, log = self.records / f"{name}.stat", self.logs / f"{name}.log"
        return start(argv, record=record, log=log, namespace=self.plan.namespace)

    def _stop(self, name: str) -> None:
        stop(self.records / f"{name}.stat")


def state(process: Process) -> str:
    """Return what a program is up to, in a word."""
    return "runs" if alive(process) else "ended"


def _stays(pod: dict[str, Any]) -> bool:
    """Tell whether a pod is ready, and nobody has deleted it."""
    ready = {"type": "Ready", "status": "True"}
    conditions = pod.get("status", {}).get("conditions", ())
    return "deletionTimestamp" not in pod["metadata"] and any(ready.items() <= each.items() for each in conditions)
