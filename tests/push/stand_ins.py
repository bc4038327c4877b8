"""Stand-ins on PATH: clusters that have every token, an istioctl that prints one, and a provider that is a folder."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from mcgen.cli import run
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "eyJhbGciOiJSUzI1NiJ9.the-token-of-a-remote.c2lnbmF0dXJl"
KUBECONFIG = f"apiVersion: v1\nkind: Config\nusers:\n- name: aks\n  user:\n    token: {TOKEN}\n"

KUBECTL = """#!/bin/sh
echo "$*" >>"$SEEN/kubectl"
case "$*" in
*version*) echo 'Client Version: v1.36.1' ;;
*"config view"*) echo https://aks.example.com ;;
*"get pods"*) ;;
*externalsecrets*) cat "$SEEN/external" 2>/dev/null || { echo 'Error (NotFound): not found' >&2; exit 1; } ;;
*istio-reader-gke-*)
  account=$(echo "$*" | sed 's/.*\\(istio-reader-gke-[0-9a-z]*\\)-token.*/\\1/')
  printf 'kubernetes.io/service-account-token %s|aks|2026-01-01T00:00:00Z|filled' "$account" ;;
*) echo "Error (NotFound): $*" >&2; exit 1 ;;
esac
"""
ISTIOCTL = """#!/bin/sh
echo "$*" >>"$SEEN/istioctl"
case "$*" in
*version*) echo 1.31.1 ;;
*create-remote-secret*) cat "$SEEN/secret"; exit "$(cat "$SEEN/code" 2>/dev/null || echo 0)" ;;
*) exit 1 ;;
esac
"""
# Whatever it says goes nowhere; its arguments are written down.
PROVIDER = """#!/bin/sh
echo "$*" >>"$SEEN/provider"
mkdir -p "$SEEN/values/$(dirname "$1")"
tee "$SEEN/values/$1"
"""


@dataclass(frozen=True)
class Place:
    """A folder with a tree of the sample, and programs that note in `seen` what they were told."""

    folder: Path

    @property
    def seen(self) -> Path:
        return self.folder / "seen"

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.folder / "tree/.mcgen/facts.yaml").read_text(encoding="utf-8"))
        return found

    def value(self, key: str) -> bytes:
        return (self.seen / "values" / key).read_bytes()

    def told(self, program: str) -> list[str]:
        file = self.seen / program
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def bootstrap(self, *options: str, push: str = "provider {key}") -> int:
        given = ["--push", push] if push else []
        return run(["bootstrap", "mesh.yaml", "-o", "tree", "--validator", "embedded", *given, *options])

    def script(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)


def remote_secret(cluster: str = "aks") -> dict[str, Any]:
    """Return what istioctl prints for a cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"istio-remote-secret-{cluster}",
            "namespace": "istio-system",
            "labels": {"istio/multiCluster": "true"},
            "annotations": {"networking.istio.io/cluster": cluster},
        },
        "stringData": {cluster: KUBECONFIG},
    }


def place(folder: Path) -> Place:
    """Return a place whose tree waits at its gates; the caller has gone there, and has its `bin` and `seen`."""
    made = Place(folder)
    for name in ("bin", "seen"):
        (folder / name).mkdir()
    shutil.copy(CHECKOUT / BY_TREE["external-secrets"].blueprint, folder / "mesh.yaml")
    for name, text in (("kubectl", KUBECTL), ("istioctl", ISTIOCTL), ("provider", PROVIDER)):
        made.script(name, text)
    (made.seen / "secret").write_text(yaml.safe_dump(remote_secret()), encoding="utf-8")
    assert run(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    return made


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "SEEN": str(folder / "seen")}
