"""What the pod security level `restricted` asks of pods, and what mcgen asks of its own besides.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcgen.tree import Data


def container() -> Data:
    """Return the security context of a container, with a read-only root file system besides."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def pod(user: int) -> Data:
    """Return the security context of a pod that runs as a user, in a group of the same number; else that is root's."""
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "seccompProfile": {"type": "RuntimeDefault"}}
