"""Gates: a suspended Job stands where a stage waits for something that is not in Git yet.

Argo CD calls a suspended Job Suspended, so the wave does not end. Resumed by hand, the Job fails at once and
opens nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.manifests import kustomize, restricted
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.mesh import Mesh

BASE = layout.base(names.GATE)


def base() -> Iterator[File]:
    """Yield the gate that all waiting stages share."""
    yield kustomize.kustomization(BASE, ["job.yaml"])
    yield File(path=f"{BASE}/job.yaml", documents=(_job(),))


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the gate of one step: its name, and what it waits for."""
    note: Data = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.GATE,
            "namespace": names.ISTIO_SYSTEM,
            "annotations": {names.WAITS_FOR: step.gate},
        },
    }
    yield kustomize.overlay(
        mesh,
        step,
        [layout.up(step.path, BASE)],
        patches=[kustomize.strategic(note)],
        namePrefix=f"{step.cluster.name}-{step.name}-",
    )


def _job() -> Data:
    container: Data = {
        "name": names.GATE,
        "image": "docker.io/library/busybox:1.37.0",
        "command": ["false"],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "16Mi"}},
        "securityContext": restricted.container(),
    }
    pod: Data = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": restricted.pod(65534),
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": names.GATE, "namespace": names.ISTIO_SYSTEM},
        "spec": {"suspend": True, "backoffLimit": 0, "template": {"spec": pod}},
    }
