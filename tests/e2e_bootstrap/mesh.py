"""The sample mesh on the clusters of a lab: its blueprint, its tree, and mcgen as people run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.lab import addons
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.process import environment, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.lab import Lab

SAMPLE = CHECKOUT / "blueprints/gke-aks.yaml"


@dataclass(frozen=True)
class Ran:
    """What mcgen did."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class Mesh:
    """A folder with a blueprint and its tree. lab: whose clusters it describes."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.blueprint = folder / "mesh.yaml"
        self.tree = folder / "output/gke-aks"

    def data(self) -> dict[str, Any]:
        """Return the sample blueprint with the lab's addresses in it."""
        data: dict[str, Any] = yaml.safe_load(SAMPLE.read_text())
        for cluster in data["clusters"]:
            plan = self.lab[cluster["name"]].plan
            cluster["egress"] = [f"{plan.node_address}/32"]
            cluster.setdefault("bootstrap", {})["server"] = plan.server
        return data

    def write(self, data: dict[str, Any]) -> None:
        self.blueprint.write_text(yaml.safe_dump(data, sort_keys=False))

    def copy(self, folder: Path) -> Mesh:
        """Return the same mesh in another folder, for a test that spoils it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Mesh(self.lab, folder)

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{TOOLS}:{os.environ['PATH']}"
        return environment() | {"KUBECONFIG": str(self.lab.kubeconfig), "PATH": path} | more

    def argv(self, *arguments: str) -> list[str]:
        command, *rest = arguments
        # What runs in the background of a shell would not hear of Ctrl-C.
        return [
            "/usr/bin/env",
            "--default-signal=INT",
            sys.executable,
            "-m",
            "mcgen",
            command,
            str(self.blueprint),
            "--validator=embedded",
            *rest,
        ]

    def run(self, *arguments: str, **more: str) -> Ran:
        """Run mcgen on the blueprint; more: environment variables."""
        done = subprocess.run(
            self.argv(*arguments),
            cwd=self.folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def mcgen(self, *arguments: str, **more: str) -> str:
        """Run mcgen, which must succeed, and return what it prints."""
        ran = self.run(*arguments, **more)
        assert ran.code == 0, ran.said
        return ran.out

    def sync(self, cluster: str, stage: str) -> None:
        """Do what Argo CD does with a stage; a remote secret goes to the primary."""
        folder = f"gke/remote-secrets/{cluster}" if stage == "remote-secret" else f"{cluster}/{stage}"
        addons.stage(self.lab["gke" if stage == "remote-secret" else cluster], self.tree / "clusters" / folder)

    def sync_as(self, target: str, cluster: str, stage: str) -> None:
        """Apply a stage of one cluster to another one."""
        addons.stage(self.lab[target], self.tree / "clusters" / cluster / stage)

    @property
    def sealed(self) -> Path:
        return self.tree / "clusters/gke/remote-secrets/aks/sealed-secret.yaml"

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.tree / ".mcgen/facts.yaml").read_text())
        return found

    def token(self, suffix: str, cluster: str = "aks") -> str:
        """Return the reader's token itself, empty while it is not there."""
        name = f"istio-reader-gke-{suffix}-token"
        if not self.lab[cluster].says("get", "secret", name, "--namespace=istio-system"):
            return ""
        data = self.lab[cluster].get("secret", name, "istio-system").get("data", {})
        return b64decode(data.get("token", "")).decode()

    def wait_for_token(self, suffix: str) -> None:
        wait_for(f"token {suffix} in aks", lambda: self.token(suffix), seconds=30)

    def remote_is_controlled(self) -> bool:
        """Tell whether istiod has written its CA into aks: the webhook's bundle, and the root certificate."""
        aks = self.lab["aks"]
        webhook = aks.get("mutatingwebhookconfiguration", "istio-sidecar-injector")
        bundles = all(each["clientConfig"].get("caBundle") for each in webhook["webhooks"])
        return bundles and aks.says("get", "configmap", "istio-ca-root-cert", "--namespace=multi-cluster")

    def wait_until_unsealed(self) -> None:
        self.lab["gke"].kubectl(
            "wait",
            "--namespace=istio-system",
            "--for=condition=Synced",
            "sealedsecret/istio-remote-secret-cluster-aks",
            "--timeout=60s",
        )
