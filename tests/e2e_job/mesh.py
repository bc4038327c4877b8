"""The mesh of the trials of the bootstrap job, and the job run as it runs in its pod, but for the pod."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from contextlib import chdir
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import names
from mcgen.bootstrap.outcome import Options
from mcgen.bootstrap.unattended import Order, work
from mcgen.bootstrap.ways import Pod
from mcgen.cli import run as mcgen
from mcgen.validators import choose
from tests.job.repository import BLUEPRINT, Person
from tests.lab import addons, sshd
from tests.lab.catalogue import TOOLS
from tests.lab.process import environment, run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.lab import Lab
    from tests.lab.sshd import Server

NAME = "shop"
BRANCH = f"mcgen/bootstrap-{NAME}"
TREE = f"output/{NAME}"
JOB, SPACE = f"{NAME}-bootstrap", "mesh-bootstrap"
ADMIN = "kube-system"
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


class World:
    """Clusters, repository and job. server: what serves the repository, here and for pods.

    folder: with everything that is written; secret: in it, what the job's Secret for Git holds.
    """

    def __init__(self, lab: Lab, server: Server, folder: Path) -> None:
        self.lab = lab
        self.server = server
        self.folder = folder
        self.secret = folder / "secret"
        self.bare = server.repositories / "mesh.git"
        self.jane = Person(folder / "jane")
        self.home = folder / "home"
        self.said: list[str] = []

    @property
    def tree(self) -> Path:
        return self.jane.folder / TREE

    def data(self) -> dict[str, Any]:
        def cluster(name: str, role: str, **bootstrap: Any) -> dict[str, Any]:
            plan = self.lab[name].plan
            return {"name": name, "platform": "generic", "role": role, "egress": [f"{plan.node_address}/32"],
                    "bootstrap": bootstrap}  # fmt: skip

        account = {"kind": "ServiceAccount", "name": "argocd-manager", "namespace": ADMIN}
        of_job = {"kind": "ServiceAccount", "name": JOB, "namespace": ADMIN}
        return {
            "apiVersion": "mcgen/v1alpha1",
            "kind": "Mesh",
            "metadata": {"name": NAME},
            "gitops": {"repo": self.server.url("mesh"), "argocd": {"cluster": "gke"}},
            "istio": {"version": "1.31.1"},
            "clusters": [
                cluster("gke", "primary", certificate="sealing.pem"),
                cluster("aks", "remote", credentials={"argocdSecret": "cluster-aks", "identity": account}),
                cluster("eks", "remote", server=self.lab["eks"].plan.server,
                        credentials={"kubeconfigSecret": "cluster-eks", "identity": of_job}),
            ],
            "namespaces": [{"name": "cart", "exported": True}],
            "bootstrap": {"image": "registry.example.com/mcgen-bootstrap:1", "namespace": SPACE},
        }  # fmt: skip

    def make(self) -> None:
        """Write the repository, apply the first stage everywhere, and install the job as its README says."""
        self.home.mkdir()
        self.secret.mkdir()
        self.server.admit(sshd.key(self.secret / "identity"), BRANCH)
        (self.secret / "known_hosts").write_text(self.server.known_hosts)
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare)], check=True)
        sshd.protect(self.bare)
        subprocess.run(["git", "clone", "--quiet", str(self.bare), str(self.jane.folder)], check=True)
        blueprint = self.jane.folder / BLUEPRINT
        blueprint.parent.mkdir()
        blueprint.write_text(yaml.safe_dump(self.data(), sort_keys=False))
        self._certificate(blueprint.parent / "sealing.pem")
        with chdir(self.jane.folder):
            assert mcgen(["build", BLUEPRINT, "--validator", "embedded"]) == 0
        self.jane.push("main", "A mesh")
        for name, cluster in self.lab.clusters.items():
            addons.stage(cluster, self.tree / "clusters" / name / "namespaces")
        self._gateway()
        self._argocd()
        self._read_me()

    def _certificate(self, file: Path) -> None:
        key = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=sealing"]
        subprocess.run(
            [*key, "-keyout", str(self.folder / "key.pem"), "-out", str(file)], check=True, capture_output=True
        )

    def _gateway(self) -> None:
        gke = self.lab["gke"]
        ports = [{"name": "tls", "port": 15443}]
        spec = {"type": "LoadBalancer", "ports": ports, "selector": names.EAST_WEST_SELECTOR}
        metadata = {"name": names.EAST_WEST_GATEWAY, "namespace": names.ISTIO_SYSTEM}
        gke.apply(json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}))
        wait_for(
            "address",
            lambda: gke.get("service", names.EAST_WEST_GATEWAY, names.ISTIO_SYSTEM)["status"]["loadBalancer"].get(
                "ingress"
            ),
            seconds=30,
        )

    def _argocd(self) -> None:
        """Register aks as Argo CD does, but with an account that may do nothing by itself."""
        aks, gke = self.lab["aks"], self.lab["gke"]
        aks.kubectl("create", "serviceaccount", "argocd-manager", f"--namespace={ADMIN}")
        token = aks.kubectl("create", "token", "argocd-manager", f"--namespace={ADMIN}").strip()
        config = {"bearerToken": token, "tlsClientConfig": {"caData": self.authority("aks")}}
        data = {"name": "aks", "server": aks.plan.server, "config": json.dumps(config)}
        gke.kubectl("create", "namespace", "argocd")
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "cluster-aks", "namespace": "argocd", "labels": {names.ARGOCD_SECRET_TYPE: "cluster"}},
            "stringData": data,
        }
        gke.apply(json.dumps(secret))
        gke.kubectl("create", "secret", "generic", "another", "--namespace=argocd", "--from-literal=a=b")

    def authority(self, name: str) -> str:
        """Return a cluster's authority, encoded."""
        given = yaml.safe_load(self.lab[name].kubeconfig.read_text())["clusters"][0]["cluster"]
        found: str = given["certificate-authority-data"]
        return found

    def _read_me(self) -> None:
        """Run the commands of bootstrap/README.md for kubeconfigs, and those that apply the folder."""
        self.lab["gke"].kubectl("create", "namespace", SPACE)
        blocks = SHELL.findall((self.tree / "bootstrap/README.md").read_text())
        wanted = [each for each in blocks if "serviceaccount" in each or "go-template='\napiVersion" in each]
        assert len(wanted) == 2
        self.shell(wanted[0])
        wait_for("token", lambda: self.lab["eks"].get("secret", JOB, ADMIN).get("data"), seconds=20)
        self.shell(wanted[1])
        self.shell(next(each for each in blocks if "apply --kustomize" in each))

    def shell(self, script: str) -> str:
        told = environment() | {"KUBECONFIG": str(self.lab.kubeconfig), "PATH": f"{TOOLS}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-ec", script], cwd=self.jane.folder, env=told, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def account(self) -> Pod:
        """Return what the job's pod would find in its file system."""
        folder = self.folder / "account"
        folder.mkdir(exist_ok=True)
        token = self.lab["gke"].kubectl("create", "token", JOB, f"--namespace={SPACE}").strip()
        (folder / "token").write_text(token)
        (folder / "ca.crt").write_bytes(base64.b64decode(self.authority("gke")))
        return Pod(server=self.lab["gke"].plan.server, folder=str(folder))

    def job(self, git_folder: Path | None = None) -> bool:
        """Run the job and return whether nothing failed."""
        self.said.clear()
        order = Order(
            blueprint=BLUEPRINT,
            url=self.server.url("mesh"),
            revision="main",
            choice=choose("embedded"),
            options=Options(retries=0),
            git_folder=str(git_folder or self.secret),
            here=self.account(),
        )
        return work(order, os.environ, self.said.append)

    def git(self, *argv: str) -> str:
        return run(["git", f"--git-dir={self.bare}", *argv]).strip()
