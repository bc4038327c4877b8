"""`mcgen bootstrap --ca` with the real kubeseal: what comes out of the sealed files is judged by the real openssl."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from mcgen.bootstrap import authority
from mcgen.cli import run as mcgen
from tests.programs import program, run
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

PRIMARIES = ("gke", "aks")
KEYS = ("ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem")
REQUEST = ["-subj", "/O=test", "-addext", "subjectAltName=URI:spiffe://cluster.local/ns/shop/sa/frontend"]


def openssl(*argv: str, cwd: Path) -> str:
    return run(["openssl", *argv], cwd=cwd).decode()


@pytest.fixture(scope="module")
def sealing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a sealing key for each primary."""
    folder = tmp_path_factory.mktemp("sealing")
    for name in PRIMARIES:
        request = ["-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=sealed"]
        openssl("req", "-x509", *request, "-keyout", f"{name}.key", "-out", f"{name}.pem", cwd=folder)
    return folder


@pytest.fixture
def mesh(tmp_path: Path, sealing: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a tree that waits at its gates."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(program('kubeseal'))}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    # Nothing here depends on the length, and long ones take their time.
    monkeypatch.setattr(authority, "_BITS", 2048)
    (tmp_path / "mesh.yaml").write_bytes((CHECKOUT / BY_TREE["multi-primary"].blueprint).read_bytes())
    for path in sealing.iterdir():
        (tmp_path / path.name).symlink_to(path)
    assert mcgen(["build", "mesh.yaml", "-o", "tree", "--validator", "embedded"]) == 0
    return tmp_path


def sign(*options: str, folder: str = "offline") -> int:
    certificates = [f"--cert={name}={name}.pem" for name in PRIMARIES]
    argv = ["bootstrap", "mesh.yaml", "-o", "tree", "--ca", folder, *certificates, "--validator", "embedded"]
    return mcgen([*argv, *options])


def sealed(mesh: Path, name: str) -> Path:
    return mesh / "tree/clusters" / name / "trust/sealed-secret.yaml"


def opened(mesh: Path, name: str) -> Path:
    """Return a folder with the certificates of a primary, as its sealed-secrets controller sees them."""
    argv = [program("kubeseal"), "--recovery-unseal", "--recovery-private-key", f"{name}.key"]
    secret = json.loads(run(argv, cwd=mesh, stdin=sealed(mesh, name).read_bytes()))
    assert secret["metadata"]["name"] == "cacerts"
    assert sorted(secret["data"]) == sorted(KEYS)
    folder = mesh / "opened" / name
    folder.mkdir(parents=True, exist_ok=True)
    for key, value in secret["data"].items():
        (folder / key).write_bytes(base64.b64decode(value))
    return folder


def workload(folder: Path) -> None:
    """Issue a workload's certificate as istiod does: signed by the intermediate certificate of its cluster."""
    openssl(
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "w.key",
        "-out",
        "w.csr",
        *REQUEST,
        cwd=folder,
    )
    by = ["-CA", "ca-cert.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-copy_extensions", "copyall"]
    openssl("x509", "-req", "-in", "w.csr", *by, "-days", "1", "-out", "w.pem", cwd=folder)


def test_workloads_of_two_primaries_verify_each_other(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign() == 0
    assert "2 sealed" in capfd.readouterr().out
    folders = {name: opened(mesh, name) for name in PRIMARIES}
    for name, folder in folders.items():
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", "root-cert.pem", "ca-cert.pem", cwd=folder)
        assert f"L = {name}" in openssl("x509", "-in", "ca-cert.pem", "-noout", "-subject", cwd=folder)
        workload(folder)
    for own, other in (PRIMARIES, PRIMARIES[::-1]):
        root, chain = folders[other] / "root-cert.pem", folders[own] / "cert-chain.pem"
        argv = ["-x509_strict", "-CAfile", str(root), "-untrusted", str(chain), "w.pem"]
        assert "OK" in openssl("verify", *argv, cwd=folders[own])
    keys = {(folder / "ca-key.pem").read_bytes() for folder in folders.values()}
    assert len(keys) == 2, "each primary has a key of its own"


def test_what_an_intermediate_signs_is_no_authority(mesh: Path) -> None:
    assert sign() == 0
    folder = opened(mesh, "gke")
    (folder / "ca.ext").write_text("basicConstraints=critical,CA:true\n", encoding="utf-8")
    for name, by, options in (
        ("below", "ca-cert.pem ca-key.pem", ["-extfile", "ca.ext"]),
        ("w", "below.pem below.key", []),
    ):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
        openssl("req", "-new", *key, "-subj", f"/O={name}", "-out", f"{name}.csr", cwd=folder)
        certificate, signing = by.split()
        argv = ["-CA", certificate, "-CAkey", signing, "-CAcreateserial", "-days", "1", *options]
        openssl("x509", "-req", "-in", f"{name}.csr", *argv, "-out", f"{name}.pem", cwd=folder)
    (folder / "untrusted.pem").write_bytes((folder / "ca-cert.pem").read_bytes() + (folder / "below.pem").read_bytes())
    argv = ["openssl", "verify", "-CAfile", "root-cert.pem", "-untrusted", "untrusted.pem", "w.pem"]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert "path length constraint exceeded" in done.stdout + done.stderr


def test_no_key_but_the_roots_reaches_a_disk(mesh: Path) -> None:
    before = {path for path in mesh.rglob("*") if path.is_file()}
    assert sign() == 0
    written = [path for path in mesh.rglob("*") if path.is_file() and path not in before]
    assert [path.name for path in written if b"PRIVATE KEY" in path.read_bytes()] == ["root-key.pem"]
    assert oct((mesh / "offline/root-key.pem").stat().st_mode & 0o777) == "0o600"
    assert oct((mesh / "offline").stat().st_mode & 0o777) == "0o700"


def test_the_tree_goes_on_and_a_second_run_changes_nothing(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign() == 0
    assert mcgen(["validate", "tree", "--validator", "embedded"]) == 0
    assert (mesh / "tree/clusters/aks/argocd/20-control-plane.yaml").exists()
    texts = {name: sealed(mesh, name).read_text(encoding="utf-8") for name in PRIMARIES}
    capfd.readouterr()
    assert sign() == 0
    assert "2 skipped" in capfd.readouterr().out
    assert {name: sealed(mesh, name).read_text(encoding="utf-8") for name in PRIMARIES} == texts


def test_a_new_intermediate_of_one_primary_under_the_same_root(mesh: Path) -> None:
    assert sign() == 0
    root, other = (opened(mesh, "gke") / "root-cert.pem").read_bytes(), sealed(mesh, "aks").read_bytes()
    old = (opened(mesh, "gke") / "ca-cert.pem").read_bytes()
    assert sign("--reseal", "gke") == 0
    folder = opened(mesh, "gke")
    assert (folder / "root-cert.pem").read_bytes() == root
    assert (folder / "ca-cert.pem").read_bytes() != old
    assert sealed(mesh, "aks").read_bytes() == other


def test_another_root_is_refused_before_it_is_made(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign() == 0
    assert sign("--reseal", "gke", folder="elsewhere") == 3
    assert "there is no root in 'elsewhere'" in capfd.readouterr().err
    assert not (mesh / "elsewhere").exists()


def test_a_dry_run_makes_nothing(mesh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert sign("--dry-run") == 0
    assert "2 planned" in capfd.readouterr().out
    assert not (mesh / "offline").exists()
    assert not sealed(mesh, "gke").exists()
