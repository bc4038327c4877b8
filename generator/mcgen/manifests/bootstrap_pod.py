"""The pod of the bootstrap job: one template for the CronJob and for the Job that a person starts.

It writes to memory alone. Of its ServiceAccount it has a token that expires, and no other Secret is mounted but
that for Git: the credentials of clusters are asked for when they are needed, and kept in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.manifests import restricted

if TYPE_CHECKING:
    from mcgen.job import Job
    from mcgen.mesh import Mesh
    from mcgen.tree import Data

USER = 65532
_TMP = "/tmp"
_TOKEN_SECONDS = 3600
_DEADLINE_SECONDS = 1800
_KEPT_SECONDS = 3600


def command(mesh: Mesh, job: Job) -> list[str]:
    """Return the job's command line; everything else stands in the blueprint that it clones."""
    where = ["--clone", job.url, "--revision", mesh.gitops.revision]
    return ["mcgen", "bootstrap", mesh.blueprint, *where]


def spec(mesh: Mesh, job: Job) -> Data:
    """Return the `spec` of a Job."""
    return {
        "backoffLimit": 1,
        "activeDeadlineSeconds": _DEADLINE_SECONDS,
        "ttlSecondsAfterFinished": _KEPT_SECONDS,
        # A sidecar never ends, and so would the Job.
        "template": {"metadata": {"labels": labels(mesh) | {names.INJECT: "false"}}, "spec": _pod(mesh, job)},
    }


def labels(mesh: Mesh) -> dict[str, str]:
    """Return the labels of all objects of the job."""
    return {names.PART_OF: mesh.name}


def _pod(mesh: Mesh, job: Job) -> Data:
    return {
        "restartPolicy": "Never",
        "serviceAccountName": job.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": restricted.pod(USER) | {"fsGroup": USER},
        "containers": [_container(mesh, job)],
        "volumes": _volumes(job),
    }


def _container(mesh: Mesh, job: Job) -> Data:
    return {
        "name": "bootstrap",
        "image": job.image,
        "command": command(mesh, job),
        "env": [{"name": "HOME", "value": _TMP}],
        # The clone is memory as well; an istioctl takes about 90 MiB, and eight may run at once.
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": restricted.container(),
        "volumeMounts": [
            {"name": "tmp", "mountPath": _TMP},
            {"name": "git", "mountPath": names.GIT_FOLDER, "readOnly": True},
            {"name": "account", "mountPath": names.ACCOUNT_FOLDER, "readOnly": True},
        ],
    }


def _volumes(job: Job) -> list[Data]:
    # ssh takes a key that its group may read, as long as it belongs to another user.
    keys = [{"key": key, "path": key} for key in (names.GIT_KEY, names.GIT_HOSTS)]
    account: list[Data] = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": _TOKEN_SECONDS}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ]
    return [
        {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
        {"name": "git", "secret": {"secretName": job.git_secret, "defaultMode": 0o440, "items": keys}},
        {"name": "account", "projected": {"defaultMode": 0o440, "sources": account}},
    ]
