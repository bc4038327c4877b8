"""The sample mesh on real pods: its stages, applied in their order by the hands of a test instead of Argo CD's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import names
from tests.lab import addons
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.process import environment, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.cluster import Cluster
    from tests.lab.lab import Lab

BLUEPRINT = "blueprints/gke-aks.yaml"
PRIMARY = ("namespaces", "base", "control-plane", "east-west-gateway", "exposure", "policies", "workloads")
REMOTE = ("base", "control-plane", "east-west-gateway", "workloads")
DEMO = "multi-cluster"


class LiveMesh:
    """A folder with blueprint and tree, and the two clusters that run them."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.blueprint = folder / BLUEPRINT
        self.tree = folder / "output/gke-aks"

    def __getitem__(self, name: str) -> Cluster:
        return self.lab[name]

    def up(self) -> None:
        """Bring everything up, in the order of the stages; raise LabError when that fails."""
        self.blueprint.parent.mkdir()
        self.blueprint.write_text(yaml.safe_dump(self.adapted(), sort_keys=False))
        self._must("build")
        addons.sealed_secrets(self["gke"])
        addons.stage(self["aks"], self.tree / "clusters/aks/namespaces")
        for stage in PRIMARY:
            self.stage("gke", stage)
        self._must("bootstrap")
        self.stage("gke", "remote-secrets/aks")
        secret = ("get", "secret", names.remote_secret("cluster-aks"), f"--namespace={names.ISTIO_SYSTEM}")
        wait_for("the remote secret", lambda: self["gke"].says(*secret), seconds=120)
        for stage in REMOTE:
            self.stage("aks", stage)

    def adapted(self) -> dict[str, Any]:
        """Return the sample blueprint with the lab's addresses, and without the bootstrap job, which nobody runs."""
        blueprint: dict[str, Any] = yaml.safe_load((CHECKOUT / BLUEPRINT).read_text())
        del blueprint["bootstrap"]
        for cluster in blueprint["clusters"]:
            plan = self[cluster["name"]].plan
            # One replica tells as much as two, and the machine has other work.
            cluster["gateway"] = {"replicas": {"min": 1, "max": 1}}
            cluster |= {"egress": [f"{plan.node_address}/32"], "bootstrap": {"server": plan.server}}
        return blueprint

    def stage(self, cluster: str, stage: str) -> None:
        """Apply a stage, and wait until its Deployments are ready."""
        addons.stage(self[cluster], self.tree / "clusters" / cluster / stage)
        ready = {
            "control-plane": [(names.ISTIO_SYSTEM, "istiod")] if cluster == "gke" else [],
            "east-west-gateway": [(names.ISTIO_SYSTEM, names.EAST_WEST_GATEWAY)],
            "workloads": [(DEMO, f"helloworld-v{1 if cluster == 'gke' else 2}"), (DEMO, f"sleep-{cluster}")],
        }
        if stage == "control-plane" and cluster == "aks":
            wait_for("istiod's word in aks", self.governed, seconds=300)
        for namespace, deployment in ready.get(stage, []):
            self[cluster].rolled_out(namespace, deployment, seconds=300)

    def governed(self) -> bool:
        """Tell whether the primary's istiod has written its CA into the webhook of the remote."""
        webhook = json.loads(
            self["aks"].kubectl("get", "mutatingwebhookconfiguration", "istio-sidecar-injector", "--output=json")
        )
        return all(each["clientConfig"].get("caBundle") for each in webhook["webhooks"])

    def environment(self) -> dict[str, str]:
        """Return the environment of a person with the lab's contexts and the programs built here."""
        return environment() | {"KUBECONFIG": str(self.lab.kubeconfig), "PATH": f"{TOOLS}:{os.environ['PATH']}"}

    def mcgen(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run mcgen in the folder."""
        argv = [sys.executable, "-m", "mcgen", command, BLUEPRINT, *options]
        env = self.environment()
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, check=False, timeout=600)

    def _must(self, command: str) -> None:
        done = self.mcgen(command, "--validator=embedded")
        assert done.returncode == 0, done.stdout + done.stderr

    def verify(self, *options: str) -> tuple[int, list[dict[str, Any]]]:
        """Return the exit code of mcgen verify, and its checks."""
        done = self.mcgen("verify", "--format=json", *options)
        assert done.returncode in (0, 1, 3), done.stderr
        checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
        return done.returncode, checks

    def codes(self, *options: str) -> set[tuple[str, str]]:
        """Return cluster and code of all that is not fine, or not tried."""
        return {(each["cluster"], each["code"]) for each in self.verify(*options)[1] if each["code"]}

    def probes(self) -> list[str]:
        """Return the probe pods of all clusters."""
        found = []
        for name, cluster in self.lab.clusters.items():
            listed = cluster.kubectl("get", "pods", "--all-namespaces", f"--selector={names.PROBE}", "--output=name")
            found += [f"{name}: {pod}" for pod in listed.split()]
        return found
