"""What a bootstrap of many remotes costs, beside what its programs cost alone.

`python -m tests.e2e_bootstrap.scale [COUNT]` prints the table; `--write` puts it into docs/performance.md. The remotes
share one real API server, which each knows by a context of its own. The primary is not asked for anything: the
certificate to seal with is given, as is its gateway's address.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import yaml

from mcgen import names
from mcgen.facts import FIRST_SUFFIX
from tests import record
from tests.certificates import RSA, issue
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.lab import Lab, need_root
from tests.lab.plan import LabError, plan
from tests.lab.process import environment, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab.cluster import Cluster

REMOTES = 200
JOBS = (1, 2, 4, 8, 16)
# How often the programs are run alone.
ALONE = 20
HOME = "hub"


def blueprint(count: int, server: str) -> dict[str, Any]:
    """Return a mesh of a primary and so many remotes, all at one API server."""
    remotes = [_cluster(f"r{i:03}", "remote", server) for i in range(1, count + 1)]
    primary = _cluster(HOME, "primary", server) | {"gateway": {"address": "203.0.113.10"}}
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": "many"},
        "gitops": {"repo": "https://git.example.com/platform/mesh.git"},
        "istio": {"version": "1.31.1"},
        "clusters": [primary, *remotes],
        "namespaces": [{"name": "shop", "exported": True}],
    }


def _cluster(name: str, role: str, server: str) -> dict[str, Any]:
    access = {"context": name, "server": server}
    return {"name": name, "platform": "generic", "role": role, "egress": ["203.0.113.64/29"], "bootstrap": access}


def contexts(cluster: Cluster, wanted: list[str]) -> str:
    """Return a kubeconfig in which every name is a context for the same cluster."""
    data = yaml.safe_load(cluster.kubeconfig.read_text())
    (found,) = data["contexts"]
    data["contexts"] = [{"name": name, "context": found["context"]} for name in wanted]
    return yaml.safe_dump(data)


class Place:
    """A folder with the mesh, built, and its API server with the one identity that all remotes share."""

    def __init__(self, folder: Path, cluster: Cluster, count: int) -> None:
        self.folder = folder
        self.count = count
        mesh = blueprint(count, cluster.plan.server)
        (folder / "many.yaml").write_text(yaml.safe_dump(mesh, sort_keys=False))
        (folder / "kubeconfig").write_text(contexts(cluster, [each["name"] for each in mesh["clusters"]]))
        (folder / "kubeconfig").chmod(0o600)
        (folder / "cert.pem").write_text(issue(RSA, days=400))
        self.mcgen("build")
        self._identity(cluster)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{TOOLS}:{os.environ['PATH']}"
        return environment() | {"KUBECONFIG": str(self.folder / "kubeconfig"), "PATH": path}

    def mcgen(self, *arguments: str) -> None:
        command, *rest = arguments
        argv = [sys.executable, "-m", "mcgen", command, "many.yaml", "--validator=embedded", "--quiet", *rest]
        self._run(argv)

    def bootstrap(self, jobs: int) -> None:
        """Seal every remote secret, as if none were there."""
        self.mcgen("bootstrap", f"--jobs={jobs}", f"--cert={HOME}=cert.pem", "--reseal")

    def programs(self) -> None:
        """Run the two programs as a loop in a shell would."""
        istioctl = (
            "istioctl create-remote-secret --context=r001 --name=r001 --create-service-account=false "
            f"--service-account={names.reader(HOME, FIRST_SUFFIX)} "
            f"--secret-name={names.reader_token(HOME, FIRST_SUFFIX)}"
        )
        kubeseal = "kubeseal --cert=cert.pem --scope=strict --format=yaml"
        self._run(["bash", "-euo", "pipefail", "-c", f"{istioctl} | {kubeseal} >sealed.yaml"])

    def _identity(self, cluster: Cluster) -> None:
        folder = self.folder / "output/many/clusters/r001" / "namespaces"
        made = subprocess.run([TOOLS / "kustomize", "build", folder], capture_output=True, text=True, check=True).stdout
        documents = [each for each in yaml.safe_load_all(made) if each]
        secret = next(each for each in documents if each["kind"] == "Secret")
        # It says whose it is; here it is everybody's.
        secret["metadata"]["annotations"] = {
            key: value for key, value in secret["metadata"]["annotations"].items() if key != names.CLUSTER
        }
        cluster.apply(yaml.safe_dump_all(documents))
        name = secret["metadata"]["name"]
        wait_for("the token", lambda: cluster.get("secret", name, names.ISTIO_SYSTEM).get("data"), seconds=60)

    def _run(self, argv: list[str]) -> None:
        done = subprocess.run(
            argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False, timeout=3600
        )
        if done.returncode:
            raise LabError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")


def measure(place: Place) -> Iterator[str]:
    """Yield the lines of the table."""
    alone, cpu = [], []
    for _ in range(ALONE):
        wall, used = timed(place.programs)
        alone.append(wall)
        cpu.append(used)
    total = median(alone) * place.count
    yield f"{place.count} remote secrets; medians of {ALONE} runs of the two programs alone, single runs of mcgen;"
    yield ""
    yield "| | wall s | CPU s | wall, to the programs alone |"
    yield "|---|---|---|---|"
    yield (
        f"| istioctl and kubeseal alone, {place.count} times {median(alone):.2f} s | "
        f"{total:.0f} | {median(cpu) * place.count:.0f} | 1.00 |"
    )
    for jobs in JOBS:
        wall, used = timed(lambda jobs=jobs: place.bootstrap(jobs))  # type: ignore[misc]
        yield f"| mcgen bootstrap --jobs {jobs} | {wall:.0f} | {used:.0f} | {wall / total:.2f} |"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall and the CPU seconds that a call takes with all that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@click.command()
@click.argument("count", type=int, default=REMOTES)
@click.option("--write", is_flag=True, help="Put the table into docs/performance.md.")
def main(count: int, *, write: bool) -> None:
    """Measure a bootstrap of COUNT remotes."""
    need_root()
    of = record.commit()
    with (
        Lab(plan((), bare=(HOME,), name="many", network=IPv4Network("10.240.0.0/14"))) as lab,
        TemporaryDirectory() as folder,
    ):
        lines = list(measure(Place(Path(folder), lab[HOME], count)))
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.0f} at the end"
    lines[0] = f"{lines[0]} {machine}."
    click.echo("\n".join(lines))
    if write:
        record.write("bootstrap", lines, of, CHECKOUT / "docs/performance.md")


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e_bootstrap.scale")
