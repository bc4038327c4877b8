"""Many remotes at once, and a sealed-secrets controller that mcgen itself installs."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.e2e_bootstrap.mesh import Mesh
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

REMOTES = [f"r{number:02}" for number in range(50)]


@pytest.fixture
def many(ready: Mesh, tmp_path: Path) -> Mesh:
    """Return a mesh of gke and 50 remotes, all of which are one API server under 50 names."""
    mesh = Mesh(ready.lab, tmp_path)
    data = mesh.data()
    primary = data["clusters"][0]
    spare = ready.lab["spare"].plan.server
    clusters = [
        {"name": name, "platform": "generic", "role": "remote", "egress": ["203.0.113.1/32"]}
        | {"bootstrap": {"server": spare, "context": "spare"}}
        for name in REMOTES
    ]
    del data["bootstrap"]
    mesh.write(data | {"clusters": [primary, *clusters], "policies": []})
    mesh.mcgen("build")
    # As if the tree was synced before its Secrets said whose they are.
    tokens = mesh.tree / "clusters/r00/namespaces/tokens.yaml"
    text = tokens.read_text()
    tokens.write_text("".join(line for line in text.splitlines(keepends=True) if "mcgen/cluster" not in line))
    mesh.sync_as("spare", "r00", "namespaces")
    tokens.write_text(text)
    wait_for("the token in spare", lambda: mesh.token("1", "spare"), seconds=30)
    return mesh


def test_fifty_remotes(many: Mesh, tmp_path: Path) -> None:
    """All are sealed, a second run has nothing to do; how long it took, and in how much memory, is printed."""
    measure = (
        "import json, resource, subprocess, sys, time; start = time.monotonic(); "
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
        "usage = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([done.returncode, done.stdout, time.monotonic() - start, "
        "usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024]))"
    )
    os.chdir(many.folder)
    argv = [sys.executable, "-c", measure, *many.argv("bootstrap", "--format=json")]
    env = many.environment()
    code, out, seconds, cpu, memory = json.loads(
        run(["env", *(f"{k}={env[k]}" for k in ("KUBECONFIG", "PATH")), *argv])
    )
    found = json.loads(out)
    assert code == 0, out
    assert [(pair["remote"], pair["state"]) for pair in found["pairs"]] == [(name, "sealed") for name in REMOTES]
    secrets = list((many.tree / "clusters/gke/remote-secrets").glob("*/sealed-secret.yaml"))
    assert len({path.read_text() for path in secrets}) == len(REMOTES)
    # Several programs at once: the largest of them, which is istioctl or kubectl.
    print(f"\n50 remotes: {seconds:.1f} s, {cpu:.1f} s of processor time, the largest program {memory} MiB")
    again = json.loads(many.mcgen("bootstrap", "--format=json"))
    assert {pair["state"] for pair in again["pairs"]} == {"skipped"}


def test_one_that_is_down_does_not_stop_the_others(many: Mesh, tmp_path: Path) -> None:
    down = yaml.safe_load(many.lab["spare"].kubeconfig.read_text())
    down["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "down").write_text(yaml.safe_dump(down))
    ran = many.run("bootstrap", "--format=json", "--retries=0", f"--kubeconfig=r07={tmp_path / 'down'}")
    states = {pair["remote"]: pair["state"] for pair in json.loads(ran.out)["pairs"]}
    assert (ran.code, [name for name, state in states.items() if state == "failed"]) == (3, ["r07"])
    assert len([name for name, state in states.items() if state == "sealed"]) == len(REMOTES) - 1
    out = many.mcgen("bootstrap")
    assert "sealed   r07 for gke" in out
    assert "1 sealed, 49 skipped" in out


def test_a_controller_that_mcgen_manages(ready: Mesh, tmp_path: Path) -> None:
    mesh = Mesh(ready.lab, tmp_path)
    mesh.write(mesh.data() | {"addons": {"sealedSecrets": "managed"}})
    mesh.mcgen("build")
    gke = mesh.lab["gke"]
    for stage in ("namespaces", "sealed-secrets"):
        mesh.sync("gke", stage)
    gke.rolled_out("sealed-secrets", "sealed-secrets-controller")
    mesh.sync("aks", "namespaces")
    mesh.wait_for_token("1")
    out = mesh.mcgen("bootstrap")
    assert "controller sealed-secrets/sealed-secrets-controller of gke" in out
    assert "sealed   aks for gke" in out
    # The other controller of this cluster would fight over it, and can open none of these.
    other = ("deployment/sealed-secrets-controller", "--namespace=kube-system")
    gke.kubectl("scale", *other, "--replicas=0")
    try:
        gke.kubectl("wait", "--for=delete", "pod", "--selector=name=sealed-secrets-controller", other[1])
        secret = ("secret", "istio-remote-secret-cluster-aks", "--namespace=istio-system")
        gke.kubectl("delete", "--ignore-not-found", *secret)
        gke.kubectl("delete", "--ignore-not-found", "sealedsecret/istio-remote-secret-cluster-aks", secret[2])
        mesh.sync("aks", "remote-secret")
        mesh.wait_until_unsealed()
        assert gke.says("get", *secret)
    finally:
        gke.kubectl("scale", *other, "--replicas=1")
