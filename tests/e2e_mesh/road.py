"""The road from one file to a mesh: what a team, an administrator and the bootstrap job do, in this order."""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode
from functools import partial
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from tests.e2e_mesh.page import block
from tests.lab import addons, argocd, sshd, story
from tests.lab.catalogue import CHECKOUT
from tests.lab.plaintext import OUTSIDE
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.sshd import Server
    from tests.lab.team import Team

REPOSITORY = "platform/mesh"
BRANCH, JOB = "mcgen/bootstrap-gke-aks", "gke-aks-bootstrap"
APPLICANT = CHECKOUT / "tests/e2e_mesh/applicant.yaml"


def prepare(team: Team) -> Server:
    """Serve the team's repository over SSH as well, and leave for later commits what the story begins without."""
    server = sshd.serve(team.lab)
    sshd.protect(server.repositories / f"{REPOSITORY}.git")

    def adapt(blueprint: dict[str, Any]) -> None:
        blueprint["bootstrap"]["git"]["url"] = server.url(REPOSITORY)
        # It runs when the story has come to it.
        blueprint["bootstrap"]["schedule"] = "@yearly"
        del blueprint["policies"]

    team.edit(adapt)
    return server


def to_the_gate(team: Team, page: Page) -> None:
    """Build, commit, install by the words of the READMEs, and let pods of nobody's mesh look on."""
    page.follow("build")
    story.install(team)
    page.watch("waiting")
    for cluster in team.lab.clusters.values():
        addons.demo(cluster)
        cluster.rolled_out(OUTSIDE, "client")
    root = team.home.get("configmap", "istio-ca-root-cert", "istio-system")["data"]["root-cert.pem"]
    words = {"root": json.dumps(root), "gateway": team.home.balancer("istio-system", "istio-eastwestgateway")}
    aks = team.lab["aks"]
    aks.apply(Template(APPLICANT.read_text()).substitute(words))
    aks.kubectl(
        "wait", "pod/applicant", f"--namespace={OUTSIDE}", "--for=condition=Ready", "--timeout=180s", timeout=200
    )


def applied_for(team: Team) -> str:
    """Return what the agent beside the mesh says of its certificate."""
    log = team.lab["aks"].kubectl("logs", "applicant", f"--namespace={OUTSIDE}")
    return "".join(line for line in log.splitlines(keepends=True) if "\tsds\t" in line or "\tcache\t" in line)


def seal(team: Team, server: Server) -> str:
    """Set the bootstrap job up and run it, by the words of its README, and return its log."""
    readme = (team.tree / "bootstrap/README.md").read_text()
    public_key = team.follow(readme, "**Git.**").splitlines()[-1]
    server.admit(public_key, BRANCH)
    team.follow(readme, "**Argo CD's clusters.**")
    team.follow(readme, "## 3. Apply")
    log = team.follow(readme, "At once, and again after a failure:")
    ended = ("wait", f"--namespace={argocd.NAMESPACE}", "--for=condition=Complete", f"job/{JOB}", "--timeout=60s")
    team.home.kubectl(*ended)
    return log


def merge(team: Team, page: Page) -> None:
    """Read and merge what the job pushed, as a person does, and wait until the mesh is complete."""
    page.follow("merge")
    argocd.refresh(team.home)
    story.finished(team)
    page.watch("complete")


def add_policy(team: Team, page: Page, name: str) -> None:
    """Append a policy to the blueprint as it stands on the page, and do what the page does with it."""
    path = team.repository.copy / "blueprints/gke-aks.yaml"
    path.write_text(path.read_text() + block(f"{name}-policy")["text"])
    page.shown.add(f"{name}-policy")
    page.follow(f"{name}-commit")
    argocd.refresh(team.home)


def commit(team: Team, message: str) -> None:
    """Build and commit what was changed in the blueprint."""
    team.build()
    team.commit(message)


def refused(team: Team) -> None:
    """Wait until istiod has refused the agent beside the mesh a certificate."""
    wait_for("refusal of a certificate", lambda: "Unauthenticated" in applied_for(team), seconds=120, pause=2)


def granted(team: Team) -> None:
    """Wait until that agent has its certificate; it asks again and again."""
    wait_for("certificate", partial(has_certificate, team), seconds=180, pause=2)


def has_certificate(team: Team) -> bool:
    return "generated new workload certificate" in applied_for(team)


def push_as_the_job(team: Team, server: Server, branch: str) -> None:
    """Push a new commit to a branch with the key of the job; raise LabError when that is refused."""
    secret = team.home.get("secret", "mcgen-bootstrap-git", argocd.NAMESPACE)["data"]
    commit = team.repository.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "A control").strip()
    with tempfile.TemporaryDirectory() as folder:
        for name, value in secret.items():
            path = Path(folder, name)
            path.touch(mode=0o600)
            path.write_bytes(b64decode(value))
        ssh = f"ssh -i {folder}/identity -o IdentitiesOnly=yes -o UserKnownHostsFile={folder}/known_hosts"
        push = ("push", "--quiet", server.url(REPOSITORY), f"{commit}:refs/heads/{branch}")
        team.repository.git("-c", f"core.sshCommand={ssh}", *push)
