"""The generated Job as a pod in a cluster, with an image, rights and Secrets; the last trial, because main moves."""

from __future__ import annotations

import base64
from contextlib import chdir
from functools import partial
from typing import TYPE_CHECKING

import pytest
import yaml

from mcgen.cli import run as mcgen
from tests.e2e_job.mesh import BRANCH, JOB, SPACE, TREE
from tests.job.repository import BLUEPRINT
from tests.lab import addons
from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_job.mesh import World

pytestmark = [pytest.mark.e2e, pytest.mark.lab]
GIT_SECRET = "mcgen-bootstrap-git"


@pytest.fixture(scope="module")
def installed(world: World) -> World:
    """Let the controller of sealed-secrets run, and the blueprint leave the certificate to it."""
    gke = world.lab["gke"]
    addons.sealed_secrets(gke)
    gke.kubectl("label", "namespace", SPACE, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    files = [f"--from-file={world.secret}/{name}" for name in ("identity", "known_hosts")]
    gke.kubectl("create", "secret", "generic", GIT_SECRET, f"--namespace={SPACE}", *files)
    world.jane.take("main")
    data = world.data()
    data["clusters"][0]["bootstrap"] = {}
    (world.jane.folder / BLUEPRINT).write_text(yaml.safe_dump(data, sort_keys=False))
    with chdir(world.jane.folder):
        assert mcgen(["build", BLUEPRINT, "--validator", "embedded"]) == 0
    world.jane.push("main", "The controller's certificate")
    return world


def run(world: World) -> tuple[bool, str]:
    """Run the Job once and return whether it succeeded, and its log."""
    gke = world.lab["gke"]
    world.shell(f"kubectl replace --force --filename {TREE}/bootstrap/job.yaml")

    def ended() -> bool:
        status = gke.get("job", JOB, SPACE)["status"]
        return bool({each["type"] for each in status.get("conditions", ())} & {"Complete", "Failed"})

    try:
        wait_for("end of the Job", ended, seconds=180, pause=1)
    except LabError as error:
        raise LabError(f"{error}\n{gke.kubectl('describe', 'pods', f'--namespace={SPACE}')[-3000:]}") from error
    log = gke.kubectl("logs", f"--namespace={SPACE}", f"job/{JOB}", "--all-pods", "--prefix=false")
    return bool(gke.get("job", JOB, SPACE)["status"].get("succeeded")), log


def test_the_job_seals_and_pushes(installed: World) -> None:
    good, log = run(installed)
    assert good, log
    assert "2 sealed" in log
    assert f"next: merge {BRANCH} into main" in log
    gke = installed.lab["gke"]
    for remote in ("aks", "eks"):
        path = f"{TREE}/clusters/gke/remote-secrets/{remote}/sealed-secret.yaml"
        gke.apply(installed.git("show", f"{BRANCH}:{path}"))
        name = f"istio-remote-secret-{remote}"
        wait_for("Secret", partial(gke.says, "get", "secret", name, "--namespace=istio-system"), seconds=30)
        held = base64.b64decode(gke.get("secret", name, "istio-system")["data"][remote]).decode()
        token = installed.lab[remote].get("secret", "istio-reader-gke-1-token", "istio-system")["data"]["token"]
        assert base64.b64decode(token).decode() in held


def test_run_again_it_has_nothing_to_do(installed: World) -> None:
    tip = installed.git("rev-parse", BRANCH)
    good, log = run(installed)
    assert good, log
    assert "2 skipped" in log
    assert installed.git("rev-parse", BRANCH) == tip


def test_it_stays_within_its_memory(installed: World) -> None:
    """What the limits in the Job are made of: the node counts what the pods used at most, and kills what used more.

    A pod that failed for another reason has a second try, which is what backoffLimit is for; then its words are here.
    """
    gke = installed.lab["gke"]
    pods = yaml.safe_load(gke.kubectl("get", "pods", f"--namespace={SPACE}", "--output=yaml"))["items"]
    ends = [
        (status["state"].get("terminated", status["state"]), gke.kubectl("logs", pod["metadata"]["name"], "-n", SPACE))
        for pod in pods
        for status in pod["status"]["containerStatuses"]
    ]
    print(ends)
    assert [end for end, _ in ends if end.get("reason") == "Completed"]
    assert not [end for end, _ in ends if end.get("reason") == "OOMKilled"]


def test_without_its_key_it_fails_with_words(installed: World) -> None:
    gke = installed.lab["gke"]
    role = gke.get("secret", GIT_SECRET, SPACE)
    hosts = base64.b64encode(b"").decode()
    gke.kubectl(
        "patch", "secret", GIT_SECRET, f"--namespace={SPACE}", f'--patch={{"data": {{"known_hosts": "{hosts}"}}}}'
    )
    try:
        good, log = run(installed)
    finally:
        known = role["data"]["known_hosts"]
        gke.kubectl(
            "patch", "secret", GIT_SECRET, f"--namespace={SPACE}", f'--patch={{"data": {{"known_hosts": "{known}"}}}}'
        )
    assert not good
    assert "Host key verification failed" in log
