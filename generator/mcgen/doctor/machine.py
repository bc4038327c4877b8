"""The programs on this machine that doctor and bootstrap use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcgen import istioctl, proc
from mcgen.backends import SEALED_SECRETS
from mcgen.doctor.ask import Question
from mcgen.doctor.verdict import Check, finding, fine
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.mesh import Mesh

_SECONDS = 20.0
_CALLS = {"kubectl": ("kubectl", "version", "--client"), "kubeseal": ("kubeseal", "--version")}


def questions(mesh: Mesh) -> Iterator[Question]:
    """Yield the questions to this machine; without remotes nothing is ever sealed."""
    yield Question(whats=("kubectl",), ask=partial(_runs, "kubectl"))
    if any(cluster.opens for cluster in mesh.clusters) and mesh.secrets.name == SEALED_SECRETS:
        yield Question(whats=("kubeseal",), ask=partial(_runs, "kubeseal"))
    if mesh.all_pairs:
        yield Question(whats=("istioctl",), ask=partial(_istioctl, mesh.minor))


def _runs(name: str) -> Iterator[Check]:
    try:
        done = proc.run(_CALLS[name], timeout=_SECONDS)
    except ToolError as error:
        yield finding("MC732", name, str(error), f"install {name}")
        return
    if done.code:
        said = done.words or f"exit code {done.code}"
        yield finding("MC732", name, f"`{' '.join(_CALLS[name])}` fails: {said}", f"install {name} again")
    else:
        yield fine(name)


def _istioctl(minor: str) -> Iterator[Check]:
    found = istioctl.find(minor)
    if isinstance(found, str):
        advice = f"put an istioctl {minor} on PATH; beside another one it may be called istioctl-{minor}"
        yield finding("MC732", "istioctl", f"the mesh runs Istio {minor}: {found}", advice)
    else:
        yield fine("istioctl", found.says)
