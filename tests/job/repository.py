"""A repository with a mesh in it, and people who commit there, for tests of the bootstrap job."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml

from mcgen.bootstrap.outcome import Options
from mcgen.bootstrap.unattended import Order, work
from mcgen.bootstrap.ways import Pod
from mcgen.cli import run
from mcgen.validators import choose
from tests.job import stubs

if TYPE_CHECKING:
    from pathlib import Path

URL = "git@git.example.com:platform/mesh.git"
BLUEPRINT = "blueprints/shop.yaml"
BRANCH = "mcgen/bootstrap-shop"
TOKEN = "the-token-of-argo-cd"
TREE = "output/shop"
SEALED = {name: f"{TREE}/clusters/gke/remote-secrets/{name}/sealed-secret.yaml" for name in ("aks", "eks")}


def mesh() -> dict[str, Any]:
    remotes = [
        {"name": name, "platform": "generic", "role": "remote", "egress": [f"198.51.100.{i}/32"],
         "bootstrap": {"credentials": {"argocdSecret": f"cluster-{name}"}}}
        for i, name in enumerate(("aks", "eks"), 1)
    ]  # fmt: skip
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": "shop"},
        "gitops": {"repo": URL, "argocd": {"cluster": "gke"}},
        "istio": {"version": "1.31.1"},
        "clusters": [{"name": "gke", "platform": "generic", "role": "primary", "egress": ["203.0.113.1/32"]}, *remotes],
        "namespaces": [{"name": "cart", "exported": True}],
        "bootstrap": {
            "image": "registry.example.com/mcgen-bootstrap:1",
            "git": {"pullRequest": "https://git.example.com/{revision}...{branch}"},
        },
    }


def cluster_secret(name: str, **config: Any) -> dict[str, Any]:
    """Return a cluster Secret of Argo CD as the API server prints it."""
    config = {"bearerToken": f"{TOKEN}-{name}", "tlsClientConfig": {"caData": "Y2E="}} | config
    data = {"name": name, "server": f"https://{name}.example.com", "config": json.dumps(config)}
    labels = {"argocd.argoproj.io/secret-type": "cluster"}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"metadata": {"name": f"cluster-{name}", "labels": labels}, "data": encoded}


def certificate() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    name, begin = x509.Name([]), datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(begin)
    builder = builder.not_valid_after(datetime.now(UTC) + timedelta(days=900))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@dataclass
class Person:
    """Somebody with a clone of their own."""

    folder: Path
    name: str = "Jane Doe"
    email: str = "jane@example.com"

    def git(self, *argv: str) -> str:
        who = ("-c", f"user.name={self.name}", "-c", f"user.email={self.email}", "-c", "commit.gpgSign=false")
        done = subprocess.run(["git", *who, *argv], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout.strip()

    def take(self, branch: str) -> None:
        """Check a branch out as it is now."""
        self.git("fetch", "--quiet", "origin")
        self.git("checkout", "--quiet", "--detach", f"origin/{branch}")

    def commit(self, branch: str, path: str, text: str, message: str = "A change") -> str:
        """Write a file on top of a branch, and push it there."""
        self.take(branch)
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return self.push(branch, message)

    def push(self, branch: str, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")


@dataclass
class Repository:
    """A bare repository, the stubs of the programs, and the job that works on it. said: what it printed."""

    folder: Path
    jane: Person
    said: list[str] = field(default_factory=list)

    @property
    def bare(self) -> Path:
        return self.folder / "mesh.git"

    def git(self, *argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=self.bare, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    def tip(self, branch: str) -> str:
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")

    def ready(self, *remotes: str) -> None:
        """Let these remotes have tokens."""
        (self.folder / "ready").write_text(" ".join(remotes))

    def build(self, data: dict[str, Any]) -> None:
        """Let Jane write and build a blueprint in her clone."""
        file = self.jane.folder / BLUEPRINT
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(data, sort_keys=False))
        with chdir(self.jane.folder):
            assert run(["build", BLUEPRINT, "--validator", "embedded"]) == 0

    def job(self) -> bool:
        """Run the job and return whether nothing failed."""
        self.said.clear()
        order = Order(
            blueprint=BLUEPRINT,
            url=URL,
            revision="main",
            choice=choose("embedded"),
            options=Options(retries=0),
            here=Pod(server="https://gke.example.com", folder="/nowhere"),
        )
        return work(order, os.environ, self.said.append)

    def seen(self) -> list[dict[str, Any]]:
        """Return what the programs saw."""
        return [json.loads(line) for line in (self.folder / "seen").read_text().splitlines()]


def repository(folder: Path) -> Repository:
    """Return a repository whose main branch has the mesh, built, and whose remote aks has a token."""
    jane = Person(folder / "jane")
    found = Repository(folder, jane)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(found.bare)], check=True)
    subprocess.run(["git", "clone", "--quiet", str(found.bare), str(jane.folder)], check=True, capture_output=True)
    found.build(mesh())
    jane.push("main", "A mesh")
    (folder / "answers").mkdir()
    for name in ("aks", "eks"):
        (folder / "answers" / f"cluster-{name}").write_text(json.dumps(cluster_secret(name)))
    (folder / "certificate.pem").write_bytes(certificate())
    (folder / "bin").mkdir()
    for name in ("kubectl", "istioctl", "kubeseal"):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {stubs.__file__} {folder} {name} "$@"\n')
        program.chmod(0o755)
    (folder / "gitconfig").write_text(f'[url "{found.bare}"]\n  insteadOf = {URL}\n')
    found.ready("aks")
    return found
