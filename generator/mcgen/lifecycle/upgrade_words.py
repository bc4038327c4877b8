"""What a person has to know and do in each step of an upgrade: for the command and for the tree's README alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names, upgrades
from mcgen.delivery import PLUGIN

if TYPE_CHECKING:
    from mcgen.lifecycle.upgrading import Step
    from mcgen.mesh import Mesh


# Where mcgen has it rendered, Argo CD's setup has nothing of a minor.
_PREPARED = "nothing runs differently yet: the tag `default` stands beside the injector, for the old istiod"


def what(mesh: Mesh) -> str:
    """Return what the step of an upgrade does."""
    return _PREPARED if _without_setup(mesh) else upgrades.BY_NAME[mesh.rollout.step].what


def then(mesh: Mesh) -> str:
    """Return what people do before the next step, empty when there is nothing."""
    new = mesh.rollout.new.label if mesh.rollout.new else ""
    return "" if _without_setup(mesh) else upgrades.BY_NAME[mesh.rollout.step].then.format(new=new)


def _without_setup(mesh: Mesh) -> bool:
    return mesh.rollout.step == upgrades.PREPARED and mesh.istio.delivery != PLUGIN


def look(mesh: Mesh) -> str:
    """Return the command that shows the Applications of all clusters."""
    chosen = f"{names.PART_OF}={mesh.name},{names.CLUSTER}"
    return f"kubectl -n {mesh.gitops.argocd.namespace} get applications.argoproj.io -l {chosen}"


def step(mesh: Mesh, path: str, where: str) -> list[str]:
    """Return what the command says about a step that was just written; where: its option for the tree's folder."""
    rollout = mesh.rollout
    known = [one.name for one in upgrades.STEPS if mesh.remotes or one.name != upgrades.REMOTES]
    number, to = known.index(rollout.step) + 1, rollout.new.version if rollout.new else ""
    ask = then(mesh)
    return [
        f"{path}: the upgrade from {rollout.old.version} to {to} is at '{rollout.step}', "
        f"step {number} of {len(known)}: {what(mesh)}",
        f"next: mcgen build {path}{where}, commit, and let Argo CD sync it",
        *([f"then: {ask}"] if ask else []),
        "over when the chains of all clusters are Synced and Healthy, and have the sources of this step:",
        f"  {look(mesh)}",
        f"after that: mcgen upgrade {path}{where}",
        *([] if rollout.step == upgrades.REMOVED else [f"or one step back: mcgen upgrade {path}{where} --back"]),
    ]


def over(done: Step, path: str, where: str, *, installed: str, delivery: str) -> list[str]:
    """Return what to say when an upgrade is over or given up, or a patch release is in place of another."""
    build = f"next: mcgen build {path}{where}, commit, and let Argo CD sync it"
    if done.patch:
        return [
            f"{path}: Istio is {done.to} now: a patch release replaces istiod and the gateways in place, pod by pod",
            build,
            "then: restart your workloads when it suits you; their proxies stay as they are until then",
        ]
    applies = f"then: an administrator of Argo CD applies {layout.SETUP}, which no longer has the plugin of {{}}"
    setup = [applies.format(installed if done.ends == upgrades.REMOVED else done.to)] if delivery == PLUGIN else []
    if done.ends == upgrades.REMOVED:
        said = f"{path}: the mesh is of Istio {done.to} now, revision {upgrades.revision(done.to)}"
        return [said, build, *setup]
    return [f"{path}: the upgrade to {done.to} is given up", build, *setup]
