"""Stage namespaces: every namespace of a cluster, the identity of a remote's reader, rights of the bootstrap job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, stages
from mcgen.manifests import bootstrap_rights, kustomize, readers
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Cluster, Mesh, Namespace

BASE = layout.base(stages.NAMESPACES)


def bases(mesh: Mesh) -> Iterator[File]:
    """Yield the namespaces that every cluster has, and the readers that all remotes of a primary have."""
    shared = [ns for ns in mesh.clusters[0].namespaces if ns.everywhere]
    files = [File(path=f"{BASE}/{names.ISTIO_SYSTEM}.yaml", documents=(_istio_system(mesh),))]
    files += [File(path=f"{BASE}/{ns.name}.yaml", documents=(_namespace(ns),), origin=ns.origin) for ns in shared]
    yield kustomize.kustomization(BASE, [file.path.rpartition("/")[2] for file in files])
    yield from files
    yield from readers.bases(mesh)


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield what differs: the network of istio-system, further namespaces, the readers."""
    cluster = step.cluster
    files = [
        File(path=f"{step.path}/{ns.name}.yaml", documents=(_namespace(ns),), origin=ns.origin)
        for ns in cluster.namespaces
        if not ns.everywhere
    ]
    reader_bases, reader_files = readers.overlay(mesh, step)
    files += [*reader_files, *bootstrap_rights.in_cluster(mesh, step)]
    resources = [BASE, *reader_bases]
    yield kustomize.overlay(
        mesh,
        step,
        [layout.up(step.path, folder) for folder in resources] + [f.path.rpartition("/")[2] for f in files],
        patches=[kustomize.strategic(topology(mesh, cluster))],
    )
    yield from files


def topology(mesh: Mesh, cluster: Cluster) -> Data:
    """Return what istio-system says of a cluster: its network, and whose istiod serves it."""
    metadata: Data = {"name": names.ISTIO_SYSTEM, "labels": {names.NETWORK: cluster.network}}
    if not cluster.is_primary:
        # istiod of another cluster writes root certificates and webhooks only where it is named here.
        metadata["annotations"] = {names.CONTROL_PLANE_CLUSTERS: mesh.by_name[cluster.primary].id}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _istio_system(mesh: Mesh) -> Data:
    level = "privileged" if mesh.istio.proxy.privileged else "baseline"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": names.ISTIO_SYSTEM,
            "labels": _pod_security(level),
            "annotations": {names.SYNC_OPTIONS: names.CONFIRM_DELETION},
        },
    }


def _namespace(namespace: Namespace) -> Data:
    labels = {names.INJECTION: "enabled"} if namespace.injection else {}
    metadata: Data = {
        "name": namespace.name,
        "labels": labels | _pod_security(namespace.pod_security) | namespace.labels,
        "annotations": {names.SYNC_OPTIONS: names.CONFIRM_DELETION} | namespace.annotations,
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _pod_security(level: str) -> dict[str, str]:
    return {f"{names.POD_SECURITY}enforce": level, f"{names.POD_SECURITY}warn": "restricted"}
