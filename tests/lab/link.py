"""What goes over a wire: tcpdump in a network namespace, and a search in what it wrote."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.process import run, start, stop, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab


@contextmanager
def between_the_clouds(lab: Lab, name: str) -> Iterator[Path]:
    """Record what goes over gke's link to the internet, which all traffic between the clouds takes."""
    interface = f"c{lab['gke'].plan.index}"
    with _recorded(lab, name, f"/run/netns/{lab.plan.internet}", interface) as path:
        yield path


@contextmanager
def inside_a_pod(lab: Lab, name: str, cluster: Cluster, namespace: str, selector: str) -> Iterator[Path]:
    """Record what a pod's containers say to each other."""
    where = (f"--namespace={namespace}", f"--selector={selector}", "--output=jsonpath={.items[0].metadata.uid}")
    uid = cluster.kubectl("get", "pods", *where)
    # Its control groups are called after it.
    (first, *_) = (path.parent for path in Path("/proc").glob("[0-9]*/cgroup") if uid in _read(path))
    with _recorded(lab, name, str(first / "ns/net"), "lo") as path:
        yield path


@contextmanager
def _recorded(lab: Lab, name: str, namespace: str, interface: str) -> Iterator[Path]:
    path, log = lab.logs / f"{name}.pcap", lab.logs / f"{name}.log"
    # -U: each packet is written when it comes. As root: tcpdump would become somebody who may not write there.
    tcpdump = ["tcpdump", "-U", "-Z", "root", "-i", interface, "-w", str(path), "tcp"]
    record = lab.run / f"records/{name}.stat"
    process = start(["nsenter", f"--net={namespace}", "--", *tcpdump], record=record, log=log)
    try:
        wait_for("tcpdump", lambda: "listening on" in log.read_text(), seconds=30, needs=[process])
        yield path
    finally:
        stop(record, first=signal.SIGINT)


def found(path: Path, words: str) -> int:
    """Return how often words stand in plain text in a recording."""
    return path.read_bytes().count(words.encode())


def packets(path: Path, port: int) -> int:
    """Return how many packets of a port are in a recording."""
    return len(run(["tcpdump", "-nr", str(path), "port", str(port)]).splitlines())


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
