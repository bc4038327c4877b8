"""A lab: its networks, its registry and its clusters, brought up and down together."""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.lab import certificates, cleanup, images, network
from tests.lab.catalogue import CHECKOUT
from tests.lab.cluster import Cluster
from tests.lab.plan import LabError, LabPlan, plan
from tests.lab.process import locked, run, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

FOLDER = Path("/var/lib/mcgen-lab")
# Held while networks come and go: labs that come up at once see what each other takes.
LOCK = Path("/run/lock/mcgen-lab.lock")


class Lab:
    """A lab. plan: what it is made of; folder: everything it writes is in the folder of its name below.

    As a context manager it is up inside, and down after it, whatever happened.
    """

    def __init__(self, plan: LabPlan, folder: Path = FOLDER) -> None:
        self.plan = plan
        self.folder = folder / plan.name
        self.clusters = {each.name: self._cluster(each.name) for each in plan.clusters}
        self._handler: object = None

    @classmethod
    def found(cls, name: str, folder: Path = FOLDER) -> Lab:
        """Return the lab of that name that is up, or was left behind; raise LabError when there is none."""
        try:
            written = json.loads((folder / name / "run/lab.json").read_bytes())
        except FileNotFoundError as error:
            raise LabError(f"no lab '{name}' in {folder}") from error
        nodes, bare = tuple(written["nodes"]), tuple(written["bare"])
        return cls(plan(nodes, bare=bare, name=name, network=IPv4Network(written["network"])), folder)

    def __enter__(self) -> Lab:
        # A test run that is told to end unwinds as if Ctrl-C had been pressed, and so takes the lab down.
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGTERM, _interrupt)
        self.up()
        atexit.register(self.down)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.down()
        atexit.unregister(self.down)
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)  # type: ignore[arg-type]

    def __getitem__(self, name: str) -> Cluster:
        return self.clusters[name]

    @property
    def runs_pods(self) -> bool:
        return any(each.node for each in self.plan.clusters)

    @property
    def run(self) -> Path:
        """What is there only while the lab is."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """What programs and pods printed; it stays until the next lab of this name."""
        return self.folder / "logs"

    @property
    def kubeconfig(self) -> Path:
        """One kubeconfig with a context per cluster, called like it."""
        return self.run / "kubeconfig"

    def up(self) -> None:
        """Bring everything up; raise LabError when it cannot, and leave nothing then."""
        need_root()
        if self.runs_pods:
            images.build()
        with locked(LOCK):
            self._claim()
        try:
            self._up()
        except BaseException:
            self.down()
            raise

    def _claim(self) -> None:
        """Write down what will be made, before any of it is."""
        if (self.run / "lab.json").exists():
            command = f"python -m tests.lab down --name {self.plan.name}"
            raise LabError(f"lab '{self.plan.name}' is up, or was left behind, in {self.folder}: {command}")
        network.check(self.plan)
        cleanup.remove(self.folder)
        self.run.mkdir(parents=True)
        clusters = self.plan.clusters
        written = {
            "network": str(self.plan.network),
            "nodes": [each.name for each in clusters if each.node],
            "bare": [each.name for each in clusters if not each.node],
            "pid": os.getpid(),
        }
        (self.run / "lab.json").write_text(json.dumps(written))
        try:
            network.up(self.plan)
        except BaseException:
            network.down(self.plan)
            cleanup.remove(self.run)
            raise

    def _up(self) -> None:
        if self.runs_pods:
            self._serve_images()
        with ThreadPoolExecutor(len(self.clusters)) as pool:
            for done in [pool.submit(cluster.up) for cluster in self.clusters.values()]:
                done.result()
        parts = {name: yaml.safe_load(each.kubeconfig.read_text()) for name, each in self.clusters.items()}
        self.kubeconfig.write_text(certificates.merged(parts))

    def _serve_images(self) -> None:
        registry = [sys.executable, "-m", "tests.lab.registry", self.plan.registry, str(images.FOLDER)]
        start(
            ["env", f"PYTHONPATH={CHECKOUT}", *registry],
            record=self.run / "records/registry.stat",
            log=self.logs / "registry.log",
            namespace=self.plan.internet,
        )

    def down(self) -> None:
        """Stop and remove everything that belongs to the lab, whoever brought it up; its logs stay."""
        with locked(LOCK):
            if not (self.run / "lab.json").exists():
                return
            with ThreadPoolExecutor(len(self.clusters)) as pool:
                failed = [each.exception() for each in [pool.submit(c.down) for c in self.clusters.values()]]
            if error := next((error for error in failed if error), None):
                raise error
            for record in sorted((self.run / "records").glob("*.stat")):
                stop(record)
            network.down(self.plan)
            cleanup.remove(self.run)

    def execute(self, machine: str, argv: list[str]) -> int:
        """Run a command on a cluster's machine, or on 'internet', and return its exit status."""
        namespace = self.plan.internet if machine == "internet" else self.plan.cluster(machine).namespace
        kubeconfig = self.kubeconfig if machine == "internet" else self.clusters[machine].kubeconfig
        os.environ |= {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": str(kubeconfig.parent / "cache")}
        os.environ["PATH"] = f"{CHECKOUT / '.tools'}:{os.environ['PATH']}"
        return os.spawnvp(os.P_WAIT, "nsenter", ["nsenter", f"--net=/run/netns/{namespace}", "--", *argv])

    def _cluster(self, name: str) -> Cluster:
        return Cluster(
            plan=self.plan.cluster(name),
            folder=self.run / name,
            logs=self.logs / name,
            registry=self.plan.registry,
            python=sys.executable,
        )


def need_root() -> None:
    """Raise LabError unless this process may make network namespaces and mounts."""
    if os.geteuid() != 0:
        raise LabError("a lab makes network namespaces, mounts and cgroups: run it as root")
    run(["ip", "-Version"])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def named(name: str = "") -> Lab | None:
    """Return the lab of that name, or of MCGEN_LAB, which is up already and stays so; None without a name."""
    name = name or os.environ.get("MCGEN_LAB", "")
    return Lab.found(name) if name else None


@contextmanager
def at_hand(made: Lab, name: str = "") -> Iterator[Lab]:
    """Yield the lab that is named (see `named`), or else the one that is given, up inside and down afterwards."""
    found = named(name)
    with nullcontext(found) if found else made as lab:
        yield lab
