"""The folder bootstrap/: the bootstrap job, its rights and the recipe of its image. A person applies it.

No Application leads here: Argo CD would start the Job again and again, and whoever can write the tree's path
could change what runs with the job's credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.job import Kind
from mcgen.manifests import bootstrap_pod, bootstrap_rights, kustomize, setup, setup_plugin
from mcgen.prose import render
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.job import Job
    from mcgen.mesh import Mesh

_ORIGIN = ("bootstrap",)
# Of the Kubernetes that tools/kubernetes pins; kubectl gets along with servers one minor older or newer.
KUBECTL_IMAGE = "registry.k8s.io/kubectl:v1.36.1"
KUBESEAL_IMAGE = f"docker.io/bitnami/sealed-secrets-kubeseal:{names.SEALED_SECRETS_VERSION}"


def files(mesh: Mesh) -> Iterator[File]:
    """Yield the folder; nothing when the blueprint has no bootstrap job."""
    job = mesh.job
    if job is None:
        return
    applied = {
        "service-account.yaml": (_account(mesh, job),),
        "rights.yaml": tuple(bootstrap_rights.of_credentials(mesh, job)),
        "cron-job.yaml": (_cron_job(mesh, job),),
    }
    applied = {name: documents for name, documents in applied.items() if documents}
    yield kustomize.kustomization(layout.BOOTSTRAP, list(applied), origin=_ORIGIN)
    for name, documents in (*applied.items(), ("job.yaml", (_job(mesh, job),))):
        yield File(path=f"{layout.BOOTSTRAP}/{name}", documents=documents, origin=_ORIGIN)
    context = _context(mesh, job)
    for path, template in (
        (f"{layout.BOOTSTRAP}/{layout.README}", "bootstrap-README.md.j2"),
        (f"{layout.BOOTSTRAP_IMAGE}/Dockerfile", "bootstrap-Dockerfile.j2"),
        (f"{layout.BOOTSTRAP_IMAGE}/requirements.txt", "bootstrap-requirements.txt"),
    ):
        yield File(path=path, text=render(template, **context), origin=_ORIGIN)


def _context(mesh: Mesh, job: Job) -> dict[str, object]:
    return {
        "mesh": mesh,
        "job": job,
        "folder": f"{mesh.path}/{layout.BOOTSTRAP}",
        "image_folder": f"{mesh.path}/{layout.BOOTSTRAP_IMAGE}",
        "command": " ".join(bootstrap_pod.command(mesh, job)),
        "clusters": [cluster for cluster in mesh.clusters if cluster.credentials],
        "kubeconfigs": [c for c in mesh.clusters if c.credentials and c.credentials.kind is Kind.KUBECONFIG],
        "istioctl_image": setup_plugin.istioctl_image(mesh.istio.hub, mesh.istio.version),
        "kubectl_image": KUBECTL_IMAGE,
        "kubeseal_image": KUBESEAL_IMAGE,
        "base_image": setup.BASE_IMAGE,
        "user": bootstrap_pod.USER,
        "names": names,
    }


def _metadata(mesh: Mesh, job: Job) -> Data:
    return {"name": job.name, "namespace": job.namespace, "labels": bootstrap_pod.labels(mesh)}


def _account(mesh: Mesh, job: Job) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(mesh, job),
        "automountServiceAccountToken": False,
    }


def _job(mesh: Mesh, job: Job) -> Data:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(mesh, job),
        "spec": bootstrap_pod.spec(mesh, job),
    }


def _cron_job(mesh: Mesh, job: Job) -> Data:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(mesh, job),
        "spec": {
            "schedule": job.schedule,
            "concurrencyPolicy": "Forbid",
            "suspend": False,
            # Without it, a hundred missed times end the schedule for good.
            "startingDeadlineSeconds": 300,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": bootstrap_pod.spec(mesh, job)},
        },
    }
