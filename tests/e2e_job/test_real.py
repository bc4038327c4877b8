"""The bootstrap job with the real kubectl, istioctl, kubeseal, git and ssh, against real API servers."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.problems import ToolError
from tests.e2e_bootstrap.test_2_secrets import CALLS, forms, holders
from tests.e2e_job.mesh import ADMIN, BRANCH, JOB, SPACE, TREE
from tests.lab.catalogue import CHECKOUT, TOOLS
from tests.lab.process import environment, wait_for
from tests.lab.sshd import stranger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e_job.mesh import World

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

# A pipe of the operating system, or a file that is in memory alone.
HARMLESS = re.compile(r"\bwrite\(\d+<(pipe:\[\d+\]|/memfd:kubeconfig)")


@pytest.fixture(autouse=True)
def _as_in_the_pod(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in set(os.environ) - set(environment()):
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(world.home))
    monkeypatch.setenv("TMPDIR", str(world.home))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PATH", str(TOOLS), prepend=":")


def sealed(world: World, remote: str) -> str:
    return world.git("show", f"{BRANCH}:{TREE}/clusters/gke/remote-secrets/{remote}/sealed-secret.yaml")


def opened(world: World, remote: str) -> dict[str, object]:
    """Return the kubeconfig in a sealed remote secret, opened with the sealing key."""
    argv = [f"{TOOLS}/kubeseal", "--recovery-unseal", f"--recovery-private-key={world.folder}/key.pem"]
    done = subprocess.run(argv, input=sealed(world, remote), capture_output=True, text=True, check=True)
    found: dict[str, object] = yaml.safe_load(base64.b64decode(yaml.safe_load(done.stdout)["data"][remote]))
    return found


def token(world: World, remote: str) -> str:
    secret = world.lab[remote].get("secret", "istio-reader-gke-1-token", "istio-system")
    return base64.b64decode(secret["data"]["token"]).decode()


def test_it_seals_with_every_kind_of_credential(world: World) -> None:
    main = world.git("rev-parse", "main")
    assert world.job(), world.said
    assert world.git("rev-parse", f"{BRANCH}^") == main == world.git("rev-parse", "main")
    for remote in ("aks", "eks"):
        kubeconfig = yaml.safe_dump(opened(world, remote))
        assert token(world, remote) in kubeconfig
        assert world.lab[remote].plan.server in kubeconfig
    facts = yaml.safe_load(world.git("show", f"{BRANCH}:{TREE}/.mcgen/facts.yaml"))
    service = world.lab["gke"].get("service", "istio-eastwestgateway", "istio-system")
    assert facts["addresses"] == {"gke": service["status"]["loadBalancer"]["ingress"][0]["ip"]}


def test_a_second_time_there_is_nothing_to_do(world: World) -> None:
    tip = world.git("rev-parse", BRANCH)
    assert world.job()
    assert world.git("rev-parse", BRANCH) == tip


def secrets(world: World) -> list[str]:
    """Return every token that the job has to do with."""
    found = [token(world, remote) for remote in ("aks", "eks")]
    given = world.lab["gke"].get("secret", "cluster-aks", "argocd")["data"]["config"]
    found.append(yaml.safe_load(base64.b64decode(given))["bearerToken"])
    held = base64.b64decode(world.lab["gke"].get("secret", "cluster-eks", SPACE)["data"]["kubeconfig"])
    found.append(yaml.safe_load(held)["users"][0]["user"]["token"])
    assert all(len(each) > 500 for each in found)
    return found


def test_secrets_go_through_pipes_and_memory_and_nowhere_else(world: World, tmp_path: Path) -> None:
    """Every write, every file opened and every program started is looked at, of the job and of all that it starts."""
    world.jane.commit("main", "traced.txt", "x")
    here, trace = world.account(), tmp_path / "trace"
    program = [sys.executable, "-m", "tests.e2e_job.once", world.server.url("mesh"), str(world.secret)]
    argv = ["strace", "-f", "-v", "-y", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace)]
    done = subprocess.run(
        [*argv, *program, here.server, here.folder],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 sealed" in done.stdout
    written = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    for secret in secrets(world):
        found = [line for line in written if any(form in line for form in forms(secret))]
        assert found, "the control: the trace does show where it went"
        assert [line[:200] for line in found if not HARMLESS.search(line)] == []
        assert holders(secret, world.home, tmp_path) == []
        assert not [form for form in forms(secret) if form in done.stdout + done.stderr]
    assert [path for path in world.home.rglob("*") if path.is_file()], "kubectl keeps what it learns of an API server"


def may(world: World, cluster: str, account: str, verb: str, what: str, namespace: str) -> bool:
    who = f"--as=system:serviceaccount:{account}"
    return world.lab[cluster].says("auth", "can-i", verb, what, who, f"--namespace={namespace}", "--quiet")


@pytest.mark.parametrize(
    ("cluster", "account", "what", "namespace"),
    [
        ("gke", f"{SPACE}:{JOB}", "secret/cluster-aks", "argocd"),
        ("gke", f"{SPACE}:{JOB}", "secret/cluster-eks", SPACE),
        ("gke", f"{SPACE}:{JOB}", "service/istio-eastwestgateway", "istio-system"),
        ("aks", f"{ADMIN}:argocd-manager", "secret/istio-reader-gke-1-token", "istio-system"),
        ("eks", f"{ADMIN}:{JOB}", "secret/istio-reader-gke-1-token", "istio-system"),
        ("eks", f"{ADMIN}:{JOB}", "serviceaccount/istio-reader-gke-1", "istio-system"),
    ],
)
def test_it_may_get_what_it_needs_and_nothing_else(
    world: World, cluster: str, account: str, what: str, namespace: str
) -> None:
    assert may(world, cluster, account, "get", what, namespace)
    kind = what.partition("/")[0]
    for verb in ("list", "watch", "create", "update", "patch", "delete"):
        assert not may(world, cluster, account, verb, kind, namespace)
    assert not may(world, cluster, account, "get", f"{kind}/another", namespace)
    assert not may(world, cluster, account, "get", what, "default")


def test_what_it_may_not_read_is_told(world: World) -> None:
    tip = world.git("rev-parse", BRANCH)
    role = world.lab["gke"].get("role", JOB, "argocd")
    world.lab["gke"].kubectl("delete", "role", JOB, "--namespace=argocd")
    try:
        world.jane.commit("main", "other.txt", "x")
        assert not world.job()
    finally:
        keep = {key: role["metadata"][key] for key in ("name", "namespace")}
        world.lab["gke"].apply(yaml.safe_dump({**role, "metadata": keep}))
    said = "\n".join(world.said)
    assert "aks: Secret argocd/cluster-aks cannot be read" in said
    assert "(Forbidden)" in said
    assert "sealed   eks for gke" in said
    assert world.git("rev-parse", BRANCH) == tip
    assert world.job()
    assert world.git("rev-parse", f"{BRANCH}^") == world.git("rev-parse", "main")


def test_a_host_key_that_is_not_known_ends_it(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "identity").write_text((world.secret / "identity").read_text())
    (secret / "identity").chmod(0o600)
    (secret / "known_hosts").write_text(f"{world.server.address} {stranger(tmp_path)}\n")
    with pytest.raises(ToolError, match="Host key verification failed"):
        world.job(secret)


def test_a_key_that_is_not_known_ends_it(world: World, tmp_path: Path) -> None:
    stranger(tmp_path)
    secret = tmp_path / "secret"
    secret.mkdir()
    (tmp_path / f"stranger-{os.getpid()}").rename(secret / "identity")
    (secret / "known_hosts").write_text((world.secret / "known_hosts").read_text())
    with pytest.raises(ToolError, match="Permission denied"):
        world.job(secret)


def test_kubernetes_takes_the_job_and_its_schedule(world: World) -> None:
    gke = world.lab["gke"]
    assert gke.get("cronjob", JOB, SPACE)["spec"]["concurrencyPolicy"] == "Forbid"
    for _ in range(2):
        world.shell(f"kubectl replace --force --filename {TREE}/bootstrap/job.yaml")
    wait_for("pod", lambda: gke.kubectl("get", "pods", f"--namespace={SPACE}", "--output=name").strip(), seconds=30)
    gke.kubectl("label", "namespace", SPACE, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    dry = ("--dry-run=server", "--output=name")
    created = gke.kubectl("create", "--filename=-", *dry, stdin=pod(world))
    assert created.strip() == f"pod/{JOB}"


def pod(world: World) -> str:
    """Return the pod that the Job makes, so that admission judges it."""
    job = yaml.safe_load((world.tree / "bootstrap/job.yaml").read_text())
    metadata = {"name": JOB, "namespace": SPACE, **job["spec"]["template"]["metadata"]}
    return yaml.safe_dump(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": job["spec"]["template"]["spec"]}
    )


def test_kubeseal_reads_a_kubeconfig_from_memory_too(world: World) -> None:
    """It has no controller to ask here, but the API server's answer is one to this account."""
    script = (
        "import sys, subprocess\n"
        "from contextlib import ExitStack\n"
        "from mcgen.bootstrap import certificate, kube, ways, credentials\n"
        "with ExitStack() as stack:\n"
        "    way = ways._open(stack, 'gke', 'it', credentials.own(sys.argv[1], sys.argv[2]))\n"
        "    try:\n"
        "        certificate.fetch(way, ('kube-system', 'sealed-secrets-controller'), timeout=20)\n"
        "    except kube.NoAnswer as error:\n"
        "        print(error)\n"
    )
    here = world.account()
    done = subprocess.run(
        [sys.executable, "-c", script, here.server, here.folder], capture_output=True, text=True, check=True
    )
    assert f'User "system:serviceaccount:{SPACE}:{JOB}" cannot get resource "services"' in done.stdout
