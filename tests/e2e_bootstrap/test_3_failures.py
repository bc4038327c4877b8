"""What goes wrong in a bootstrap, and that it goes no further: one clear line, nothing half written, and a rerun."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.certificates import ELLIPTIC, RSA, issue
from tests.lab.catalogue import TOOLS
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e_bootstrap.mesh import Mesh

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

SLOW = f"""#!/bin/sh
case "$*" in *--version*|*--fetch-cert*) exec {TOOLS}/kubeseal "$@" ;; esac
touch "$0.began"
sleep 5
exec {TOOLS}/kubeseal "$@"
"""


@pytest.fixture
def fresh(ready: Mesh, tmp_path: Path) -> Mesh:
    """Return the mesh in a folder of its own, with nothing sealed in it."""
    mesh = ready.copy(tmp_path / "mesh")
    shutil.rmtree(mesh.tree)
    service = mesh.lab["gke"].get("service", "istio-eastwestgateway", "istio-system")
    address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
    tokens = ready.facts.get("tokens", {}) if ready.sealed.exists() else {}
    facts = {"apiVersion": "mcgen/v1alpha1", "kind": "Facts", "addresses": {"gke": address}, "tokens": tokens}
    (mesh.tree / ".mcgen").mkdir(parents=True)
    (mesh.tree / ".mcgen/facts.yaml").write_text(yaml.safe_dump(facts))
    mesh.mcgen("build")
    return mesh


def path_with(folder: Path, **scripts: str) -> str:
    """Return a PATH on which scripts stand before the real programs."""
    folder.mkdir()
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return f"{folder}:{TOOLS}:{os.environ['PATH']}"


def kubeconfig(mesh: Mesh, name: str, file: Path, **changes: str) -> str:
    """Write the kubeconfig of one cluster, with changes to its cluster entry."""
    found = yaml.safe_load(mesh.lab[name].kubeconfig.read_text())
    found["clusters"][0]["cluster"] |= changes
    file.write_text(yaml.safe_dump(found))
    return str(file)


def fails(mesh: Mesh, words: str, *arguments: str, **more: str) -> None:
    """Run a bootstrap that must fail with these words, and leave the tree as it was."""
    before = contents(mesh.tree)
    ran = mesh.run("bootstrap", "--retries=0", *arguments, **more)
    assert (ran.code, words in ran.said) == (3, True), ran.said
    assert "Traceback" not in ran.said
    assert not mesh.sealed.exists()
    after = contents(mesh.tree)
    # What was found out about the consumer may be noted.
    noted = {".mcgen/facts.yaml", ".mcgen/manifest.json"}
    assert {k: v for k, v in after.items() if k not in noted} == {k: v for k, v in before.items() if k not in noted}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_remote_that_is_down(fresh: Mesh, tmp_path: Path) -> None:
    down = kubeconfig(fresh, "aks", tmp_path / "down", server=f"https://{fresh.lab['aks'].plan.api_address}:6444")
    fails(fresh, "aks", f"--kubeconfig=aks={down}", "--timeout=5")
    fails(fresh, "aks (", f"--kubeconfig=aks={down}", "--timeout=5")
    assert "sealed   aks for gke" in fresh.mcgen("bootstrap")


def test_a_context_that_is_not_there(fresh: Mesh) -> None:
    data = fresh.data()
    data["clusters"][1]["bootstrap"]["context"] = "nowhere"
    fresh.write(data)
    fresh.mcgen("build")
    fails(fresh, 'context "nowhere" does not exist')


def test_a_context_of_another_cluster_with_a_token_of_that_name(fresh: Mesh) -> None:
    """A second remote of gke has a token Secret of the same name: what says whose it is, is noticed."""
    spare = fresh.lab["spare"]
    stage = run([f"{TOOLS}/kustomize", "build", str(fresh.tree / "clusters/aks/namespaces")])
    spare.apply(stage.replace("mcgen/cluster: aks", "mcgen/cluster: eks"))
    suffix = fresh.facts["tokens"].get("gke", {}).get("aks", ["1"])[-1]
    wait_for("the token in spare", lambda: fresh.token(suffix, "spare"), seconds=30)
    fails(fresh, "leads to the cluster 'eks', and not to 'aks'", f"--kubeconfig=aks={spare.kubeconfig}")
    spare.kubectl("delete", "namespace", "istio-system", "multi-cluster", "--timeout=60s")


def test_an_account_without_rights(fresh: Mesh, tmp_path: Path) -> None:
    aks = fresh.lab["aks"]
    found = yaml.safe_load(aks.kubeconfig.read_text())
    found["users"][0]["user"] = {"token": aks.kubectl("create", "token", "default").strip()}
    (tmp_path / "weak").write_text(yaml.safe_dump(found))
    fails(fresh, "(Forbidden)", f"--kubeconfig=aks={tmp_path / 'weak'}")


def test_programs_that_are_missing(fresh: Mesh, tmp_path: Path) -> None:
    for missing in ("istioctl", "kubeseal", "kubectl"):
        folder = tmp_path / missing
        folder.mkdir()
        for program in {"istioctl", "kubeseal", "kubectl"} - {missing}:
            (folder / program).symlink_to(TOOLS / program)
        words = "there is none on PATH" if missing == "istioctl" else f"'{missing}' is not there: install it"
        fails(fresh, words, PATH=str(folder))


def test_an_istioctl_of_another_minor(fresh: Mesh, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", istioctl='#!/bin/sh\necho "client version: 1.28.3"\n')
    fails(fresh, "bin/istioctl is of version 1.28.3. Put it on PATH", PATH=path)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo '<html>garbage'", "kubeseal for gke: error: "),
        ("echo 'kind: Secret'; exit 3", "istioctl create-remote-secret for aks: exit code 3"),
        ("true", "kubeseal"),
        ("head -c 3000000 /dev/zero", "kubeseal"),
        (
            f'{TOOLS}/istioctl "$@" | sed "s/name: istio-remote-secret-.*/name: other/"',
            "did not print the sealed secret",
        ),
    ],
    ids=("garbage", "fails", "nothing", "zeros", "another-name"),
)
def test_an_istioctl_that_prints_something_else(fresh: Mesh, tmp_path: Path, script: str, words: str) -> None:
    text = f'#!/bin/sh\ncase "$1" in version) exec {TOOLS}/istioctl "$@" ;; esac\n{script}\n'
    fails(fresh, words, PATH=path_with(tmp_path / "bin", istioctl=text))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("cat >/dev/null; echo no room >&2; exit 9", "kubeseal for gke: no room"),
        ("cat >/dev/null", "printed 0 documents instead of one"),
        ("cat >/dev/null; echo 'a: ['", "printed something that is no YAML"),
        ("exec cat", "did not print the sealed secret of aks"),
        (f'{TOOLS}/kubeseal "$@" | sed "s/Ag[A-D]/plain/"; cat >/dev/null', "cluster-aks is not sealed"),
        (f'{TOOLS}/kubeseal "$@"; cat >/dev/null', ""),
    ],
    ids=("fails", "nothing", "no-yaml", "hands-through", "damages", "fine-otherwise"),
)
def test_a_kubeseal_that_fails_after_istioctl_did_not(fresh: Mesh, tmp_path: Path, script: str, words: str) -> None:
    text = f'#!/bin/sh\ncase "$*" in *--version*|*--fetch-cert*) exec {TOOLS}/kubeseal "$@" ;; esac\n{script}\n'
    path = path_with(tmp_path / "bin", kubeseal=text)
    if not words:
        assert "sealed   aks for gke" in fresh.mcgen("bootstrap", PATH=path)
        return
    fails(fresh, words, PATH=path)
    assert "eyJ" not in fresh.run("bootstrap", "--retries=0", PATH=path).said


def certificate(mesh: Mesh, name: str, folder: Path) -> str:
    """Write the certificate with which a cluster's secrets are sealed, and return its file."""
    argv = [f"{TOOLS}/kubeseal", "--fetch-cert", f"--kubeconfig={mesh.lab[name].kubeconfig}"]
    file = folder / f"{name}.pem"
    file.write_text(run(argv))
    return str(file)


def test_a_given_certificate_is_pinned(fresh: Mesh, tmp_path: Path) -> None:
    mine = certificate(fresh, "gke", tmp_path)
    other = str(tmp_path / "other.pem")
    Path(other).write_text(issue(RSA, days=200))
    assert "sealed   aks for gke" in fresh.mcgen("bootstrap", f"--cert=gke={mine}")
    known = fresh.facts["certificates"]["gke"]["fingerprint"]
    before = fresh.sealed.read_bytes()
    ran = fresh.run("bootstrap", "--reseal", f"--cert=gke={other}")
    assert (ran.code, "nothing is sealed with it before somebody has looked at it" in ran.out) == (3, True), ran.said
    assert fresh.sealed.read_bytes() == before
    assert fresh.facts["certificates"]["gke"]["fingerprint"] == known
    out = fresh.mcgen("bootstrap", "--reseal", f"--cert=gke={other}", "--accept-new-cert")
    assert f"and was {known}" in out
    assert fresh.facts["certificates"]["gke"]["fingerprint"] != known
    # Fetched, a new one is used at once, and said.
    assert "the new one is used from now on" in fresh.mcgen("bootstrap", "--reseal")
    assert fresh.facts["certificates"]["gke"]["fingerprint"] == known


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (issue(RSA, days=50), "the certificate expired on "),
        (issue(ELLIPTIC, days=200), "has no RSA key"),
        ("no certificate\n", "this is no certificate in PEM form"),
        (None, "cannot be read: No such file or directory"),
    ],
    ids=("expired", "elliptic", "none", "missing"),
)
def test_certificates_that_cannot_be_used(fresh: Mesh, tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "certificate.pem"
    if text is not None:
        file.write_text(text)
    fails(fresh, words, f"--cert=gke={file}")


def test_a_full_disk(fresh: Mesh, tmp_path: Path) -> None:
    """The tree lies on a file system of its own, on which nothing more fits but what a file system holds back."""
    place = tmp_path / "small"
    place.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)])
    try:
        mesh = fresh.copy(place)
        filler = place / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        ran = mesh.run("bootstrap")
        assert (ran.code, "No space left on device" in ran.said) == (3, True), ran.said
        assert "free some space and run the same command again" in ran.said
        assert not mesh.sealed.exists() or "encryptedData" in mesh.sealed.read_text()
        filler.unlink()
        mesh.mcgen("bootstrap")
        assert mesh.sealed.exists()
        mesh.mcgen("build", "--check")
    finally:
        run(["umount", str(place)])


@pytest.fixture
def slow(fresh: Mesh, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a bootstrap that is in the middle of sealing."""
    path = path_with(tmp_path / "bin", kubeseal=SLOW)
    with subprocess.Popen(
        fresh.argv("bootstrap"),
        cwd=fresh.folder,
        env=fresh.environment(PATH=path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            wait_for("kubeseal to begin", (tmp_path / "bin/kubeseal.began").exists, seconds=60, pause=0.1)
            assert process.poll() is None
            yield process
        finally:
            process.kill()


def test_killed_in_the_middle_a_rerun_completes(fresh: Mesh, slow: subprocess.Popen[str]) -> None:
    slow.send_signal(signal.SIGKILL)
    slow.wait(10)
    assert not fresh.sealed.exists()
    assert "sealed   aks for gke" in fresh.mcgen("bootstrap")
    fresh.mcgen("build", "--check")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=("SIGTERM", "SIGINT"))
def test_told_to_end_it_ends_and_leaves_nothing(
    fresh: Mesh, slow: subprocess.Popen[str], number: signal.Signals
) -> None:
    slow.send_signal(number)
    said, _ = slow.communicate(timeout=20)
    assert (slow.returncode, "mcgen: interrupted" in said) == (130, True), said
    assert not fresh.sealed.exists()
    assert "sealed   aks for gke" in fresh.mcgen("bootstrap")


def test_two_at_once(fresh: Mesh, slow: subprocess.Popen[str]) -> None:
    ran = fresh.run("bootstrap")
    assert (ran.code, "another mcgen bootstrap is at work" in ran.said) == (3, True), ran.said
    assert '"state": "not sealed"' in fresh.mcgen("bootstrap", "--status", "--format=json")
    # A build may come in between, and nothing of either is lost.
    fresh.mcgen("build")
    said, _ = slow.communicate(timeout=60)
    assert (slow.returncode, "sealed   aks for gke" in said) == (0, True), said
    fresh.mcgen("build", "--check")


def test_without_a_tree_there_is_nothing_to_seal_into(fresh: Mesh, tmp_path: Path) -> None:
    ran = fresh.run("bootstrap", "-o", str(tmp_path / "nowhere"))
    assert (ran.code, "run `mcgen build` first" in ran.said) == (3, True), ran.said
    assert not (tmp_path / "nowhere").exists()


def test_wrong_use(fresh: Mesh) -> None:
    for arguments, words in {
        ("--rotate", "--revoke"): "--rotate and --revoke are steps of their own",
        ("--kubeconfig=nobody=x",): "there is no such cluster; the mesh has gke, aks",
        ("--kubeconfig=aks",): "'aks' is not CLUSTER=FILE",
        ("--rotate", "gke"): "'gke' is no remote of this mesh; its remotes: aks",
    }.items():
        ran = fresh.run("bootstrap", *arguments)
        assert (ran.code, words in ran.said) == (2, True), ran.said


def test_a_kubeconfig_that_leads_to_this_machine_is_warned_about(fresh: Mesh, tmp_path: Path) -> None:
    """kubectl goes through a tunnel on loopback, as with an API server behind a bastion."""
    aks = fresh.lab["aks"]
    argv = [f"{TOOLS}/kubectl", f"--kubeconfig={aks.kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as tunnel:
        try:
            assert tunnel.stdout
            address = tunnel.stdout.readline().split()[-1]
            file = kubeconfig(fresh, "aks", tmp_path / "tunnel", server=f"http://{address}")
            found = yaml.safe_load(Path(file).read_text())
            del found["clusters"][0]["cluster"]["certificate-authority-data"]
            found["users"][0]["user"] = {}
            Path(file).write_text(yaml.safe_dump(found))
            data = fresh.data()
            del data["clusters"][1]["bootstrap"]["server"]
            fresh.write(data)
            out = fresh.mcgen("bootstrap", f"--kubeconfig=aks={file}")
        finally:
            tunnel.kill()
    assert f"its remote secret says http://{address}, which no other cluster can reach" in out
