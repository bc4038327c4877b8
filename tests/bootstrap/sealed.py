"""The tree of a sealed mesh as tests change it, and what its clusters say where all is well."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml

from mcgen import load, names
from mcgen.cli import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from mcgen.load import Loaded
    from tests.answers import Answers

BLUEPRINT, TREE, WAITING = "blueprints/gke-aks.yaml", "output/gke-aks", "waiting"
COMMAND = f"mcgen bootstrap {BLUEPRINT}"
SEALED = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
REMOTE_SECRET = names.remote_secret("cluster-aks")
SYNCED, TIMEOUT = "synced", "timeout"
DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def ago(time: timedelta) -> str:
    """Return a time of the past as API servers write it."""
    return (NOW - time).strftime("%Y-%m-%dT%H:%M:%SZ")


def token(suffix: str = "1", *, age: timedelta = DAY, cluster: str = "aks", filled: str = "filled") -> str:
    """Return a token Secret as kubectl prints it by the template."""
    return f"kubernetes.io/service-account-token istio-reader-gke-{suffix}|{cluster}|{ago(age)}|{filled}"


def table(*statuses: tuple[str, str]) -> str:
    """Return what `istioctl remote-clusters` prints of the remote, by pod."""
    form = "{:<16}{:<50}{:<11}{:<28}{}\n"
    head = form.format("NAME", "SECRET", "STATUS", "ISTIOD", "REVISION")
    secret = f"istio-system/{REMOTE_SECRET}"
    return head + "".join(form.format("cluster-aks", secret, status, pod, "default") for pod, status in statuses)


def pods(*started: tuple[str, str], version: str = "1.31.1") -> str:
    """Return istiod's pods as kubectl prints them by the template: name and start."""
    return "".join(f"{pod} docker.io/istio/pilot:{version} {start}\n" for pod, start in started)


@dataclass(frozen=True)
class Mesh:
    """A tree on the disk, and the answers of its clusters."""

    tree: Path
    live: Answers

    @staticmethod
    def build(blueprint: str, *options: str) -> None:
        assert run(["build", blueprint, *options, "--validator", "embedded"]) == 0

    @staticmethod
    def well(live: Answers) -> None:
        """Let everything be sealed, opened, and read by two istiods."""
        live.set("aks", "secret", "istio-reader-gke-1-token", token(age=3 * DAY))
        live.set("aks", "view", "list", "https://aks.example.com")
        live.set("gke", "sealedsecret", REMOTE_SECRET, "True")
        live.set("gke", "pods", "app=istiod", pods(("istiod-1", ago(DAY)), ("istiod-2", ago(DAY))))
        live.set("gke", "istioctl", "remote-clusters", table(("istiod-1", SYNCED), ("istiod-2", SYNCED)))
        live.set("gke", "service", names.EAST_WEST_GATEWAY, "203.0.113.10 ")

    @property
    def blueprint(self) -> Path:
        return self.tree.parent.parent / BLUEPRINT

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.tree / ".mcgen/facts.yaml").read_text())
        return found

    def knows(self, facts: str) -> bool:
        """Return whether anything of a kind is noted."""
        return (self.tree / ".mcgen/facts.yaml").exists() and facts in self.facts

    def note(self, **facts: Any) -> None:
        """Put something into the facts."""
        (self.tree / ".mcgen/facts.yaml").write_text(yaml.safe_dump(self.facts | facts))

    @property
    def sealed(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.tree / SEALED).read_text())
        return found

    def seal(self, *, token: str, certificate: str = "") -> None:
        """Let the sealed file say of which token it is, and with which certificate it was sealed."""
        document = self.sealed
        document["spec"]["template"]["metadata"]["annotations"][names.TOKEN] = token
        if certificate:
            document["metadata"]["annotations"] = {names.CERTIFICATE: certificate}
        (self.tree / SEALED).write_text(yaml.safe_dump(document))

    def waits(self) -> None:
        """Let nothing be sealed yet, nor any fact be known."""
        shutil.rmtree(self.tree)
        shutil.move(WAITING, self.tree)

    def rotating(self, *, sealed: str) -> None:
        """Let a new token stand beside the old one; sealed: of which the sealed file is."""
        self.note(tokens={"gke": {"aks": ["1", "2"]}})
        self.seal(token=sealed)
        self.live.set("aks", "secret", "istio-reader-gke-2-token", token("2"))

    def loaded(self) -> Loaded:
        return load.load(load.read(BLUEPRINT), self.tree)

    def bootstrap(self, *options: str) -> int:
        return run(["bootstrap", BLUEPRINT, "--retries", "0", "--validator", "embedded", *options])

    def asked(self, capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> dict[str, Any]:
        """Run it, and return what it says as JSON."""
        capsys.readouterr()
        assert self.bootstrap("--format", "json", *options) == code
        said: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert said["version"] == 1
        return said
