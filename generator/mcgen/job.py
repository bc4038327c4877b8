"""The bootstrap job: where it runs, what it pushes, and with what it reaches each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mcgen import names

if TYPE_CHECKING:
    from mcgen import blueprint as bp
    from mcgen.tree import Data

SSH_SCHEME = "ssh://"


class Kind(StrEnum):
    """Where the job finds a credential: it is one itself, or a Secret of Argo CD or of its own holds it."""

    OWN = "own"
    ARGOCD = "argocd"
    KUBECONFIG = "kubeconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """With what the job reaches a cluster.

    secret: the name of the Secret, empty for its own ServiceAccount. subject: who that is in the cluster, as a
    RoleBinding has it; None when nothing is to be granted.
    """

    kind: Kind
    secret: str
    subject: Data | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The job. name: of its objects. url: of the repository over SSH. git_secret: key and known hosts.

    argocd: Argo CD's namespace, in which its cluster Secrets are.
    """

    name: str
    image: str
    schedule: str
    namespace: str
    argocd: str
    url: str
    git_secret: str
    branch: str
    pull_request: str
    user: str
    email: str

    @property
    def ssh_host(self) -> str:
        """Return the host of its repository, as `ssh-keyscan` wants it."""
        authority = self.url.removeprefix(SSH_SCHEME).partition("/")[0].rpartition("@")[2]
        host, _, port = authority.partition(":")
        return f"-p {port} {host}" if port and self.url.startswith(SSH_SCHEME) else host


def job(blueprint: bp.Blueprint) -> Job | None:
    """Return the job of a blueprint with its defaults filled in, None when it has none."""
    given = blueprint.bootstrap
    if given is None:
        return None
    mesh, argocd, git = blueprint.metadata.name, blueprint.gitops.argocd.namespace, given.git
    return Job(
        name=names.bootstrap_job(mesh),
        image=given.image,
        schedule=given.schedule,
        namespace=given.namespace or argocd,
        argocd=argocd,
        url=git.url or blueprint.gitops.repo,
        git_secret=git.secret,
        branch=git.branch or names.bootstrap_branch(mesh),
        pull_request=git.pull_request or "",
        user=git.user,
        email=git.email,
    )


def credentials(cluster: bp.Cluster, blueprint: bp.Blueprint, *, needed: bool) -> Credentials | None:
    """Return with what the job reaches a cluster, None when there is no job or it has nothing to do there."""
    found = job(blueprint)
    if found is None or not needed:
        return None
    own: Data = {"kind": "ServiceAccount", "name": found.name, "namespace": found.namespace}
    given = cluster.bootstrap.credentials
    if given and given.argocd_secret:
        # What Argo CD has for its own cluster mostly says no more than that: the job then goes as itself.
        here = own if cluster.name == blueprint.gitops.argocd.cluster else None
        return Credentials(kind=Kind.ARGOCD, secret=given.argocd_secret, subject=_subject(given.identity) or here)
    if given and given.kubeconfig_secret:
        return Credentials(kind=Kind.KUBECONFIG, secret=given.kubeconfig_secret, subject=_subject(given.identity))
    return Credentials(kind=Kind.OWN, secret="", subject=own)


def is_ssh(url: str) -> bool:
    """Return whether Git reaches a URL over SSH: it says so, or is of the form that scp has (user@host:path)."""
    return url.startswith(SSH_SCHEME) or ("://" not in url and ":" in url.partition("@")[2].partition("/")[0])


def _subject(identity: bp.Identity | None) -> Data | None:
    if identity is None:
        return None
    if identity.kind == "ServiceAccount":
        return {"kind": identity.kind, "name": identity.name, "namespace": identity.namespace or ""}
    return {"apiGroup": names.RBAC_GROUP, "kind": identity.kind, "name": identity.name}
